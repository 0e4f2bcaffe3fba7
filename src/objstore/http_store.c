#include "objstore/http_store.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/rand.h"
#include "net/http_race.h"
#include "objstore/pace.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
	FIRST_PAUSE_MS = 100,
	LONGEST_PAUSE_MS = 5000,
	ERROR_BODY_MAX_BYTES = 64 << 10,
};

struct http_store {
	struct http_store_options o;
	struct http_client *client;
	struct pace pace;
	struct hedging hedging;
};

void store_request_add(struct store_request *r, const char *name, struct str value)
{
	assert(r->n_headers < STORE_MAX_HEADERS);
	r->headers[r->n_headers++] = (struct http_header){str_of(name), value};
}

void store_query_add(struct buf *query, const char *name, struct str value)
{
	buf_printf(query, "%s%s=", query->n ? "&" : "", name);
	http_percent_encode(value, query);
}

void store_path_add(struct buf *path, struct str name)
{
	for (struct str rest = name;;) {
		size_t slash = str_find(rest, STR("/"));
		buf_putc(path, '/');
		http_percent_encode(str_from(rest.p, slash), path);
		if (slash == rest.n)
			return;
		rest = str_skip(rest, slash + 1);
	}
}

bool store_url_parse(struct str url, const char *what, struct arena *a, struct store_url *out,
		     struct err *err)
{
	size_t scheme = str_find(url, STR("://"));
	size_t host = scheme + 3;

	if (!str_starts(url, STR("http://")) && !str_starts(url, STR("https://")))
		return err_set(err, ERR_INVALID, "%s: no http or https URL", what);
	size_t path = host + str_find_char(str_skip(url, host), '/');
	size_t query = path + str_find_char(str_skip(url, path), '?');
	if (path == host)
		return err_set(err, ERR_INVALID, "%s: a URL without a host", what);
	*out = (struct store_url){
	    .base = arena_cstr(a, str_from(url.p, path)),
	    .path = arena_str(a, str_from(url.p + path, query - path)),
	    .query = arena_str(a, str_skip(url, query < url.n ? query + 1 : query)),
	};
	return true;
}

int64_t store_parse_date(struct str text, struct arena *a)
{
	time_t seconds = curl_getdate(arena_cstr(a, text), NULL);

	return seconds < 0 ? 0 : (int64_t)seconds * 1000;
}

struct object_attrs store_answer_attrs(const struct store_answer *answer, struct arena *a)
{
	struct str modified = http_header_value(&answer->headers, "last-modified");
	struct object_attrs attrs = {.modified_ms = store_parse_date(modified, a)};

	str_to_i64(http_header_value(&answer->headers, "content-length"), &attrs.size_bytes);
	return attrs;
}

struct http_store *http_store_new(struct http_client *client,
				  const struct http_store_options *options)
{
	struct http_store *s = NEW(struct http_store);

	s->o = *options;
	s->client = client;
	pace_init(&s->pace);
	hedging_init(&s->hedging, &options->hedging);
	return s;
}

void http_store_free(struct http_store *s)
{
	if (!s)
		return;
	http_client_free(s->client);
	pace_done(&s->pace);
	hedging_done(&s->hedging);
	free(s);
}

/* --- what an answer means --------------------------------------------------------------------- */

static bool is_success(int status)
{
	return status >= 200 && status <= 299;
}

/* About being asked too often. 498 is Swift's word for it. */
static bool is_complaint(int status)
{
	return status == 429 || status == 498 || status == 503;
}

static bool is_temporary(int status)
{
	return status == 408 || is_complaint(status) || (status >= 500 && status != 501);
}

static enum err_code code_of(int status)
{
	switch (status) {
	case 404:
		return ERR_NOT_FOUND;
	case 409:
	case 412:
		return ERR_EXISTS;
	case 501:
		return ERR_UNSUPPORTED;
	default:
		return is_temporary(status) ? ERR_UNAVAILABLE : ERR_INTERNAL;
	}
}

bool http_store_fail(struct http_store *s, const struct store_request *r,
		     const struct store_answer *answer, struct arena *a, struct err *err)
{
	struct str why = s->o.explain(answer, a);

	if (why.n == 0)
		why = str_of(http_status_text(answer->status));
	return err_set(err, code_of(answer->status), "%s: %s %s: %d: %.*s", s->o.kind, r->method,
		       r->object, answer->status, STR_FMT(why));
}

/* --- one attempt ------------------------------------------------------------------------------ */

static int64_t now_ns(const struct http_store *s)
{
	return clock_monotonic_ns(s->o.clock);
}

static struct http_call *call_once(struct http_store *s, struct ctx *ctx,
				   const struct http_call_request *request,
				   struct http_call_response *response, struct err *err)
{
	struct http_call *call = http_call_start(s->client, ctx, request, err);

