/* http_call.c - a call as the thread sees it that makes it. */
#include "base/alloc.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/err_table.h"
#include "net/http_client_internal.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_PIECE_BYTES = HTTP_CALL_BUFFER_BYTES + 256 * 1024, ERROR_TEXT_BYTES = 512 };

/* --- life ------------------------------------------------------------------------------------- */

void http_call_unref(struct http_call *call)
{
	if (atomic_fetch_sub(&call->n_refs, 1) > 1)
		return;
	assert(!call->is_attached);
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	buf_done(&call->piece);
	buf_done(&call->in);
	buf_done(&call->out);
	arena_free(call->arena);
	pthread_cond_destroy(&call->changed);
	pthread_mutex_destroy(&call->mu);
	free(call->name);
	atomic_fetch_sub(&call->client->n_calls, 1);
	free(call);
}

/* Method and URL, without what may be secret in it: user, password, query. */
static char *name_of(const struct http_call_request *request)
{
	struct str url = str_of(request->url);
	size_t scheme = str_find(url, STR("://"));
	size_t host = scheme < url.n ? scheme + 3 : 0;
	size_t end = host;

	while (end < url.n && url.p[end] != '?' && url.p[end] != '#')
		end++;
	size_t from = host;
	for (size_t i = host; i < end && url.p[i] != '/'; i++) {
		if (url.p[i] == '@')
			from = i + 1;
	}
	return xasprintf("%s %.*s%.*s", request->method ? request->method : "GET", (int)host, url.p,
			 (int)(end - from), url.p + from);
}

static struct http_call *call_new(struct http_client *client, struct ctx *ctx,
				  const struct http_call_request *request)
{
	struct http_call *call = NEW(struct http_call);

	call->client = client;
	call->ctx = ctx;
	call->easy = curl_easy_init();
	call->name = name_of(request);
	call->body_follows = request->body_follows;
	call->n_refs = 1;
	call->arena = arena_new(NULL);
	pthread_mutex_init(&call->mu, NULL);
	ctx_cond_init(&call->changed);
	buf_init(&call->piece, MAX_PIECE_BYTES, NULL);
	buf_init(&call->in, MAX_PIECE_BYTES, NULL);
	buf_init(&call->out, HTTP_CALL_BUFFER_BYTES, NULL);
	atomic_fetch_add(&client->n_calls, 1);
	return call;
}

static void attach(void *arg)
{
	struct http_call *call = arg;
	http_client_attach(call->client, call);
	http_call_unref(call);
}

static void detach(void *arg)
{
	struct http_call *call = arg;
	http_client_detach(call->client, call);
}

static void post(struct http_call *call, void (*fn)(void *call))
{
	atomic_fetch_add(&call->n_refs, 1);
	loop_post(call->client->loop, fn, call);
}

struct http_call *http_call_start_ringing(struct http_client *client, struct ctx *ctx,
					  const struct http_call_request *request,
					  struct http_bell *bell, struct err *err)
{
	if (!ctx_check(ctx, err))
		return NULL;
	struct http_call *call = call_new(client, ctx, request);
	call->bell = bell;
	if (!call->easy) {
		err_set(err, ERR_INTERNAL, "%s: curl gives no handle", call->name);
		http_call_unref(call);
		return NULL;
	}
	if (!http_call_set_up(call, request, err)) {
		http_call_unref(call);
		return NULL;
	}
	post(call, attach);
	return call;
}

struct http_call *http_call_start(struct http_client *client, struct ctx *ctx,
				  const struct http_call_request *request, struct err *err)
{
	return http_call_start_ringing(client, ctx, request, NULL, err);
}

