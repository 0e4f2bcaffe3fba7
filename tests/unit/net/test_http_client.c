#include "net/http_client.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/pool.h"
#include "net/http_server.h"
#include "net/loop.h"
#include "tests/lib/expect.h"
#include "tests/lib/test_pki.h"
#include "tests/lib/wait.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* --- a server to speak to --------------------------------------------------------------------- */

struct rig {
	struct loops *loops;
	struct pool *pool;
	struct http_router *router;
	struct http_server_options server_options;
	struct http_server *server;
	struct http_client_options options;
	struct http_client *client;
	_Atomic unsigned n_begun, n_canceled;
	_Atomic uint64_t n_written;
};

/* Method, path, some headers and the body's length, or the body if it is short. */
static void echo(struct http_request *r, struct http_response *response, void *arg)
{
	static const char *const shown[] = {
	    "authorization", "content-type",      "x-test",
	    "expect",        "transfer-encoding", "accept-encoding"};
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)arg;

	buf_printf(&out, "%.*s %.*s", STR_FMT(r->method_name), STR_FMT(r->path));
	if (r->query.n)
		buf_printf(&out, "?%.*s", STR_FMT(r->query));
	buf_putc(&out, '\n');
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++) {
		struct str value = http_request_header(r, shown[i]);
		if (value.p)
			buf_printf(&out, "%s=%.*s\n", shown[i], STR_FMT(value));
	}
	if (r->body.n < 100)
		buf_printf(&out, "body=%.*s\n", STR_FMT(r->body));
	else
		buf_printf(&out, "body of %zu ending in %.*s\n", r->body.n,
			   STR_FMT(str_skip(r->body, r->body.n - 3)));
	http_response_set_header(response, "X-Reply", "one");
	http_response_send(response, 200, "text/plain", buf_str(&out));
}

static char byte_at(uint64_t i)
{
	return (char)('a' + i % 23 + (i >> 12) % 3);
}

static void pour(struct http_request *request, struct http_response *response, void *arg)
{
	struct rig *rig = arg;
	struct err err;
	char part[50000];
	uint64_t n =
	    strtoull(arena_cstr(request->arena, http_request_param(request, "bytes")), NULL, 10);

	rig->n_begun++;
	http_response_set_header(response, "Content-Type", "application/json");
	for (uint64_t i = 0; i < n;) {
		size_t k = 0;
		while (k < sizeof(part) && i < n)
			part[k++] = byte_at(i++);
		if (!http_response_write(response, part, k, &err)) {
			rig->n_canceled++;
			return;
		}
		rig->n_written += k;
	}
}

static void hang(struct http_request *request, struct http_response *response, void *arg)
{
	struct rig *rig = arg;
	(void)response;

	rig->n_begun++;
	ctx_sleep_ms(request->ctx, 60000);
	rig->n_canceled++;
}

/* Some bytes, and then none. */
static void stall(struct http_request *request, struct http_response *response, void *arg)
{
	char some[100000] = "";
	struct err err;

	http_response_write(response, some, sizeof(some), &err);
	hang(request, response, arg);
}

static void redirect(struct http_request *request, struct http_response *response, void *arg)
{
	char to[64];
	(void)arg;

	int left = atoi(arena_cstr(request->arena, http_request_segment(request, "left")));
	if (left > 1)
		snprintf(to, sizeof(to), "/redirect/%d", left - 1);
	else
		snprintf(to, sizeof(to), "/echo");
	http_response_redirect(response, 302, to);
}

/* The second request finds its connection closed. */
static void drop_second(struct http_request *request, struct http_response *response, void *arg)
{
	struct rig *rig = arg;
	(void)request;

	if (++rig->n_begun == 2)
		http_response_abort(response);
	else
		http_response_send(response, 200, "text/plain", STR("here"));
}

static void refuse(struct http_request *request, struct http_response *response, void *arg)
{
	(void)request, (void)arg;
	http_response_error(response, 404, "no such object");
}

