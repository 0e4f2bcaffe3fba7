/* histogram_message.h - prompb.Histogram: a native histogram at a point in time.
 *
 * Format: Prometheus' prompb/types.proto, which Thanos has a copy of.
 */
#ifndef PROTO_HISTOGRAM_MESSAGE_H
#define PROTO_HISTOGRAM_MESSAGE_H

#include "codec/pb_wire.h"
#include "model/histogram.h"

/* Of whole numbers or of floats. Everything lives in `a`. ERR_CORRUPT for spans that do not fit the
 * counts, buckets that do not ascend and schemas that nobody knows. */
bool histogram_message_decode(struct str message, struct arena *a, int64_t *t_ms,
			      struct histogram **out, struct err *err);
/* As field `field`, with counts as floats. */
void histogram_message_encode(struct pb_writer *w, uint32_t field, int64_t t_ms,
			      const struct histogram *h);

#endif
