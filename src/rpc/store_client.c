#include "rpc/store_client.h"

#include "base/alloc.h"
#include "proto/info_message.h"
#include "proto/label_messages.h"
#include "proto/series_request.h"
#include "rpc/rpc_names.h"
#include "rpc/series_receiver.h"

#include <stdlib.h>

struct store_client {
	struct store_api base; /* first, so that the two pointers convert */
	struct grpc_channel *channel;
	int64_t response_timeout_ms;
};

/* What travels beside a request. */
struct call {
	struct grpc_pair tenant;
	struct grpc_call_options options;
};

static void call_init(struct call *c, struct str tenant, struct tracker *tracker)
{
	*c = (struct call){
	    .tenant = {STR(RPC_TENANT_KEY), tenant},
	    .options = {.tracker = tracker, .metadata.v = &c->tenant},
	};
	c->options.metadata.n = tenant.n > 0;
}

static struct series_iter *client_series(struct store_api *base, struct ctx *ctx,
					 const struct series_request *req, struct notes *notes,
					 struct tracker *tracker, struct err *err)
{
	struct store_client *client = (struct store_client *)base;
	struct pb_writer w auto_done(pb_writer_done);
	struct call call;

	pb_writer_init(&w, RPC_MESSAGE_MAX_BYTES, tracker);
	series_request_encode(&w, req);
	if (!pb_writer_end(&w, "SeriesRequest", err))
		return NULL;
	call_init(&call, req->tenant, tracker);
	call.options.idle_timeout_ms = client->response_timeout_ms;

	struct grpc_mailbox *mailbox auto_free(grpc_mailbox_free) = grpc_mailbox_new();
	struct grpc_stream *stream = grpc_stream_open(client->channel, ctx, RPC_STORE_SERIES,
						      pb_written(&w), &call.options, mailbox);
	return series_receiver_new(stream, notes, req->share, tracker);
}

static bool client_labels(struct store_api *base, struct ctx *ctx, enum label_method method,
			  const struct label_request *req, struct notes *notes, struct arena *a,
			  struct str_list *out, struct err *err)
{
	struct store_client *client = (struct store_client *)base;
	struct tracker *tracker = arena_tracker(a);
	struct pb_writer w auto_done(pb_writer_done);
	struct buf response auto_done(buf_done);
	struct label_response decoded;
	struct call call;

	pb_writer_init(&w, RPC_MESSAGE_MAX_BYTES, tracker);
	buf_init(&response, RPC_MESSAGE_MAX_BYTES, tracker);
	label_request_encode(method, &w, req);
	call_init(&call, req->tenant, tracker);
	if (!pb_writer_end(&w, "label request", err) ||
	    !grpc_call_unary(client->channel, ctx,
			     method == LABEL_NAMES ? RPC_STORE_LABEL_NAMES : RPC_STORE_LABEL_VALUES,
			     pb_written(&w), &call.options, &response, err) ||
	    !label_response_decode(arena_str(a, buf_str(&response)), a, &decoded, err))
		return false;

	for (size_t i = 0; i < decoded.warnings.n; i++)
		notes_add(notes, NOTE_WARNING, "%.*s", STR_FMT(decoded.warnings.v[i]));
	*out = decoded.values;
	return true;
}

static bool client_label_names(struct store_api *base, struct ctx *ctx,
			       const struct label_request *req, struct notes *notes,
			       struct arena *a, struct str_list *out, struct err *err)
{
	return client_labels(base, ctx, LABEL_NAMES, req, notes, a, out, err);
}

static bool client_label_values(struct store_api *base, struct ctx *ctx,
				const struct label_request *req, struct notes *notes,
				struct arena *a, struct str_list *out, struct err *err)
{
	return client_labels(base, ctx, LABEL_VALUES, req, notes, a, out, err);
}

/* Waits for the channel within the ctx's deadline: the peer may just be starting. */
static bool client_info(struct store_api *base, struct ctx *ctx, struct arena *a,
			struct store_info *out, struct err *err)
{
	struct store_client *client = (struct store_client *)base;
	struct grpc_call_options options = {.tracker = arena_tracker(a), .wait_for_ready = true};
	struct buf response auto_done(buf_done);

	buf_init(&response, RPC_MESSAGE_MAX_BYTES, options.tracker);
	return grpc_call_unary(client->channel, ctx, RPC_INFO_INFO, (struct str){0}, &options,
			       &response, err) &&
	       info_decode(buf_str(&response), a, out, err);
}

static void client_close(struct store_api *base)
{
	struct store_client *client = (struct store_client *)base;
	grpc_channel_free(client->channel);
	free(client);
}

static const struct store_api_ops client_ops = {
    .series = client_series,
    .label_names = client_label_names,
    .label_values = client_label_values,
    .info = client_info,
    .close = client_close,
};

struct store_api *store_client_new(const char *target, const struct store_client_options *options)
{
	struct store_client *client = NEW(struct store_client);
	client->base.ops = &client_ops;
	client->channel = grpc_channel_new(target, &options->channel);
	client->response_timeout_ms = options->response_timeout_ms;
	return &client->base;
}