static void break_off(struct http_request *request, struct http_response *response, void *arg)
{
	char some[100000] = "";
	struct err err;
	(void)request, (void)arg;

	http_response_write(response, some, sizeof(some), &err);
	http_response_abort(response);
}

static const struct http_route routes[] = {
    {0, "/echo", echo, NULL, 64 << 20},
    {0, "/pour", pour, NULL, 0},
    {0, "/hang", hang, NULL, 0},
    {0, "/stall", stall, NULL, 0},
    {0, "/redirect/:left", redirect, NULL, 0},
    {0, "/refuse", refuse, NULL, 0},
    {0, "/break-off", break_off, NULL, 0},
    {0, "/drop-second", drop_second, NULL, 0},
};

static void rig_start(struct rig *rig)
{
	struct pool_options pool = {.name = "http", .max_threads = 16, .max_backlog = 100};
	struct err err = ERR_INIT;

	rig->loops = loops_start(2, &err);
	rig->pool = pool_new(&pool);
	rig->router = http_router_new();
	http_router_add(rig->router,
			&(struct http_route_group){.routes = routes,
						   .n_routes = sizeof(routes) / sizeof(*routes),
						   .arg = rig});
	rig->server_options.address = "127.0.0.1:0";
	rig->server_options.router = rig->router;
	rig->server_options.pool = rig->pool;
	rig->server = http_server_start(rig->loops, &rig->server_options, &err);
	if (!rig->server)
		fail_msg("%s", err.msg);
	rig->client = http_client_new(loops_get(rig->loops, 1), &rig->options, &err);
	if (!rig->client)
		fail_msg("%s", err.msg);
}

static void rig_stop(struct rig *rig)
{
	http_client_free(rig->client);
	http_server_free(rig->server);
	pool_free(rig->pool);
	loops_stop(rig->loops);
	http_router_free(rig->router);
}

static const char *url_of(struct rig *rig, const char *path)
{
	static _Thread_local char url[300];
	snprintf(url, sizeof(url), "%s://%s%s", rig->server_options.tls ? "https" : "http",
		 http_server_address(rig->server), path);
	return url;
}

static void fetch(struct rig *rig, const struct http_call_request *request, struct buf *body)
{
	struct err err = ERR_INIT;
	buf_clear(body);
	expect_ok(http_fetch(rig->client, NULL, request, NULL, body, &err), err);
}

/* --- whole ------------------------------------------------------------------------------------ */

static void a_request_has_its_method_headers_and_body(void **state)
{
	static const struct http_header headers[] = {
	    {{"X-Test", 6}, {"a b", 3}},
	    {{"Content-Type", 12}, {"text/x", 6}},
	};
	static const struct {
		struct http_call_request request;
		const char *want;
	} cases[] = {
	    {{.method = NULL}, "GET /echo?a=b\naccept-encoding=gzip\nbody=\n"},
	    {{.method = "POST", .body = {"x=1", 3}},
	     "POST /echo?a=b\naccept-encoding=gzip\nbody=x=1\n"},
	    {{.method = "POST"}, "POST /echo?a=b\naccept-encoding=gzip\nbody=\n"},
	    {{.method = "PUT", .body = {"x", 1}, .headers = headers, .n_headers = 2},
	     "PUT /echo?a=b\ncontent-type=text/x\nx-test=a b\naccept-encoding=gzip\nbody=x\n"},
	    {{.method = "PUT"}, "PUT /echo?a=b\naccept-encoding=gzip\nbody=\n"},
	    {{.method = "DELETE"}, "DELETE /echo?a=b\naccept-encoding=gzip\nbody=\n"},
	    {{.method = "HEAD"}, ""},
	};
	struct rig rig = {0};
	struct buf body auto_done(buf_done) = BUF_INIT(100000);
	(void)state;

	rig_start(&rig);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct http_call_request request = cases[i].request;
		request.url = url_of(&rig, "/echo?a=b");
		fetch(&rig, &request, &body);
		expect_str(buf_str(&body), cases[i].want);
	}
	rig_stop(&rig);
}