/* While the transfer runs, it borrows the request's memory: waits until it does not. */
void http_call_close(struct http_call *call)
{
	if (!call)
		return;
	pthread_mutex_lock(&call->mu);
	bool is_done = call->is_done;
	pthread_mutex_unlock(&call->mu);
	if (!is_done)
		loop_call(call->client->loop, detach, call);
	http_call_unref(call);
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* Until `ready`, with call->mu held before and after. 0: no time limit of its own. */
static bool wait_until_ready(struct http_call *call, bool (*ready)(const struct http_call *call),
			     int64_t timeout_ms, const char *what, struct err *err)
{
	struct ctx_waker waker;
	int64_t until_ns =
	    timeout_ms ? clock_monotonic_ns(&clock_system) + timeout_ms * 1000000 : CTX_NO_DEADLINE;
	bool in_time = true, going = true;

	if (ready(call))
		return true;
	pthread_mutex_unlock(&call->mu);
	ctx_waker_start(&waker, call->ctx, &call->changed, &call->mu);
	pthread_mutex_lock(&call->mu);
	while (!ready(call) && in_time && going) {
		in_time = clock_monotonic_ns(&clock_system) < until_ns;
		if (in_time)
			going = ctx_wait_until(call->ctx, until_ns, &call->changed, &call->mu);
	}
	bool is_ready = ready(call);
	pthread_mutex_unlock(&call->mu);
	ctx_waker_stop(&waker);
	pthread_mutex_lock(&call->mu);
	if (is_ready)
		return true;
	if (!ctx_check(call->ctx, err))
		return err_wrap(err, "%s", call->name);
	return err_set(err, ERR_TIMEOUT, "%s: %s within %lld ms", call->name, what,
		       (long long)timeout_ms);
}

static bool has_failed(const struct http_call *call, struct err *err)
{
	if (call->failure.code == ERR_OK)
		return false;
	*err = call->failure;
	return true;
}

/* --- the request's body ----------------------------------------------------------------------- */

static void go_on(void *arg)
{
	struct http_call *call = arg;

	if (call->is_attached)
		curl_easy_pause(call->easy, CURLPAUSE_CONT);
	http_call_unref(call);
}

static bool has_room(const struct http_call *call)
{
	return call->is_done || call->out.n < HTTP_CALL_BUFFER_BYTES;
}

/* With call->mu held. */
static void resume_out(struct http_call *call)
{
	if (!call->is_out_paused)
		return;
	call->is_out_paused = false;
	post(call, go_on);
}

static bool write_some(struct http_call *call, struct str *rest, struct err *err)
{
	if (!wait_until_ready(call, has_room, call->client->options.stall_timeout_ms,
			      "the peer took nothing of the body", err))
		return false;
	if (has_failed(call, err))
		return false;
	if (call->is_done) { /* answered early: the answer will say why */
		*rest = STR("");
		return true;
	}
	size_t room = HTTP_CALL_BUFFER_BYTES - call->out.n;
	size_t part = rest->n < room ? rest->n : room;
	buf_append(&call->out, rest->p, part);
	*rest = str_skip(*rest, part);
	resume_out(call);
	return true;
}

bool http_call_write(struct http_call *call, const void *p, size_t n, struct err *err)
{
	struct str rest = str_from(p, n);
	bool ok = true;

	assert(call->body_follows && !call->has_out_ended);
	pthread_mutex_lock(&call->mu);
	while (ok && rest.n > 0)
		ok = write_some(call, &rest, err);
	pthread_mutex_unlock(&call->mu);
	return ok;
}

/* --- the answer ------------------------------------------------------------------------------- */

static bool has_answer(const struct http_call *call)
{
	return call->is_done || call->has_head;
}

enum http_call_state http_call_state(struct http_call *call)
{
	pthread_mutex_lock(&call->mu);
	enum http_call_state state = call->has_head  ? HTTP_CALL_ANSWERED
				     : call->is_done ? HTTP_CALL_FAILED
						     : HTTP_CALL_RUNNING;
	pthread_mutex_unlock(&call->mu);
	return state;
}

void http_call_stop_ringing(struct http_call *call)
{
	pthread_mutex_lock(&call->mu);
	call->bell = NULL;
	pthread_mutex_unlock(&call->mu);
}

bool http_call_response(struct http_call *call, struct http_call_response *out, struct err *err)
{
	pthread_mutex_lock(&call->mu);
	call->has_out_ended = true;
	resume_out(call);
	bool ok = wait_until_ready(call, has_answer, call->client->options.response_timeout_ms,
				   "no answer", err);
	if (ok && !call->has_head && has_failed(call, err))
		ok = false;
	if (ok)
		*out = call->response;
	call->has_response = ok;
	pthread_mutex_unlock(&call->mu);
	return ok;
}

static bool has_bytes(const struct http_call *call)
{
	return call->is_done || call->in.n > 0;
}

enum iter_result http_call_read(struct http_call *call, struct str *piece, struct err *err)
{
	enum iter_result result = ITER_VALUE;

	assert(call->has_response);
	buf_clear(&call->piece);
	pthread_mutex_lock(&call->mu);
	if (!wait_until_ready(call, has_bytes, call->client->options.stall_timeout_ms,
			      "nothing came", err)) {
		result = ITER_ERROR;
	} else if (call->in.n > 0) {
		struct buf got = call->in;
		call->in = call->piece;
		call->piece = got;
		*piece = buf_str(&call->piece);
	} else {
		result = has_failed(call, err) ? ITER_ERROR : ITER_END;
	}
	if (call->is_in_paused && result == ITER_VALUE) {
		call->is_in_paused = false;
		post(call, go_on);
	}
	pthread_mutex_unlock(&call->mu);
	return result;
}

/* --- all of it -------------------------------------------------------------------------------- */

static bool read_body(struct http_call *call, struct buf *body, struct err *err)
{
	struct str piece;
	enum iter_result r;

	while ((r = http_call_read(call, &piece, err)) == ITER_VALUE) {
		if (!buf_append_str(body, piece))
			return err_set(err, ERR_LIMIT, "%s: the answer is larger than %zu bytes",
				       call->name, body->max);
	}
	return r == ITER_END;
}

/* The status says what failed, and the start of the body mostly why. */
static bool fail_by_status(struct http_call *call, int status, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(ERROR_TEXT_BYTES);
	struct str piece;
	struct err ignored;

	if (http_call_read(call, &piece, &ignored) == ITER_VALUE)
		buf_append(&text, piece.p, piece.n < ERROR_TEXT_BYTES ? piece.n : ERROR_TEXT_BYTES);
	for (size_t i = 0; i < text.n; i++) {
		if ((unsigned char)text.p[i] < ' ')
			text.p[i] = ' ';
	}
	struct str why = str_trim(buf_str(&text), " ");
	return err_set(err, err_of_http_status(status),
		       "%s: server returned HTTP status %d %s%s%.*s", call->name, status,
		       http_status_text(status), why.n ? ": " : "", STR_FMT(why));
}

bool http_fetch(struct http_client *client, struct ctx *ctx,
		const struct http_call_request *request, int *status, struct buf *body,
		struct err *err)
{
	struct http_call_response response;

	assert(!request->body_follows);
	struct http_call *call auto_free(http_call_close) =
	    http_call_start(client, ctx, request, err);
	if (!call || !http_call_response(call, &response, err))
		return false;
	if (!status && (response.status < 200 || response.status > 299))
		return fail_by_status(call, response.status, err);
	if (!read_body(call, body, err))
		return false;
	if (status)
		*status = response.status;
	return true;
}
