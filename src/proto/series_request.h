/* series_request.h - storepb.SeriesRequest.
 *
 * Format: Thanos' pkg/store/storepb/rpc.proto.
 */
#ifndef PROTO_SERIES_REQUEST_H
#define PROTO_SERIES_REQUEST_H

#include "codec/pb_wire.h"
#include "model/store_api.h"

struct matcher_cache;

/* Strings are slices of `message`, which outlives the request; arrays live in `a`. The caller ends
 * the request with series_request_release(), also after a failure. ERR_CORRUPT for a broken
 * message, ERR_INVALID for a matcher that does not compile. The tenant is not in the message.
 * Matchers come from the cache, which may be NULL. */
bool series_request_decode(struct str message, struct matcher_cache *matchers, struct arena *a,
			   struct series_request *out, struct err *err);
/* Give back the matchers that decoding made. */
void series_request_release(struct series_request *req);

/* Clears `w` first; the message is pb_written(w). */
void series_request_encode(struct pb_writer *w, const struct series_request *req);

#endif
