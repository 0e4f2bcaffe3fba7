#include "rpc/query_server.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "net/grpc_server.h"
#include "proto/query_message.h"
#include "rpc/rpc_names.h"

#include <stdlib.h>

/* A batch is sent once it has this much. */
enum { FRAME_BYTES = 1 << 20 };

struct query_server {
	struct query_server_options options;
};

struct query_server *query_server_new(const struct query_server_options *options)
{
	struct query_server *server = NEW(struct query_server);
	server->options = *options;
	return server;
}

void query_server_free(struct query_server *server)
{
	free(server);
}

/* --- sending ---------------------------------------------------------------------------------- */

/* What a request needs while it is served. */
struct request {
	struct grpc_call *call;
	struct tracker tracker;
	struct arena *arena;
	struct notes notes;
	struct query_request query;
	struct pb_writer writer;
	struct buf batch;
	int64_t n_batched;
};

static void request_init(struct request *r, struct query_server *server, struct grpc_call *call)
{
	*r = (struct request){.call = call};
	tracker_init(&r->tracker, server->options.tracker, "the request", "", 0);
	r->arena = arena_new(&r->tracker);
	notes_init(&r->notes);
	pb_writer_init(&r->writer, RPC_MESSAGE_MAX_BYTES, &r->tracker);
	buf_init(&r->batch, RPC_MESSAGE_MAX_BYTES, &r->tracker);
}

static void request_done(struct request *r)
{
	query_request_release(&r->query);
	buf_done(&r->batch);
	pb_writer_done(&r->writer);
	notes_done(&r->notes);
	arena_free(r->arena);
	tracker_done(&r->tracker);
}

static bool send_written(struct request *r, struct err *err)
{
	return pb_writer_end(&r->writer, "QueryResponse", err) &&
	       grpc_call_send(r->call, pb_written(&r->writer), err);
}

static bool send_batch(struct request *r, struct err *err)
{
	if (r->n_batched == 0)
		return true;
	query_batch_encode(&r->writer, buf_str(&r->batch));
	buf_clear(&r->batch);
	r->n_batched = 0;
	return send_written(r, err);
}

/* Nothing of `s` is needed afterwards. */
static bool send_series(struct request *r, const struct query_series *s, struct err *err)
{
	if (r->query.batch_size <= 1) {
		query_frame_encode(&r->writer, s);
		return send_written(r, err);
	}
	query_batch_add(&r->writer, s, &r->batch);
	if (r->batch.overflowed)
		return err_set(err, ERR_LIMIT, "QueryResponse: a series does not fit a message");
	r->n_batched++;
	if (r->n_batched < r->query.batch_size && r->batch.n < FRAME_BYTES)
		return true;
	return send_batch(r, err);
}

static bool send_warning(struct request *r, struct str text, struct err *err)
{
	query_frame_encode_warning(&r->writer, text);
	return send_written(r, err);
}

/* Annotations of both kinds are warnings here, as in Thanos' API. */
static bool send_notes(struct request *r, struct err *err)
{
	struct note note;

	for (size_t i = 0; notes_get(&r->notes, i, &note); i++)
		if (!send_warning(r, str_of(note.text), err))
			return false;
	return true;
}

static bool send_cost(struct request *r, const struct query_cost *cost, struct err *err)
{
	query_frame_encode_cost(&r->writer, cost);
	return send_written(r, err);
}

/* --- serving ---------------------------------------------------------------------------------- */

/* Why a request ended early. */
enum failure {
	FAILURE_NONE,
	FAILURE_QUERY, /* the evaluation failed */
	FAILURE_SEND,  /* the client cannot be told any more */
};

static enum failure stream_series(struct request *r, struct query_stream *stream, struct err *err)
{
	struct query_series s;
	enum iter_result result;

	while ((result = query_stream_next(stream, &s, err)) == ITER_VALUE)
		if (!send_series(r, &s, err))
			return FAILURE_SEND;
	if (result == ITER_ERROR)
		return FAILURE_QUERY;
	return send_batch(r, err) ? FAILURE_NONE : FAILURE_SEND;
}

/* The notes are complete once the stream is closed. */
static enum failure evaluate(struct query_server *server, struct request *r,
			     struct query_cost *cost, struct err *err)
{
	struct query_stream *stream auto_free(query_stream_close) =
	    query_service_query(server->options.service, grpc_call_ctx(r->call), &r->query,
				&r->notes, &r->tracker, err);
	if (!stream)
		return FAILURE_QUERY;
	enum failure failure = stream_series(r, stream, err);
	*cost = stream->cost;
	return failure;
}

static bool read_request(struct query_server *server, struct request *r, enum query_method method,
			 struct err *err)
{
	struct str tenant;

	if (!query_request_decode(method, grpc_call_request(r->call), r->arena, &r->query, err))
		return false;
	if (method == QUERY_INSTANT && r->query.start_ms == 0)
		r->query.start_ms = clock_wall_ms(server->options.clock);
	r->query.tenant = STR(RPC_TENANT_DEFAULT);
	if (grpc_call_metadata(r->call, RPC_TENANT_KEY, &tenant) && tenant.n > 0)
		r->query.tenant = tenant;
	return true;
}

/* What went wrong on the way to the answer. */
static bool fail(struct request *r, struct err *err)
{
	bool is_partial = r->query.partial_response && !r->query.is_range;

	if (err->code == ERR_INVALID || ctx_done(grpc_call_ctx(r->call)))
		return false;
	if (!is_partial)
		return grpc_call_fail(r->call, GRPC_ABORTED, err);
	struct str text = arena_str(r->arena, str_of(err->msg));
	return send_batch(r, err) && send_notes(r, err) && send_warning(r, text, err);
}

static bool serve(struct grpc_call *call, struct query_server *server, enum query_method method,
		  struct err *err)
{
	struct request r auto_done(request_done);
	struct query_cost cost;

	request_init(&r, server, call);
	if (!read_request(server, &r, method, err))
		return false;
	switch (evaluate(server, &r, &cost, err)) {
	case FAILURE_QUERY:
		return fail(&r, err);
	case FAILURE_SEND:
		return false;
	case FAILURE_NONE:
		break;
	}
	return send_notes(&r, err) && send_cost(&r, &cost, err);
}

static bool serve_query(struct grpc_call *call, void *arg, struct err *err)
{
	return serve(call, arg, QUERY_INSTANT, err);
}

static bool serve_query_range(struct grpc_call *call, void *arg, struct err *err)
{
	return serve(call, arg, QUERY_RANGE, err);
}

void query_server_register(struct query_server *server, struct grpc_server *grpc)
{
	grpc_server_handle(grpc, RPC_QUERY_QUERY, serve_query, server);
	grpc_server_handle(grpc, RPC_QUERY_QUERY_RANGE, serve_query_range, server);
}