static void an_answer_has_its_status_headers_and_address(void **state)
{
	struct rig rig = {0};
	struct err err = ERR_INIT;
	struct http_call_response response;
	struct str piece;
	(void)state;

	rig_start(&rig);
	struct http_call_request request = {.url = url_of(&rig, "/echo")};
	struct http_call *call = http_call_start(rig.client, NULL, &request, &err);
	expect_ok(http_call_response(call, &response, &err), err);
	assert_int_equal(response.status, 200);
	expect_str(http_header_value(&response.headers, "x-reply"), "one");
	assert_string_equal(response.url, url_of(&rig, "/echo"));
	assert_int_equal(http_call_read(call, &piece, &err), ITER_VALUE);
	assert_true(str_starts(piece, STR("GET /echo\n")));
	assert_int_equal(http_call_read(call, &piece, &err), ITER_END);
	http_call_close(call);
	rig_stop(&rig);
}

/* curl sends again by itself what got no answer over a connection that it had kept. */
static void how_often_a_request_went_out_is_told(void **state)
{
	static const unsigned want[] = {1, 2, 1};
	struct rig rig = {0};
	struct err err = ERR_INIT;
	struct str piece;
	(void)state;

	rig_start(&rig);
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		struct http_call_request request = {.method = "DELETE",
						    .url = url_of(&rig, "/drop-second")};
		struct http_call_response response;
		struct http_call *call = http_call_start(rig.client, NULL, &request, &err);
		expect_ok(http_call_response(call, &response, &err), err);
		assert_int_equal(response.n_sent, want[i]);
		while (http_call_read(call, &piece, &err) == ITER_VALUE)
			;
		http_call_close(call);
	}
	assert_int_equal(rig.n_begun, 4);
	rig_stop(&rig);
}

static void compressed_answers_are_unpacked(void **state)
{
	struct rig rig = {0};
	struct buf body auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	struct http_call_request request = {.url = url_of(&rig, "/pour?bytes=1000000")};
	fetch(&rig, &request, &body);

	assert_int_equal(body.n, 1000000);
	for (size_t i = 0; i < body.n; i++)
		assert_int_equal(body.p[i], byte_at(i));
	rig_stop(&rig);
}

static void an_answer_beyond_the_limit_is_refused(void **state)
{
	struct rig rig = {0};
	struct buf body auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	(void)state;

	rig_start(&rig);
	struct http_call_request request = {.url = url_of(&rig, "/pour?bytes=1001")};
	expect_err(http_fetch(rig.client, NULL, &request, NULL, &body, &err), err, ERR_LIMIT,
		   "larger than 1000 bytes");
	rig_stop(&rig);
}

static void an_error_status_becomes_an_error_with_the_reason(void **state)
{
	struct rig rig = {0};
	struct buf body auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	int status = 0;
	(void)state;

	rig_start(&rig);
	struct http_call_request request = {.url = url_of(&rig, "/refuse?secret=1")};
	expect_err(http_fetch(rig.client, NULL, &request, NULL, &body, &err), err, ERR_NOT_FOUND,
		   "/refuse: server returned HTTP status 404 Not Found: no such object");
	assert_null(strstr(err.msg, "secret"));
	expect_ok(http_fetch(rig.client, NULL, &request, &status, &body, &err), err);
	assert_int_equal(status, 404);
	expect_str(buf_str(&body), "no such object\n");
	rig_stop(&rig);
}

/* --- streamed --------------------------------------------------------------------------------- */

static void a_streamed_answer_comes_whole_and_in_order(void **state)
{
	struct rig rig = {.options.disable_compression = true};
	struct err err = ERR_INIT;
	struct http_call_response response;
	struct str piece;
	uint64_t n = 0;
	enum iter_result r;
	(void)state;

	rig_start(&rig);
	struct http_call_request request = {.url = url_of(&rig, "/pour?bytes=30000000")};
	struct http_call *call = http_call_start(rig.client, NULL, &request, &err);
	expect_ok(http_call_response(call, &response, &err), err);
	while ((r = http_call_read(call, &piece, &err)) == ITER_VALUE) {
		for (size_t i = 0; i < piece.n; i++)
			assert_int_equal(piece.p[i], byte_at(n + i));
		n += piece.n;
	}
	assert_int_equal(r, ITER_END);
	assert_int_equal(n, 30000000);
	http_call_close(call);
	rig_stop(&rig);
}

