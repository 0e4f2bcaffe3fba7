/* postings_codec.h - the form in which caches hold lists of series, the same as in Thanos.
 *
 * The differences of neighbours as uvarints, behind a header of three letters:
 *
 *	dss  a snappy stream of them (what is written)
 *	dvs  one snappy block (read only; older versions wrote it)
 *
 * An empty list is the header alone. Bytes from a cache that others write to are input: whatever
 * they are, decoding ends with a list that ascends and stays within the index, or with an error.
 */
#ifndef STORE_POSTINGS_CODEC_H
#define STORE_POSTINGS_CODEC_H

#include "base/buf.h"
#include "tsdb/postings.h"

/* Appended to `out`; ERR_LIMIT when that has no room. */
bool postings_encode(struct postings list, struct buf *out, struct err *err);

/* Lives in `a`. No reference may be above `max_ref`, which also bounds what is taken of memory.
 * ERR_CORRUPT, or ERR_LIMIT when the arena's tracker is over its limit. */
bool postings_decode(struct str value, uint32_t max_ref, struct arena *a, struct postings *out,
		     struct err *err);

#endif