	if (call && !http_call_response(call, response, err))
		http_call_close(take(call));
	return call;
}

/* One call, and another each time that this long goes by without an answer. Latencies are those of
 * the first call, as far as they were seen: of calls that were given up for a later one's answer as
 * well, or the slow ones would be forgotten. */
static struct http_call *call_hedged(struct http_store *s, struct ctx *ctx,
				     const struct http_call_request *request,
				     struct http_call_response *response, struct err *err)
{
	struct http_race *race auto_free(http_race_free) = http_race_new(s->client, ctx, request);
	const struct hedging_config *c = &s->hedging.config;
	int64_t start_ns = clock_monotonic_ns(&clock_system);

	for (int64_t n = 1;; n++) {
		int64_t delay_ns = hedging_delay_ns(&s->hedging), until_ns = CTX_NO_DEADLINE;
		size_t winner;
		if (!http_race_start(race, err))
			return NULL;
		if (n > 1)
			counter_inc(c->hedges);
		if (n < c->up_to && delay_ns >= 0 && !pace_is_limited(&s->pace))
			until_ns = clock_monotonic_ns(&clock_system) + delay_ns;
		struct http_call *call = http_race_wait(race, until_ns, response, &winner, err);
		if (call) {
			hedging_note(&s->hedging, clock_monotonic_ns(&clock_system) - start_ns);
			if (winner > 0)
				counter_inc(c->wins);
		}
		if (call || err->code != ERR_OK)
			return call;
	}
}

static bool may_hedge(const struct http_store *s, const char *method)
{
	return s->hedging.config.enabled &&
	       (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0);
}

/* That who gives tokens is not found says nothing about the object. */
static bool sign(struct http_store *s, struct ctx *ctx, struct store_request *r, struct arena *a,
		 struct err *err)
{
	if (!s->o.sign || s->o.sign(s->o.arg, ctx, r, a, err))
		return true;
	if (err->code == ERR_NOT_FOUND || err->code == ERR_EXISTS)
		err->code = ERR_INTERNAL;
	return err_wrap(err, "%s: %s %s", s->o.kind, r->method, r->object);
}

static struct http_call *start(struct http_store *s, struct ctx *ctx, const struct store_request *r,
			       struct arena *a, struct http_call_response *response,
			       struct err *err)
{
	struct store_request *signed_request = ARENA_NEW(a, struct store_request);

	*signed_request = *r;
	if (!sign(s, ctx, signed_request, a, err))
		return NULL;
	struct http_call_request request = {
	    .method = r->method,
	    .url =
		arena_printf(a, "%s%.*s%s%.*s", signed_request->base, STR_FMT(signed_request->path),
			     signed_request->query.n ? "?" : "", STR_FMT(signed_request->query)),
	    .headers = signed_request->headers,
	    .n_headers = signed_request->n_headers,
	    .body = r->body,
	    .keeps_encoding = true,
	};
	struct http_call *call = may_hedge(s, r->method)
				     ? call_hedged(s, ctx, &request, response, err)
				     : call_once(s, ctx, &request, response, err);
	if (!call) {
		err_wrap(err, "%s: %s %s", s->o.kind, r->method, r->object);
		return NULL;
	}
	if (is_complaint(response->status))
		pace_complained(&s->pace, now_ns(s));
	else
		pace_answered(&s->pace, now_ns(s));
	return call;
}

static bool read_body(struct http_call *call, struct buf *body, struct err *err)
{
	enum iter_result r;
	struct str piece;

	while ((r = http_call_read(call, &piece, err)) == ITER_VALUE)
		if (!buf_append_str(body, piece))
			return err_set(err, ERR_LIMIT, "an answer of more than %zu bytes",
				       body->max);
	return r == ITER_END;
}

static void copy_answer(const struct http_call_response *response, struct str body, struct arena *a,
			struct store_answer *out)
{
	*out = (struct store_answer){
	    .status = response->status,
	    .body = arena_str(a, body),
	    .is_repeated = response->n_sent > 1,
	};
	for (size_t i = 0; i < response->headers.n; i++) {
		const struct http_header *h = &response->headers.v[i];
		ARENA_PUSH(a, &out->headers,
			   (struct http_header){arena_str(a, h->name), arena_str(a, h->value)});
	}
}