static void a_reader_that_waits_holds_the_server_back(void **state)
{
	struct rig rig = {.options.disable_compression = true};
	struct err err = ERR_INIT;
	struct http_call_response response;
	struct str piece;
	(void)state;

	rig_start(&rig);
	struct http_call_request request = {.url = url_of(&rig, "/pour?bytes=100000000000")};
	struct http_call *call = http_call_start(rig.client, NULL, &request, &err);
	expect_ok(http_call_response(call, &response, &err), err);
	uint64_t before, after = 0;
	do { /* until it stands still */
		before = after;
		usleep(200 * 1000);
		after = rig.n_written;
	} while (after != before);
	assert_true(after < 64 << 20);
	assert_int_equal(http_call_read(call, &piece, &err), ITER_VALUE);
	assert_true(piece.n < 1 << 20);
	for (int i = 0; i < 100; i++)
		assert_int_equal(http_call_read(call, &piece, &err), ITER_VALUE);
	http_call_close(call);
	wait_until(rig.n_canceled == 1);
	rig_stop(&rig);
}

static void a_body_can_be_written_as_it_is_made(void **state)
{
	static const int64_t sizes[] = {-1, 5000000, -1, 0};
	struct rig rig = {0};
	struct err err = ERR_INIT;
	(void)state;

	rig_start(&rig);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct http_call_request request = {.method = i == 2 ? "POST" : "PUT",
						    .url = url_of(&rig, "/echo"),
						    .body_follows = true,
						    .body_size = sizes[i]};
		struct http_call_response response;
		struct str piece;
		char part[7000], want[100];
		size_t n = 0, total = sizes[i] == 0 ? 0 : 5000000;
		struct http_call *call = http_call_start(rig.client, NULL, &request, &err);
		assert_non_null(call);
		while (n < total) {
			size_t k = 0;
			while (k < sizeof(part) && n < total)
				part[k++] = byte_at(n++);
			expect_ok(http_call_write(call, part, k, &err), err);
		}
		expect_ok(http_call_response(call, &response, &err), err);
		assert_int_equal(response.status, 200);
		assert_int_equal(http_call_read(call, &piece, &err), ITER_VALUE);
		if (total)
			snprintf(want, sizeof(want), "body of 5000000 ending in %c%c%c\n",
				 byte_at(n - 3), byte_at(n - 2), byte_at(n - 1));
		else
			snprintf(want, sizeof(want), "body=\n");
		assert_true(str_ends(piece, str_of(want)));
		http_call_close(call);
	}
	rig_stop(&rig);
}

/* --- failures --------------------------------------------------------------------------------- */

static void a_server_that_is_not_there_is_unavailable(void **state)
{
	struct rig rig = {0};
	struct buf body auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	char url[300];
	(void)state;

	rig_start(&rig);
	snprintf(url, sizeof(url), "%s", url_of(&rig, "/echo"));
	http_server_stop(rig.server, 0);
	char *with_user = xasprintf("http://user:geheim@%s", url + strlen("http://"));
	struct http_call_request request = {.url = with_user};
	expect_err(http_fetch(rig.client, NULL, &request, NULL, &body, &err), err, ERR_UNAVAILABLE,
		   url);
	assert_null(strstr(err.msg, "geheim"));
	request.url = "http://no-such-host.invalid/";
	expect_err(http_fetch(rig.client, NULL, &request, NULL, &body, &err), err, ERR_UNAVAILABLE,
		   "no-such-host.invalid");
	request.url = "gopher://x/";
	expect_err(http_fetch(rig.client, NULL, &request, NULL, &body, &err), err, ERR_INVALID,
		   "gopher://x/");
	request.url = "http://";
	expect_err(http_fetch(rig.client, NULL, &request, NULL, &body, &err), err, ERR_INVALID, "");
	free(with_user);
	rig_stop(&rig);
}

