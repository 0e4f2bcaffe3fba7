/* hints.h - hintspb, Thanos' own hints of requests and responses, each in a google.protobuf.Any.
 *
 * Format: Thanos' pkg/store/hintspb/hints.proto.
 */
#ifndef PROTO_HINTS_H
#define PROTO_HINTS_H

#include "codec/pb_wire.h"
#include "model/matcher.h"

/* Which messages: SeriesRequestHints, LabelNamesResponseHints and so on. */
enum hints_method {
	HINTS_SERIES,
	HINTS_LABEL_NAMES,
	HINTS_LABEL_VALUES,
};

struct request_hints {
	struct matchers block_matchers; /* on a block's external labels, and on __block_id */
	bool enable_query_stats;        /* of Series */
};

/* `any` may be empty. ERR_INVALID for a message of another type, one that is broken, and a matcher
 * that does not compile. To be released, also after a failure. */
bool request_hints_decode(enum hints_method method, struct str any, struct arena *a,
			  struct request_hints *out, struct err *err);
void request_hints_release(struct request_hints *hints);

/* The Any of the blocks that were asked, by their ids, in memory of `a`. */
bool response_hints_encode(enum hints_method method, const struct str *block_ids, size_t n,
			   struct arena *a, struct str *any, struct err *err);

#endif