/* The whole answer of one attempt. */
static bool ask_once(struct http_store *s, struct ctx *ctx, const struct store_request *r,
		     size_t body_max, struct arena *a, struct store_answer *out, struct err *err)
{
	struct buf body auto_done(buf_done) =
	    BUF_INIT(body_max > ERROR_BODY_MAX_BYTES ? body_max : ERROR_BODY_MAX_BYTES);
	struct http_call_response response;
	struct http_call *call auto_free(http_call_close) = start(s, ctx, r, a, &response, err);

	if (!call)
		return false;
	if (!read_body(call, &body, err))
		return err_wrap(err, "%s: %s %s", s->o.kind, r->method, r->object);
	copy_answer(&response, buf_str(&body), a, out);
	return true;
}

/* --- again and again -------------------------------------------------------------------------- */

/* How often a request was tried, and what for. */
struct attempts {
	struct http_store *s;
	struct ctx *ctx;
	int n;
};

static bool wait_turn(struct attempts *t, struct err *err)
{
	int64_t pace_ms = pace_take_ns(&t->s->pace, now_ns(t->s)) / 1000000, pause_ms = 0;

	if (t->n > 0) {
		struct rand r;
		int64_t longest = (int64_t)FIRST_PAUSE_MS << (t->n < 10 ? t->n : 10);
		rand_seed_system(&r);
		if (longest > LONGEST_PAUSE_MS)
			longest = LONGEST_PAUSE_MS;
		pause_ms = longest / 2 + (int64_t)rand_below(&r, (uint64_t)longest / 2 + 1);
	}
	t->n++;
	if (pace_ms > pause_ms)
		pause_ms = pace_ms;
	if (pause_ms > 0)
		ctx_sleep_ms(t->ctx, pause_ms);
	return ctx_check(t->ctx, err);
}

/* After an attempt that failed without an answer. */
static bool may_try_again(const struct attempts *t, const struct err *why)
{
	bool may_pass = why->code == ERR_UNAVAILABLE || why->code == ERR_TIMEOUT;

	return may_pass && t->n <= t->s->o.max_retries && !ctx_done(t->ctx);
}

bool http_store_call(struct http_store *s, struct ctx *ctx, const struct store_request *r,
		     size_t body_max, struct arena *a, struct store_answer *out, struct err *err)
{
	struct attempts attempts = {s, ctx, 0};
	struct store_answer answer;

	for (;;) {
		if (!wait_turn(&attempts, err))
			return false;
		if (!ask_once(s, ctx, r, body_max, a, &answer, err)) {
			if (!may_try_again(&attempts, err))
				return false;
			continue;
		}
		bool is_last = attempts.n > s->o.max_retries;
		if (!is_last && !is_success(answer.status) && s->o.learn &&
		    s->o.learn(s->o.arg, &answer, a))
			continue;
		if (!is_temporary(answer.status)) {
			answer.is_repeated = answer.is_repeated || attempts.n > 1;
			*out = answer;
			return true;
		}
		if (is_last) {
			http_store_fail(s, r, &answer, a, err);
			return err_wrap(err, "%d attempts", attempts.n);
		}
	}
}

bool http_store_ask(struct http_store *s, struct ctx *ctx, const struct store_request *r,
		    size_t body_max, struct arena *a, struct store_answer *out, struct err *err)
{
	return http_store_call(s, ctx, r, body_max, a, out, err) &&
	       (is_success(out->status) || http_store_fail(s, r, out, a, err));
}

bool http_store_make(struct http_store *s, struct ctx *ctx, const struct store_request *r,
		     size_t body_max, struct arena *a, struct store_answer *out, bool *is_doubtful,
		     struct err *err)
{
	*out = (struct store_answer){0};
	bool ok = http_store_ask(s, ctx, r, body_max, a, out, err);
	*is_doubtful = !ok && (out->status == 0 || out->is_repeated);
	return ok;
}

bool http_store_remove(struct http_store *s, struct ctx *ctx, const struct store_request *r,
		       struct arena *a, struct err *err)
{
	struct store_answer answer;

	if (!http_store_call(s, ctx, r, ERROR_BODY_MAX_BYTES, a, &answer, err))
		return false;
	return is_success(answer.status) || (answer.status == 404 && answer.is_repeated) ||
	       http_store_fail(s, r, &answer, a, err);
}

/* --- bodies that go on ------------------------------------------------------------------------ */

struct download {
	struct attempts attempts;
	const struct store_request *r;
	struct byte_sink *sink;
	int64_t offset; /* of the next byte that is wanted */
	int64_t end;    /* exclusive; INT64_MAX: the object's, which an answer may tell */
	struct str etag;
	struct arena *a;
	bool is_end_known; /* the object has all bytes before `end` */
	bool is_complete;
	bool sink_failed;
};