static void a_header_with_a_line_break_is_refused(void **state)
{
	static const struct http_header bad[] = {
	    {{"X-Test", 6}, {"a\r\nX-Injected: b", 16}},
	    {{"X Test", 6}, {"a", 1}},
	};
	struct rig rig = {0};
	struct err err = ERR_INIT;
	(void)state;

	rig_start(&rig);
	for (size_t i = 0; i < 2; i++) {
		struct http_call_request request = {
		    .url = url_of(&rig, "/echo"), .headers = &bad[i], .n_headers = 1};
		assert_null(http_call_start(rig.client, NULL, &request, &err));
		assert_int_equal(err.code, ERR_INVALID);
	}
	rig_stop(&rig);
}

static void a_deadline_ends_the_wait_and_the_request(void **state)
{
	struct rig rig = {0};
	struct buf body auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	(void)state;

	rig_start(&rig);
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 200);
	struct http_call_request request = {.url = url_of(&rig, "/hang")};
	expect_err(http_fetch(rig.client, ctx, &request, NULL, &body, &err), err, ERR_TIMEOUT,
		   "/hang: context deadline exceeded");
	wait_until(rig.n_begun == 0 || rig.n_canceled == 1);
	assert_null(http_call_start(rig.client, ctx, &request, &err));
	rig_stop(&rig);
}

struct fetcher {
	struct rig *rig;
	struct ctx *ctx;
	const char *path;
	struct err err;
	bool ok;
};

static void *fetch_in_thread(void *arg)
{
	struct fetcher *f = arg;
	struct buf body auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct http_call_request request = {.url = url_of(f->rig, f->path)};

	f->ok = http_fetch(f->rig->client, f->ctx, &request, NULL, &body, &f->err);
	return NULL;
}

static void canceling_ends_the_wait_and_the_request(void **state)
{
	struct rig rig = {0};
	struct ctx *ctx auto_free(ctx_free) = ctx_new(NULL, CTX_NO_DEADLINE);
	struct fetcher f = {.rig = &rig, .ctx = ctx, .path = "/hang", .err = ERR_INIT};
	pthread_t thread;
	(void)state;

	rig_start(&rig);
	pthread_create(&thread, NULL, fetch_in_thread, &f);
	wait_until(rig.n_begun == 1);
	ctx_cancel(ctx, ERR_CANCELED, "nobody waits for it");
	pthread_join(thread, NULL);

	assert_false(f.ok);
	assert_int_equal(f.err.code, ERR_CANCELED);
	assert_non_null(strstr(f.err.msg, "nobody waits for it"));
	wait_until(rig.n_canceled == 1);
	rig_stop(&rig);
}

static void an_answer_that_stalls_is_given_up(void **state)
{
	struct rig rig = {.options.stall_timeout_ms = 100};
	struct buf body auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	(void)state;

	rig_start(&rig);
	struct http_call_request request = {.url = url_of(&rig, "/stall")};
	expect_err(http_fetch(rig.client, NULL, &request, NULL, &body, &err), err, ERR_TIMEOUT,
		   "nothing came within 100 ms");
	rig_stop(&rig);
}

static void a_head_that_does_not_come_is_given_up(void **state)
{
	struct rig rig = {.options.response_timeout_ms = 60};
	struct buf body auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	(void)state;

	rig_start(&rig);
	struct http_call_request request = {.url = url_of(&rig, "/hang")};
	expect_err(http_fetch(rig.client, NULL, &request, NULL, &body, &err), err, ERR_TIMEOUT,
		   "no answer within 60 ms");
	rig_stop(&rig);
}

