#include "rpc/store_server.h"

#include "base/alloc.h"
#include "base/metric.h"
#include "net/grpc_server.h"
#include "proto/info_message.h"
#include "proto/label_messages.h"
#include "proto/series_request.h"
#include "rpc/rpc_names.h"
#include "rpc/series_sender.h"

#include <stdlib.h>

struct store_server {
	struct store_server_options options;
	struct counter *dropped_for_series;
	struct counter *dropped_for_samples;
};

struct store_server *store_server_new(const struct store_server_options *options)
{
	struct store_server *server = NEW(struct store_server);
	server->options = *options;
	if (options->metrics) {
		struct family *dropped = metrics_counters(
		    options->metrics, "thanos_store_selects_dropped_total",
		    "Number of select queries that were dropped due to configured limits.",
		    "reason");
		server->dropped_for_series = counter_at(dropped, "series");
		server->dropped_for_samples = counter_at(dropped, "chunks");
	}
	return server;
}

void store_server_free(struct store_server *server)
{
	free(server);
}

/* What a request needs while it is served. */
struct request {
	struct tracker tracker;
	struct arena *arena;
	struct notes notes;
};

static void request_init(struct request *r, struct store_server *server)
{
	tracker_init(&r->tracker, server->options.tracker, "the request", "", 0);
	r->arena = arena_new(&r->tracker);
	notes_init(&r->notes);
}

static void request_done(struct request *r)
{
	notes_done(&r->notes);
	arena_free(r->arena);
	tracker_done(&r->tracker);
}

static struct str tenant_of(struct grpc_call *call)
{
	struct str tenant;
	if (grpc_call_metadata(call, RPC_TENANT_KEY, &tenant) && tenant.n > 0)
		return tenant;
	return STR(RPC_TENANT_DEFAULT);
}

/* --- Series ------------------------------------------------------------------------------------
 */

static bool stream_series(struct store_server *server, struct grpc_call *call,
			  const struct series_request *req, struct request *r,
			  struct series_sender *sender, struct err *err)
{
	struct series_iter *it auto_free(series_iter_close) = store_series(
	    server->options.store, grpc_call_ctx(call), req, &r->notes, &r->tracker, err);
	if (!it)
		return false;

	struct series s;
	enum iter_result result;
	while ((result = series_iter_next(it, &s, err)) == ITER_VALUE)
		if (!series_sender_add(sender, &s, err))
			return false;
	return result == ITER_END && series_sender_end(sender, &r->notes, err);
}

static void count_dropped(struct store_server *server, enum series_limit violated)
{
	if (violated == SERIES_LIMIT_SERIES)
		counter_inc(server->dropped_for_series);
	else if (violated == SERIES_LIMIT_SAMPLES)
		counter_inc(server->dropped_for_samples);
}

static bool serve_series(struct grpc_call *call, void *arg, struct err *err)
{
	struct store_server *server = arg;
	struct request r auto_done(request_done);
	struct series_request req auto_done(series_request_release) = {0};

	request_init(&r, server);
	if (!series_request_decode(grpc_call_request(call), server->options.matchers, r.arena, &req,
				   err))
		return false;
	req.tenant = tenant_of(call);

	struct series_sender sender auto_done(series_sender_done);
	series_sender_init(&sender, call, &req, &r.tracker);
	sender.max_series = server->options.max_series;
	sender.max_samples = server->options.max_samples;
	bool ok = stream_series(server, call, &req, &r, &sender, err);
	count_dropped(server, sender.violated);
	return ok;
}

/* --- LabelNames and LabelValues ----------------------------------------------------------------
 */

static bool send_labels(struct grpc_call *call, struct request *r, const struct str_list *values,
			struct str hints, struct err *err)
{
	struct label_response response = {.values = *values, .hints = hints};
	struct pb_writer w auto_done(pb_writer_done);
	struct note note;

	for (size_t i = 0; notes_get(&r->notes, i, &note); i++)
		if (note.kind == NOTE_WARNING)
			ARENA_PUSH(r->arena, &response.warnings, str_of(note.text));
	pb_writer_init(&w, RPC_MESSAGE_MAX_BYTES, &r->tracker);
	label_response_encode(&w, &response);
	return pb_writer_end(&w, "LabelResponse", err) && grpc_call_send(call, pb_written(&w), err);
}

static bool serve_labels(struct grpc_call *call, struct store_server *server,
			 enum label_method method, struct err *err)
{
	struct request r auto_done(request_done);
	struct label_request req auto_done(label_request_release) = {0};
	struct str_list values = {0};
	struct str hints = {0};
	struct ctx *ctx = grpc_call_ctx(call);
	struct store_api *store = server->options.store;

	request_init(&r, server);
	if (!label_request_decode(method, grpc_call_request(call), r.arena, &req, err))
		return false;
	req.tenant = tenant_of(call);
	req.answer_hints = &hints;
	bool ok = method == LABEL_NAMES
		      ? store_label_names(store, ctx, &req, &r.notes, r.arena, &values, err)
		      : store_label_values(store, ctx, &req, &r.notes, r.arena, &values, err);
	return ok && send_labels(call, &r, &values, hints, err);
}

static bool serve_label_names(struct grpc_call *call, void *arg, struct err *err)
{
	return serve_labels(call, arg, LABEL_NAMES, err);
}

static bool serve_label_values(struct grpc_call *call, void *arg, struct err *err)
{
	return serve_labels(call, arg, LABEL_VALUES, err);
}

/* --- Info ---------------------------------------------------------------------------------------
 */

static bool serve_info(struct grpc_call *call, void *arg, struct err *err)
{
	struct store_server *server = arg;
	struct request r auto_done(request_done);
	struct store_info info = {0};

	request_init(&r, server);
	if (!store_info(server->options.store, grpc_call_ctx(call), r.arena, &info, err))
		return grpc_call_fail(call, GRPC_UNKNOWN, err); /* as Thanos' "Not ready" */

	struct buf message auto_done(buf_done);
	buf_init(&message, RPC_MESSAGE_MAX_BYTES, &r.tracker);
	info_encode(&info, r.arena, &message);
	return grpc_call_send(call, buf_str(&message), err);
}

void store_server_register(struct store_server *server, struct grpc_server *grpc)
{
	grpc_server_handle(grpc, RPC_STORE_SERIES, serve_series, server);
	grpc_server_handle(grpc, RPC_STORE_LABEL_NAMES, serve_label_names, server);
	grpc_server_handle(grpc, RPC_STORE_LABEL_VALUES, serve_label_values, server);
	grpc_server_handle(grpc, RPC_INFO_INFO, serve_info, server);
}
