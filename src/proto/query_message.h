/* query_message.h - querypb: the requests of Thanos' Query API, and the messages it answers with.
 *
 * Format: Thanos' pkg/api/query/querypb/query.proto. The plan that a request may carry beside its
 * text is not read: Thanos evaluates the text, too.
 */
#ifndef PROTO_QUERY_MESSAGE_H
#define PROTO_QUERY_MESSAGE_H

#include "codec/pb_wire.h"
#include "model/query_service.h"

/* The two methods' requests differ by their field numbers, the answers are the same. */
enum query_method {
	QUERY_INSTANT,
	QUERY_RANGE,
};

/* Times are whole seconds on the wire. An instant request without a time has start_ms 0. Strings
 * are slices of `message`, arrays live in `a`. ERR_CORRUPT for what breaks the format, ERR_INVALID
 * for times nobody can mean, unknown engines and bad matchers. To be released, also after a
 * failure. */
bool query_request_decode(enum query_method method, struct str message, struct arena *a,
			  struct query_request *out, struct err *err);
void query_request_release(struct query_request *req);

/* Which of the two says req->is_range. Clears `w` first; the message is pb_written(w). */
void query_request_encode(struct pb_writer *w, const struct query_request *req);

enum query_frame_type {
	QUERY_FRAME_EMPTY, /* none of the fields we know */
	QUERY_FRAME_SERIES,
	QUERY_FRAME_WARNING,
	QUERY_FRAME_COST,
};

/* One message. A single series and a batch of them look the same. */
struct query_frame {
	enum query_frame_type type;
	const struct query_series *series;
	size_t n_series;
	struct str warning;
	struct query_cost cost;
};

/* `message` outlives what was decoded. Fails with ERR_CORRUPT. */
bool query_frame_decode(struct str message, struct arena *a, struct query_frame *out,
			struct err *err);

/* These clear `w` first; the message is pb_written(w). */
void query_frame_encode(struct pb_writer *w, const struct query_series *s);
void query_frame_encode_warning(struct pb_writer *w, struct str warning);
void query_frame_encode_cost(struct pb_writer *w, const struct query_cost *cost);

/* Batches piece by piece: series are appended to `batch` one by one, and become a message at the
 * end. */
void query_batch_add(struct pb_writer *w, const struct query_series *s, struct buf *batch);
void query_batch_encode(struct pb_writer *w, struct str batch);

#endif
