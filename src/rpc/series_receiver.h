/* series_receiver.h - turns the messages of a Series stream into series. */
#ifndef RPC_SERIES_RECEIVER_H
#define RPC_SERIES_RECEIVER_H

#include "base/notes.h"
#include "base/tracker.h"
#include "model/fanout.h"
#include "net/grpc_client.h"

/* Takes `stream`. Consecutive series of the same labels, in one message or several, are one. What
 * has been received when the stream fails is handed out before the failure is. `notes` and `share`,
 * which counts the messages, may be NULL; they and `tracker` outlive the iterator. */
struct series_iter *series_receiver_new(struct grpc_stream *stream, struct notes *notes,
					struct store_share *share, struct tracker *tracker);

#endif