static void a_broken_off_answer_is_an_error(void **state)
{
	struct rig rig = {0};
	struct buf body auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	(void)state;

	rig_start(&rig);
	struct http_call_request request = {.url = url_of(&rig, "/break-off")};
	expect_err(http_fetch(rig.client, NULL, &request, NULL, &body, &err), err, ERR_UNAVAILABLE,
		   "/break-off: ");
	rig_stop(&rig);
}

/* --- options ---------------------------------------------------------------------------------- */

static void redirects_are_followed_only_when_asked_for(void **state)
{
	struct rig rig = {0};
	struct buf body auto_done(buf_done) = BUF_INIT(100000);
	struct err err = ERR_INIT;
	int status = 0;
	(void)state;

	rig_start(&rig);
	struct http_call_request request = {
	    .url = url_of(&rig, "/redirect/3"), .method = "POST", .body = STR("x=1")};
	expect_ok(http_fetch(rig.client, NULL, &request, &status, &body, &err), err);
	assert_int_equal(status, 302);
	rig_stop(&rig);

	rig.options.redirects = HTTP_REDIRECTS_FOLLOWED;
	rig_start(&rig);
	request.url = url_of(&rig, "/redirect/3");
	fetch(&rig, &request, &body);
	assert_true(str_starts(buf_str(&body), STR("GET /echo\n"))); /* as browsers do */
	request.url = url_of(&rig, "/redirect/10");
	fetch(&rig, &request, &body);
	request.url = url_of(&rig, "/redirect/11");
	expect_err(http_fetch(rig.client, NULL, &request, NULL, &body, &err), err, ERR_UNAVAILABLE,
		   "redirect");
	rig_stop(&rig);
}

