#include "rpc/query_client.h"

#include "base/alloc.h"
#include "proto/query_message.h"
#include "rpc/rpc_names.h"

#include <stdlib.h>

struct query_client {
	struct query_service base; /* first, so that the two pointers convert */
	struct grpc_channel *channel;
};

struct query_receiver {
	struct query_stream base; /* first, so that the two pointers convert */
	struct grpc_stream *stream;
	struct notes *notes;
	struct tracker *tracker;
	struct arena *arena; /* of the message at hand */
	struct query_frame frame;
	size_t at; /* its series from here on are to come */
};

/* The next message becomes the one at hand, which is copied: its series are handed out one by one.
 */
static enum iter_result read_frame(struct query_receiver *r, struct err *err)
{
	struct str message;
	enum iter_result result = grpc_stream_next(r->stream, &message, err);

	if (result != ITER_VALUE)
		return result;
	arena_clear(r->arena);
	r->at = 0;
	r->frame = (struct query_frame){0};
	if (!query_frame_decode(arena_str(r->arena, message), r->arena, &r->frame, err))
		return ITER_ERROR;
	if (r->frame.type == QUERY_FRAME_WARNING)
		notes_add(r->notes, NOTE_WARNING, "%.*s", STR_FMT(r->frame.warning));
	else if (r->frame.type == QUERY_FRAME_COST)
		r->base.cost = r->frame.cost;
	return tracker_check(r->tracker, err) ? ITER_VALUE : ITER_ERROR;
}

static enum iter_result receiver_next(struct query_stream *base, struct query_series *out,
				      struct err *err)
{
	struct query_receiver *r = (struct query_receiver *)base;

	while (r->at == r->frame.n_series) {
		enum iter_result result = read_frame(r, err);
		if (result != ITER_VALUE)
			return result;
	}
	*out = r->frame.series[r->at++];
	return ITER_VALUE;
}

static void receiver_close(struct query_stream *base)
{
	struct query_receiver *r = (struct query_receiver *)base;

	grpc_stream_close(r->stream);
	arena_free(r->arena);
	free(r);
}

static const struct query_stream_ops receiver_ops = {receiver_next, receiver_close};

static struct query_stream *client_query(struct query_service *base, struct ctx *ctx,
					 const struct query_request *req, struct notes *notes,
					 struct tracker *tracker, struct err *err)
{
	struct query_client *client = (struct query_client *)base;
	struct pb_writer w auto_done(pb_writer_done);
	struct grpc_pair tenant = {STR(RPC_TENANT_KEY), req->tenant};
	struct grpc_call_options options = {
	    .tracker = tracker,
	    .metadata = {.v = &tenant, .n = req->tenant.n > 0},
	};

	pb_writer_init(&w, RPC_MESSAGE_MAX_BYTES, tracker);
	query_request_encode(&w, req);
	if (!pb_writer_end(&w, "query request", err))
		return NULL;
	struct grpc_mailbox *mailbox auto_free(grpc_mailbox_free) = grpc_mailbox_new();
	struct query_receiver *r = NEW(struct query_receiver);
	*r = (struct query_receiver){
	    .base.ops = &receiver_ops,
	    .stream = grpc_stream_open(client->channel, ctx,
				       req->is_range ? RPC_QUERY_QUERY_RANGE : RPC_QUERY_QUERY,
				       pb_written(&w), &options, mailbox),
	    .notes = notes,
	    .tracker = tracker,
	    .arena = arena_new(tracker),
	};
	return &r->base;
}

static void client_close(struct query_service *base)
{
	struct query_client *client = (struct query_client *)base;

	grpc_channel_free(client->channel);
	free(client);
}

static const struct query_service_ops client_ops = {client_query, client_close};

struct query_service *query_client_new(const char *target,
				       const struct grpc_channel_options *options)
{
	struct query_client *client = NEW(struct query_client);

	client->base.ops = &client_ops;
	client->channel = grpc_channel_new(target, options);
	return &client->base;
}
