/* wal_histogram_internal.h - a histogram in a record: schema, counts, spans, buckets, bounds. */
#ifndef HEAD_WAL_HISTOGRAM_INTERNAL_H
#define HEAD_WAL_HISTOGRAM_INTERNAL_H

#include "codec/byte_cursor.h"
#include "model/histogram.h"

/* In memory of `a`. NULL for a schema that is not known, and when the cursor has failed. */
struct histogram *wal_histogram_read(struct byte_cursor *in, struct arena *a, bool is_float);
void wal_histogram_put(struct buf *out, const struct histogram *h, bool is_float);

#endif
