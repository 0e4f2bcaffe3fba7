/* timeseries.h - prompb.TimeSeries: a series with its samples one by one.
 *
 * Format: Prometheus' prompb/types.proto, which Thanos has a copy of.
 */
#ifndef PROTO_TIMESERIES_H
#define PROTO_TIMESERIES_H

#include "codec/pb_wire.h"
#include "model/query_service.h"

enum timeseries_parts {
	TIMESERIES_FLOATS, /* as they come */
	TIMESERIES_ALL, /* floats and histograms in order of time; ERR_CORRUPT if they have none */
};

/* Labels are slices of `message`; arrays live in `a`. */
bool timeseries_decode(struct str message, enum timeseries_parts parts, struct arena *a,
		       struct query_series *out, struct err *err);
/* As field `field`. `hist` may be NULL; where it has a histogram, `v` has none. */
void timeseries_encode(struct pb_writer *w, uint32_t field, const struct query_series *s);

#endif