static void credentials_are_sent(void **state)
{
	struct test_pki pki;
	struct buf body auto_done(buf_done) = BUF_INIT(100000);
	struct err err = ERR_INIT;
	char file[128];
	(void)state;

	test_pki_init(&pki); /* for its folder */
	snprintf(file, sizeof(file), "%s/secret", pki.dir);
	expect_ok(fs_write_atomic(file, STR("from a file\n"), 0600, &err), err);
	const struct {
		struct http_client_options options;
		const char *want;
	} cases[] = {
	    {{.username = "ali", .password = "baba"}, "authorization=Basic YWxpOmJhYmE=\n"},
	    {{.username = "ali", .password_file = file},
	     "authorization=Basic YWxpOmZyb20gYSBmaWxl\n"},
	    {{.bearer_token = "t0ken"}, "authorization=Bearer t0ken\n"},
	    {{.bearer_token_file = file}, "authorization=Bearer from a file\n"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rig rig = {.options = cases[i].options};
		rig_start(&rig);
		struct http_call_request request = {.url = url_of(&rig, "/echo")};
		fetch(&rig, &request, &body);
		if (!strstr(buf_cstr(&body), cases[i].want))
			fail_msg("got %s, want %s", buf_cstr(&body), cases[i].want);
		rig_stop(&rig);
	}
	struct rig rig = {.options.bearer_token_file = "/nowhere/token"};
	rig_start(&rig);
	struct http_call_request request = {.url = url_of(&rig, "/echo")};
	expect_err(http_fetch(rig.client, NULL, &request, NULL, &body, &err), err, ERR_NOT_FOUND,
		   "/nowhere/token");
	rig_stop(&rig);
	test_pki_done(&pki);
}

static void tls_verifies_the_server_by_ca_and_name(void **state)
{
	struct test_pki pki;
	char files[4][128];
	static const char *const names[] = {"server.pem", "server.key", "client.pem", "client.key"};
	struct buf body auto_done(buf_done) = BUF_INIT(100000);
	struct err err = ERR_INIT;
	(void)state;

	test_pki_init(&pki);
	test_pki_issue(&pki, "server", "DNS:store.example");
	test_pki_issue(&pki, "client", NULL);
	for (size_t i = 0; i < 4; i++)
		snprintf(files[i], sizeof(files[i]), "%s/%s", pki.dir, names[i]);
	struct tls_settings server = {
	    .certificate.file = files[0], .key.file = files[1], .ca.file = pki.ca};
	const struct {
		struct tls_settings tls;
		const char *error; /* NULL: succeeds */
	} cases[] = {
	    {{.ca.file = pki.ca, .server_name = "store.example"}, NULL},
	    {{.ca.file = pki.ca, .server_name = "other.example"}, "SSL"},
	    {{.ca.file = pki.ca}, "SSL"},
	    {{.server_name = "store.example"}, "certificate"},
	    {{.insecure_skip_verify = true}, NULL},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rig rig = {.options.tls = cases[i].tls};
		rig.server_options.tls = tls_server_new(&server, &err);
		rig.options.tls.certificate.file = files[2];
		rig.options.tls.key.file = files[3];
		rig_start(&rig);
		struct http_call_request request = {.url = url_of(&rig, "/echo")};
		bool ok = http_fetch(rig.client, NULL, &request, NULL, &body, &err);
		if (ok != !cases[i].error || (!ok && !strstr(err.msg, cases[i].error)))
			fail_msg("case %zu: %s", i, ok ? "succeeded" : err.msg);
		rig_stop(&rig);
		tls_server_unref(rig.server_options.tls);
	}
	struct loops *loops = loops_start(1, &err);
	struct http_client_options bad = {.tls.ca.file = "/nowhere/ca.pem"};
	assert_null(http_client_new(loops_get(loops, 0), &bad, &err));
	assert_non_null(strstr(err.msg, "/nowhere/ca.pem"));
	loops_stop(loops);
	test_pki_done(&pki);
}

static void connections_are_used_again_and_many_threads_may_call(void **state)
{
	enum { N_THREADS = 8 };
	struct rig rig = {.options.max_connections_per_host = 3};
	struct fetcher fetchers[N_THREADS];
	pthread_t threads[N_THREADS];
	(void)state;

	rig.server_options.max_connections = 3;
	rig_start(&rig);
	for (int round = 0; round < 10; round++) {
		for (size_t i = 0; i < N_THREADS; i++) {
			fetchers[i] = (struct fetcher){
			    .rig = &rig, .path = i % 2 ? "/echo" : "/pour?bytes=300000"};
			pthread_create(&threads[i], NULL, fetch_in_thread, &fetchers[i]);
		}
		for (size_t i = 0; i < N_THREADS; i++) {
			pthread_join(threads[i], NULL);
			if (!fetchers[i].ok)
				fail_msg("%s", fetchers[i].err.msg);
		}
	}
	rig_stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_request_has_its_method_headers_and_body),
	    cmocka_unit_test(an_answer_has_its_status_headers_and_address),
	    cmocka_unit_test(how_often_a_request_went_out_is_told),
	    cmocka_unit_test(compressed_answers_are_unpacked),
	    cmocka_unit_test(an_answer_beyond_the_limit_is_refused),
	    cmocka_unit_test(an_error_status_becomes_an_error_with_the_reason),
	    cmocka_unit_test(a_streamed_answer_comes_whole_and_in_order),
	    cmocka_unit_test(a_reader_that_waits_holds_the_server_back),
	    cmocka_unit_test(a_body_can_be_written_as_it_is_made),
	    cmocka_unit_test(a_server_that_is_not_there_is_unavailable),
	    cmocka_unit_test(a_header_with_a_line_break_is_refused),
	    cmocka_unit_test(a_deadline_ends_the_wait_and_the_request),
	    cmocka_unit_test(canceling_ends_the_wait_and_the_request),
	    cmocka_unit_test(an_answer_that_stalls_is_given_up),
	    cmocka_unit_test(a_head_that_does_not_come_is_given_up),
	    cmocka_unit_test(a_broken_off_answer_is_an_error),
	    cmocka_unit_test(redirects_are_followed_only_when_asked_for),
	    cmocka_unit_test(credentials_are_sent),
	    cmocka_unit_test(tls_verifies_the_server_by_ca_and_name),
	    cmocka_unit_test(connections_are_used_again_and_many_threads_may_call),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
