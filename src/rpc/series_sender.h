/* series_sender.h - turns series into the messages of a Series stream. */
#ifndef RPC_SERIES_SENDER_H
#define RPC_SERIES_SENDER_H

#include "base/notes.h"
#include "codec/pb_wire.h"
#include "model/store_api.h"

struct grpc_call;

enum series_limit {
	SERIES_LIMIT_NONE,
	SERIES_LIMIT_SERIES,
	SERIES_LIMIT_SAMPLES,
};

struct series_sender {
	struct grpc_call *call;
	size_t batch_size; /* series per message; 1: no batches */
	bool skip_chunks;
	uint64_t max_series; /* 0: no limit */
	uint64_t max_samples;
	enum series_limit violated; /* which one ended the stream */

	/* The sender's own. */
	uint64_t n_series;
	uint64_t n_samples;
	struct pb_writer writer;
	struct buf batch;
	size_t n_batched;
};

/* `call` and `tracker` outlive the sender. */
void series_sender_init(struct series_sender *s, struct grpc_call *call,
			const struct series_request *req, struct tracker *tracker);
void series_sender_done(struct series_sender *s);

/* Send it, or keep it for the batch; nothing of `series` is needed afterwards. Fails with ERR_LIMIT
 * when a limit is violated, and as grpc_call_send(). */
bool series_sender_add(struct series_sender *s, const struct series *series, struct err *err);
/* What is left, and then the warnings among the notes. */
bool series_sender_end(struct series_sender *s, struct notes *notes, struct err *err);

#endif