static void ask_for_rest(struct download *d, struct store_request *r)
{
	*r = *d->r;
	if (d->end != INT64_MAX)
		store_request_add(r, "range",
				  str_of(arena_printf(d->a, "bytes=%" PRId64 "-%" PRId64, d->offset,
						      d->end - 1)));
	else if (d->offset > 0)
		store_request_add(r, "range",
				  str_of(arena_printf(d->a, "bytes=%" PRId64 "-", d->offset)));
	/* What was begun goes on with the same object, not with one put in its place. */
	if (d->etag.n)
		store_request_add(r, "if-match", d->etag);
}

/* "bytes 0-99/1234": which bytes these are, and how many the object has. */
static bool take_range(struct download *d, const struct store_answer *answer, struct err *err)
{
	struct str range = http_header_value(&answer->headers, "content-range"), first, last;
	int64_t from, size;

	if (answer->status != 206 || !str_starts(range, STR("bytes ")))
		return true;
	struct str rest = str_split(str_skip(range, 6), '-', &first);
	rest = str_split(rest, '/', &last);
	if (!str_to_i64(first, &from) || from != d->offset)
		return err_set(err, ERR_CORRUPT, "bytes from %.*s on, not from %" PRId64,
			       STR_FMT(first), d->offset);
	if (!str_to_i64(rest, &size) || size < 0)
		return true; /* "*": it does not know */
	if (size < d->end)
		d->end = size;
	d->is_end_known = true;
	return true;
}

static bool pass_on(struct download *d, struct http_call *call, struct err *err)
{
	enum iter_result r;
	struct str piece;

	while ((r = http_call_read(call, &piece, err)) == ITER_VALUE) {
		if (d->end != INT64_MAX && (int64_t)piece.n > d->end - d->offset)
			return err_set(err, ERR_CORRUPT, "more than the bytes that were asked for");
		if (!byte_sink_write(d->sink, piece.p, piece.n, err)) {
			d->sink_failed = true;
			return false;
		}
		d->offset += (int64_t)piece.n;
		d->attempts.n = 1; /* it moves: count anew */
	}
	return r == ITER_END;
}

/* One attempt at the rest. False with *err set when there was no answer or it was cut. */
static bool download_once(struct download *d, struct store_answer *answer, struct err *err)
{
	struct http_store *s = d->attempts.s;
	struct http_call_response response;
	struct store_request r;

	ask_for_rest(d, &r);
	struct http_call *call auto_free(http_call_close) =
	    start(s, d->attempts.ctx, &r, d->a, &response, err);
	if (!call)
		return false;
	if (!is_success(response.status)) {
		struct buf body auto_done(buf_done) = BUF_INIT(ERROR_BODY_MAX_BYTES);
		struct err ignored;
		read_body(call, &body, &ignored);
		copy_answer(&response, buf_str(&body), d->a, answer);
		return true;
	}
	copy_answer(&response, STR(""), d->a, answer);
	if (d->offset > 0 && response.status != 206)
		return err_set(err, ERR_CORRUPT, "%s: GET %s: the store ignores ranges", s->o.kind,
			       d->r->object);
	if (!d->etag.n)
		d->etag = http_header_value(&answer->headers, "etag");
	if (!take_range(d, answer, err) || !pass_on(d, call, err))
		return err_wrap(err, "%s: GET %s", s->o.kind, d->r->object);
	d->is_complete = d->end == INT64_MAX || d->offset == d->end || !d->is_end_known;
	return d->is_complete ||
	       err_set(err, ERR_UNAVAILABLE, "%s: GET %s: bytes up to %" PRId64 " of %" PRId64,
		       s->o.kind, d->r->object, d->offset, d->end);
}

bool http_store_get(struct http_store *s, struct ctx *ctx, const struct store_request *r,
		    int64_t offset, int64_t length, struct byte_sink *sink, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct download d = {
	    .attempts = {s, ctx, 0},
	    .r = r,
	    .sink = sink,
	    .offset = offset,
	    .end = length > INT64_MAX - offset ? INT64_MAX : offset + length,
	    .a = a,
	};
	struct store_answer answer;

	assert(length > 0);
	for (;;) {
		if (!wait_turn(&d.attempts, err))
			return false;
		if (!download_once(&d, &answer, err)) {
			if (d.sink_failed || !may_try_again(&d.attempts, err))
				return false;
			continue;
		}
		if (d.is_complete || answer.status == 416)
			return true;
		bool is_last = d.attempts.n > s->o.max_retries;
		if (!is_last && s->o.learn && s->o.learn(s->o.arg, &answer, a))
			continue;
		if (answer.status == 412 && d.etag.n)
			return err_set(err, ERR_UNAVAILABLE,
				       "%s: GET %s: the object was replaced while it was read",
				       s->o.kind, r->object);
		if (!is_temporary(answer.status) || is_last)
			return http_store_fail(s, r, &answer, a, err);
	}
}
