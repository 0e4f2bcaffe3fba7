#include "net/http_server.h"

#include "base/alloc.h"
#include "base/metric.h"
#include "base/pool.h"
#include "net/loop.h"
#include "tests/lib/expect.h"
#include "tests/lib/raw_client.h"
#include "tests/lib/wait.h"

#include <libdeflate.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* --- handlers --------------------------------------------------------------------------------- */

struct rig {
	struct loops *loops;
	struct pool *pool;
	struct http_router *router;
	struct metrics *metrics;
	struct tracker tracker;
	struct http_server_options options;
	struct http_server *server;
	_Atomic unsigned n_begun, n_ended, n_canceled, n_outcomes;
	_Atomic bool may_end;
	_Atomic uint64_t n_written;
	_Atomic bool is_complete; /* of the last outcome */
};

static void say_hello(struct http_request *request, struct http_response *response, void *arg)
{
	(void)request, (void)arg;
	http_response_send(response, 200, "text/plain", STR("hello\n"));
}

/* Everything that a handler can see, as text. */
static void describe(struct http_request *r, struct http_response *response, void *arg)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)arg;

	buf_printf(&out, "%.*s %.*s host=%.*s body=%.*s\n", STR_FMT(r->method_name),
		   STR_FMT(r->path), STR_FMT(r->host), STR_FMT(r->body));
	for (size_t i = 0; i < r->segments.n; i++)
		buf_printf(&out, "segment %.*s=%.*s\n", STR_FMT(r->segments.v[i].name),
			   STR_FMT(r->segments.v[i].value));
	for (size_t i = 0; i < r->form.n; i++)
		buf_printf(&out, "param %.*s=%.*s\n", STR_FMT(r->form.v[i].name),
			   STR_FMT(r->form.v[i].value));
	if (r->form_err)
		buf_printf(&out, "form: %s\n", r->form_err->msg);
	http_response_set_header(response, "X-Test", "a\r\nInjected: b");
	http_response_send(response, 200, "text/plain", buf_str(&out));
}

static char byte_at(uint64_t i)
{
	return (char)('a' + i % 23 + (i >> 12) % 3);
}

/* "?bytes=N" of a pattern, in uneven pieces. */
static void pour(struct http_request *request, struct http_response *response, void *arg)
{
	struct rig *rig = arg;
	struct err err;
	char part[7001];
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
			break;
		}
		rig->n_written += k;
	}
	rig->n_ended++;
}

/* Waits until it is canceled, or told to go on. */
static void linger(struct http_request *request, struct http_response *response, void *arg)
{
	struct rig *rig = arg;

	rig->n_begun++;
	while (!rig->may_end && ctx_sleep_ms(request->ctx, 2))
		;
	if (ctx_done(request->ctx))
		rig->n_canceled++;
	http_response_send(response, 200, "text/plain", STR("done\n"));
	rig->n_ended++;
}

static void give_up(struct http_request *request, struct http_response *response, void *arg)
{
	char big[100000] = "";
	struct err err;
	(void)request, (void)arg;

	http_response_write(response, big, sizeof(big), &err);
	assert_true(http_response_has_begun(response));
	http_response_abort(response);
}

static void no_content(struct http_request *request, struct http_response *response, void *arg)
{
	(void)request, (void)arg;
	http_response_set_status(response, 204);
}

static bool only_friends(struct http_request *request, struct http_response *response, void *arg)
{
	(void)arg;
	if (str_is(http_request_header(request, "x-friend"), "yes"))
		return true;
	http_response_error(response, 403, "not a friend");
	return false;
}

static const struct http_route routes[] = {
    {HTTP_GET, "/hello", say_hello, "hello", 0},
    {HTTP_GET | HTTP_POST, "/api/v1/label/:name/values", describe, "describe", 0},
    {HTTP_GET, "/api/v1/label/special/values", say_hello, "special", 0},
    {HTTP_GET, "/static/*path", describe, "static", 0},
    {HTTP_POST, "/small", describe, "small", 10},
    {HTTP_POST, "/large", describe, "large", 64 << 20},
    {HTTP_GET, "/pour", pour, "pour", 0},
    {HTTP_GET, "/linger", linger, "linger", 0},
    {HTTP_GET, "/give-up", give_up, "give_up", 0},
    {HTTP_GET, "/empty", no_content, NULL, 0},
    {HTTP_GET, "/", say_hello, "root", 0},
};
enum { N_ROUTES = sizeof(routes) / sizeof(*routes) };

static void note_outcome(void *arg, const struct http_request *request,
			 const struct http_outcome *outcome)
{
	struct rig *rig = arg;
	(void)request;
	rig->is_complete = outcome->is_complete;
	rig->n_outcomes++;
}

/* --- the rig ---------------------------------------------------------------------------------- */

static void rig_start(struct rig *rig)
{
	struct err err = ERR_INIT;
	struct pool_options pool = {.name = "http", .max_threads = 8, .max_backlog = 100};

	rig->loops = loops_start(2, &err);
	rig->pool = pool_new(&pool);
	rig->router = http_router_new();
	rig->metrics = metrics_new();
	tracker_init(&rig->tracker, NULL, "the process", "--max-memory", 0);
	http_router_add(rig->router, &(struct http_route_group){
					 .routes = routes, .n_routes = N_ROUTES, .arg = rig});
	http_router_add(rig->router, &(struct http_route_group){.prefix = "/friends",
								.routes = routes,
								.n_routes = 1,
								.before = only_friends});
	rig->options.address = "127.0.0.1:0";
	rig->options.router = rig->router;
	rig->options.pool = rig->pool;
	rig->options.metrics = rig->metrics;
	rig->options.tracker = &rig->tracker;
	rig->options.on_end = note_outcome;
	rig->options.arg = rig;
	rig->server = http_server_start(rig->loops, &rig->options, &err);
	if (!rig->server)
		fail_msg("%s", err.msg);
}

static void rig_stop(struct rig *rig)
{
	http_server_free(rig->server);
	assert_int_equal(rig->tracker.used_bytes, 0);
	pool_free(rig->pool);
	loops_stop(rig->loops);
	http_router_free(rig->router);
	metrics_free(rig->metrics);
}

static int rig_connect(struct rig *rig)
{
	return raw_connect(http_server_address(rig->server));
}

/* One request with "Connection: close"; all of the answer. */
static void ask(struct rig *rig, const char *request_line, const char *headers, struct buf *out)
{
	char text[4000];

	snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n",
		 request_line, headers);
	buf_clear(out);
	raw_exchange(http_server_address(rig->server), str_of(text), out);
}

static void expect_text(struct buf *answer, const char *want)
{
	if (!strstr(buf_cstr(answer), want))
		fail_msg("got:\n%s\nwant in it:\n%s", buf_cstr(answer), want);
}

static struct str body_of(struct buf *answer)
{
	struct str all = buf_str(answer);
	size_t end = str_find(all, STR("\r\n\r\n"));

	assert_true(end < all.n);
	return str_skip(all, end + 4);
}

/* Puts the chunks of a body together. */
static void join_chunks(struct str body, struct buf *out)
{
	for (;;) {
		char *end;
		size_t n = strtoul(body.p, &end, 16);
		assert_true(end[0] == '\r' && end[1] == '\n');
		body = str_skip(body, (size_t)(end + 2 - body.p));
		if (n == 0)
			break;
		assert_true(body.n > n + 2);
		buf_append(out, body.p, n);
		body = str_skip(body, n + 2);
	}
	expect_str(body, "\r\n");
}

/* --- answers ---------------------------------------------------------------------------------- */

static void a_handler_answers_a_request(void **state)
{
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	ask(&rig, "GET /hello", "", &answer);

	assert_true(str_starts(buf_str(&answer), STR("HTTP/1.1 200 OK\r\nDate: ")));
	expect_text(&answer, "\r\nContent-Type: text/plain\r\n");
	expect_text(&answer, "\r\nContent-Length: 6\r\n");
	expect_text(&answer, "\r\nConnection: close\r\n");
	expect_str(body_of(&answer), "hello\n");
	rig_stop(&rig);
}

static void a_handler_sees_all_of_the_request(void **state)
{
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	ask(&rig, "POST /api/v1/label/a%2Fb%20c/values?match[]=x%3D1&match[]=y+2&z=1",
	    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\n"
	    "z=0&q=a+b",
	    &answer);

	expect_str(body_of(&answer),
		   "POST /api/v1/label/a%2Fb%20c/values host=x body=z=0&q=a+b\n"
		   "segment name=a/b c\n"
		   "param z=0\nparam q=a b\nparam match[]=x=1\nparam match[]=y 2\nparam z=1\n");
	expect_text(&answer, "\r\nX-Test: a  Injected: b\r\n");
	rig_stop(&rig);
}

static void a_form_that_cannot_be_decoded_is_told(void **state)
{
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	ask(&rig, "GET /static/a?b=%zz&c=1", "", &answer);

	expect_text(&answer, "param c=1\nform: invalid URL escape in \"b=%zz\"\n");
	rig_stop(&rig);
}

static void routes_are_found_by_method_and_path(void **state)
{
	static const char *const cases[][2] = {
	    {"GET /nowhere", "404 Not Found"},
	    {"GET /hello/", "404 Not Found"},
	    {"GET /api/v1/label//values", "404 Not Found"},
	    {"GET /api/v1/label/special/values", "hello"},
	    {"POST /api/v1/label/special/values", "segment name=special"},
	    {"GET /static/", "segment path=\n"},
	    {"GET /static/a/b%20c/d", "segment path=a/b c/d"},
	    {"DELETE /api/v1/label/x/values", "405 Method Not Allowed\r\n"},
	    {"DELETE /api/v1/label/x/values", "Allow: GET, HEAD, POST\r\n"},
	    {"GET /static/%zz", "400 Bad Request"},
	    {"GET /", "hello"},
	    {"GET /friends/hello", "403 Forbidden"},
	    {"OPTIONS *", "404 Not Found"},
	};
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		ask(&rig, cases[i][0], "", &answer);
		expect_text(&answer, cases[i][1]);
	}
	ask(&rig, "GET /friends/hello", "X-Friend: yes\r\n", &answer);
	expect_text(&answer, "hello");
	rig_stop(&rig);
}

static void head_has_the_length_of_get_and_no_body(void **state)
{
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	ask(&rig, "HEAD /hello", "", &answer);
	expect_text(&answer, "\r\nContent-Length: 6\r\n");
	expect_str(body_of(&answer), "");
	ask(&rig, "HEAD /pour?bytes=500000", "", &answer);
	expect_text(&answer, "200 OK");
	expect_str(body_of(&answer), "");
	ask(&rig, "HEAD /nowhere", "", &answer);
	expect_text(&answer, "404 Not Found");
	expect_str(body_of(&answer), "");
	rig_stop(&rig);
}

static void an_answer_without_content_has_no_length(void **state)
{
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	ask(&rig, "GET /empty", "", &answer);

	expect_text(&answer, "HTTP/1.1 204 No Content\r\n");
	assert_null(strstr(buf_cstr(&answer), "Content-Length"));
	rig_stop(&rig);
}

static void a_large_answer_comes_in_chunks(void **state)
{
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf body auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	enum { N = 5000000 };
	(void)state;

	rig_start(&rig);
	ask(&rig, "GET /pour?bytes=5000000", "", &answer);
	join_chunks(body_of(&answer), &body);

	expect_text(&answer, "\r\nTransfer-Encoding: chunked\r\n");
	assert_int_equal(body.n, N);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(body.p[i], byte_at(i));
	rig_stop(&rig);
}

static void to_http_1_0_a_large_answer_ends_with_the_connection(void **state)
{
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	raw_exchange(http_server_address(rig.server),
		     STR("GET /pour?bytes=100000 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
		     &answer);

	expect_text(&answer, "\r\nConnection: close\r\n");
	assert_null(strstr(buf_cstr(&answer), "chunked"));
	assert_int_equal(body_of(&answer).n, 100000);
	rig_stop(&rig);
}

static void answers_are_compressed_for_clients_that_take_it(void **state)
{
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf body auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	static const size_t sizes[] = {1400, 20000, 32768, 3000000};
	char *plain = xmalloc(3000000);
	char line[100];
	(void)state;

	rig_start(&rig);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		snprintf(line, sizeof(line), "GET /pour?bytes=%zu", sizes[i]);
		ask(&rig, line, "Accept-Encoding: br, gzip\r\n", &answer);
		expect_text(&answer, "\r\nContent-Encoding: gzip\r\n");
		expect_text(&answer, "\r\nVary: Accept-Encoding\r\n");
		assert_true(answer.n < sizes[i] / 2 + 1000);
		buf_clear(&body);
		if (strstr(buf_cstr(&answer), "chunked"))
			join_chunks(body_of(&answer), &body);
		else
			buf_append_str(&body, body_of(&answer));
		struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
		size_t n = 0;
		assert_int_equal(libdeflate_gzip_decompress(d, body.p, body.n, plain, 3000000, &n),
				 0);
		libdeflate_free_decompressor(d);
		assert_int_equal(n, sizes[i]);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(plain[k], byte_at(k));
	}
	free(plain);
	rig_stop(&rig);
}

static void answers_that_would_not_gain_are_sent_as_they_are(void **state)
{
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	ask(&rig, "GET /pour?bytes=1000", "Accept-Encoding: gzip\r\n", &answer);
	assert_null(strstr(buf_cstr(&answer), "Content-Encoding"));
	ask(&rig, "GET /pour?bytes=100000", "Accept-Encoding: gzip;q=0\r\n", &answer);
	assert_null(strstr(buf_cstr(&answer), "Content-Encoding"));
	rig_stop(&rig);
}

static void a_broken_off_answer_is_not_ended_properly(void **state)
{
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	raw_exchange(http_server_address(rig.server),
		     STR("GET /give-up HTTP/1.1\r\nHost: x\r\n\r\n"), &answer);

	assert_false(str_ends(buf_str(&answer), STR("0\r\n\r\n")));
	wait_until(rig.n_outcomes == 1);
	assert_false(rig.is_complete);
	rig_stop(&rig);
}

/* --- connections ------------------------------------------------------------------------------ */

static void a_connection_serves_many_requests(void **state)
{
	struct rig rig = {0};
	struct buf in auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	int fd = rig_connect(&rig);
	for (int i = 0; i < 50; i++) {
		raw_send(fd, STR("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"));
		buf_clear(&in);
		raw_read_until(fd, &in, 0, "hello\n");
		assert_null(strstr(buf_cstr(&in), "Connection: close"));
	}
	raw_send(fd, STR("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
	raw_read_until(fd, &in, in.n, "hello\n");
	expect_text(&in, "\r\nConnection: keep-alive\r\n");
	raw_send(fd, STR("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"));
	raw_read_until(fd, &in, in.n, "404 page not found\n");
	raw_send(fd, STR("GET /hello HTTP/1.0\r\n\r\n"));
	raw_read_all(fd, &in);
	raw_close(fd);
	rig_stop(&rig);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct rig rig = {0};
	struct buf requests auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	enum { N = 200 };
	(void)state;

	rig_start(&rig);
	for (int i = 0; i < N; i++)
		buf_printf(&requests,
			   "POST /api/v1/label/n%d/values HTTP/1.1\r\nHost: x\r\n%s"
			   "Content-Length: 3\r\n\r\nabc",
			   i, i == N - 1 ? "Connection: close\r\n" : "");
	raw_exchange(http_server_address(rig.server), buf_str(&requests), &answer);

	size_t at = 0;
	for (int i = 0; i < N; i++) {
		char want[40];
		snprintf(want, sizeof(want), "segment name=n%d\n", i);
		size_t found = str_find(str_skip(buf_str(&answer), at), str_of(want));
		assert_true(found < answer.n - at);
		at += found;
	}
	rig_stop(&rig);
}

static void requests_may_come_byte_by_byte(void **state)
{
	const struct str request =
	    str_of("POST /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
		   "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	int fd = rig_connect(&rig);
	for (size_t i = 0; i < request.n; i++)
		raw_send(fd, str_from(request.p + i, 1));
	raw_read_all(fd, &answer);
	raw_close(fd);

	expect_text(&answer, "body=abcde\n");
	rig_stop(&rig);
}

static void a_large_body_arrives_whole(void **state)
{
	struct rig rig = {0};
	struct buf request auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	enum { N = 20 << 20 };
	(void)state;

	rig_start(&rig);
	buf_printf(&request,
		   "POST /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
		   "Content-Length: %d\r\n\r\n",
		   N);
	size_t head = request.n;
	for (size_t i = 0; i < N; i++)
		buf_putc(&request, byte_at(i));
	raw_exchange(http_server_address(rig.server), buf_str(&request), &answer);

	expect_text(&answer, "body=");
	struct str body = str_skip(buf_str(&request), head);
	assert_true(rig.tracker.peak_bytes >= N);
	expect_text(&answer, "200 OK");
	/* The answer is chunked: look for a stretch of it instead of all. */
	assert_true(str_find(buf_str(&answer), str_from(body.p, 10000)) < answer.n);
	rig_stop(&rig);
}

static void a_body_beyond_the_limit_is_refused_before_it_is_sent(void **state)
{
	struct rig rig = {.options.max_body_bytes = 100};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	ask(&rig, "POST /small", "Content-Length: 11\r\n", &answer);
	expect_text(&answer, "HTTP/1.1 413 ");
	ask(&rig, "POST /api/v1/label/x/values", "Content-Length: 101\r\n", &answer);
	expect_text(&answer, "HTTP/1.1 413 ");
	int fd = rig_connect(&rig);
	raw_send(fd, STR("POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n"
			 "Expect: 100-continue\r\n\r\n"));
	buf_clear(&answer);
	raw_read_until(fd, &answer, 0, "HTTP/1.1 100 Continue\r\n\r\n");
	raw_close(fd);
	rig_stop(&rig);
}

static void a_client_that_asks_is_told_to_continue(void **state)
{
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	int fd = rig_connect(&rig);
	raw_send(fd, STR("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
			 "Expect: 100-continue\r\nConnection: close\r\n\r\n"));
	raw_read_until(fd, &answer, 0, "HTTP/1.1 100 Continue\r\n\r\n");
	raw_send(fd, STR("abc"));
	raw_read_all(fd, &answer);
	raw_close(fd);
	expect_text(&answer, "body=abc\n");

	/* Not if the answer is clear already. */
	ask(&rig, "POST /nowhere", "Content-Length: 3\r\nExpect: 100-continue\r\n", &answer);
	assert_true(str_starts(buf_str(&answer), STR("HTTP/1.1 404 ")));
	ask(&rig, "POST /small", "Content-Length: 300\r\nExpect: 100-continue\r\n", &answer);
	assert_true(str_starts(buf_str(&answer), STR("HTTP/1.1 413 ")));
	rig_stop(&rig);
}

static void a_malformed_request_gets_its_status_and_the_connection_ends(void **state)
{
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	raw_exchange(
	    http_server_address(rig.server),
	    STR("GET /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\nHost: x\r\n\r\n"
		"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
	    &answer);

	expect_text(&answer, "hello\nHTTP/1.1 400 Bad Request\r\n");
	assert_true(str_ends(buf_str(&answer), STR("a line ends without CR\n")));
	rig_stop(&rig);
}

static void a_client_that_shuts_its_side_still_gets_the_answer(void **state)
{
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	int fd = rig_connect(&rig);
	raw_send(fd, STR("GET /linger HTTP/1.1\r\nHost: x\r\n\r\n"));
	raw_shut_write(fd);
	raw_read_all(fd, &answer);
	raw_close(fd);

	assert_int_equal(rig.n_canceled, 1);
	expect_text(&answer, "done\n");
	rig_stop(&rig);
}

/* --- slow and vanishing clients --------------------------------------------------------------- */

static void a_client_that_goes_away_cancels_its_request(void **state)
{
	struct rig rig = {0};
	(void)state;

	rig_start(&rig);
	int polite = rig_connect(&rig), rude = rig_connect(&rig);
	raw_send(polite, STR("GET /linger HTTP/1.1\r\nHost: x\r\n\r\n"));
	raw_send(rude, STR("GET /linger HTTP/1.1\r\nHost: x\r\n\r\n"));
	wait_until(rig.n_begun == 2);
	raw_close(polite);
	raw_abort(rude);
	wait_until(rig.n_ended == 2);

	assert_int_equal(rig.n_canceled, 2);
	rig_stop(&rig);
}

static void a_client_that_goes_away_stops_a_streamed_answer(void **state)
{
	struct rig rig = {0};
	char some[1000];
	(void)state;

	rig_start(&rig);
	int fd = rig_connect(&rig);
	raw_send(fd, STR("GET /pour?bytes=100000000000 HTTP/1.1\r\nHost: x\r\n\r\n"));
	raw_read_some(fd, some, sizeof(some));
	raw_close(fd);
	wait_until(rig.n_ended == 1);

	assert_int_equal(rig.n_canceled, 1);
	wait_until(rig.n_outcomes == 1);
	assert_false(rig.is_complete);
	rig_stop(&rig);
}

static void a_client_that_reads_slowly_holds_its_handler_back(void **state)
{
	struct rig rig = {0};
	char some[1000];
	(void)state;

	rig_start(&rig);
	int fd = rig_connect(&rig);
	raw_send(fd, STR("GET /pour?bytes=100000000000 HTTP/1.1\r\nHost: x\r\n\r\n"));
	raw_read_some(fd, some, sizeof(some));
	uint64_t before, after = 0;
	do { /* until it stands still */
		before = after;
		usleep(200 * 1000);
		after = rig.n_written;
	} while (after != before);

	assert_true(after < 64 << 20); /* kernel buffers on loopback take some MB */
	raw_close(fd);
	rig_stop(&rig);
}

static void a_client_that_reads_nothing_is_cut(void **state)
{
	struct rig rig = {.options.write_timeout_ms = 150};
	(void)state;

	rig_start(&rig);
	int fd = rig_connect(&rig);
	raw_send(fd, STR("GET /pour?bytes=100000000000 HTTP/1.1\r\nHost: x\r\n\r\n"));
	wait_until(rig.n_ended == 1);

	assert_int_equal(rig.n_canceled, 1);
	raw_close(fd);
	rig_stop(&rig);
}

static void headers_that_trickle_in_are_cut_off(void **state)
{
	struct rig rig = {.options.head_timeout_ms = 200};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	int fd = rig_connect(&rig);
	raw_send(fd, STR("GET /hello HTTP/1.1\r\n"));
	for (int i = 0; i < 3; i++) {
		usleep(50 * 1000);
		raw_send(fd, STR("X-Slow: loris\r\n"));
	}
	raw_read_all(fd, &answer);
	raw_close(fd);

	expect_text(&answer, "HTTP/1.1 408 Request Timeout");
	rig_stop(&rig);
}

static void a_body_that_stops_coming_is_cut_off(void **state)
{
	struct rig rig = {.options.body_timeout_ms = 100};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	int fd = rig_connect(&rig);
	raw_send(fd, STR("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"));
	raw_read_all(fd, &answer);
	raw_close(fd);

	assert_int_equal(rig.n_outcomes, 0);
	rig_stop(&rig);
}

static void an_idle_connection_ends(void **state)
{
	struct rig rig = {.options.idle_timeout_ms = 50, .options.head_timeout_ms = 50};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	int used = rig_connect(&rig), fresh = rig_connect(&rig);
	raw_send(used, STR("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"));
	raw_read_all(used, &answer);
	raw_read_all(fresh, &answer);
	raw_close(used);
	raw_close(fresh);

	assert_true(str_ends(buf_str(&answer), STR("hello\n")));
	rig_stop(&rig);
}

static void without_a_free_worker_the_answer_is_unavailable(void **state)
{
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct pool_options one = {.name = "one", .max_threads = 1};
	(void)state;

	rig.loops = NULL;
	rig_start(&rig);
	struct pool *pool = pool_new(&one);
	struct err err = ERR_INIT;
	rig.options.pool = pool;
	struct http_server *server = http_server_start(rig.loops, &rig.options, &err);
	assert_non_null(server);
	int busy = raw_connect(http_server_address(server));
	raw_send(busy, STR("GET /linger HTTP/1.1\r\nHost: x\r\n\r\n"));
	wait_until(rig.n_begun == 1);
	raw_exchange(http_server_address(server), STR("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"),
		     &answer);

	expect_text(&answer, "HTTP/1.1 503 Service Unavailable");
	rig.may_end = true;
	http_server_free(server);
	raw_close(busy);
	pool_free(pool);
	rig_stop(&rig);
}

/* --- the end ---------------------------------------------------------------------------------- */

struct stopper {
	struct http_server *server;
	int64_t grace_ms;
	_Atomic bool has_stopped;
};

static void *stop_server(void *arg)
{
	struct stopper *s = arg;
	http_server_stop(s->server, s->grace_ms);
	s->has_stopped = true;
	return NULL;
}

static void stopping_lets_running_requests_finish(void **state)
{
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf idle_answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	pthread_t thread;
	(void)state;

	rig_start(&rig);
	int idle = rig_connect(&rig), running = rig_connect(&rig);
	raw_send(idle, STR("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"));
	raw_read_until(idle, &idle_answer, 0, "hello\n");
	raw_send(running, STR("GET /linger HTTP/1.1\r\nHost: x\r\n\r\n"));
	wait_until(rig.n_begun == 1);
	struct stopper stopper = {.server = rig.server, .grace_ms = 60000};
	pthread_create(&thread, NULL, stop_server, &stopper);

	assert_int_equal(raw_read_some(idle, (char[1]){0}, 1), 0); /* closed at once */
	raw_close(idle);
	usleep(20 * 1000);
	assert_false(stopper.has_stopped);
	rig.may_end = true;
	raw_read_all(running, &answer);
	raw_close(running);
	pthread_join(thread, NULL);

	expect_text(&answer, "done\n");
	assert_int_equal(rig.n_canceled, 0);
	rig_stop(&rig);
}

static void after_the_grace_requests_are_canceled_and_connections_cut(void **state)
{
	struct rig rig = {0};
	(void)state;

	rig_start(&rig);
	int waiting = rig_connect(&rig), streaming = rig_connect(&rig), silent = rig_connect(&rig);
	raw_send(waiting, STR("GET /linger HTTP/1.1\r\nHost: x\r\n\r\n"));
	raw_send(streaming, STR("GET /pour?bytes=100000000000 HTTP/1.1\r\nHost: x\r\n\r\n"));
	raw_send(silent, STR("GET /hel"));
	wait_until(rig.n_begun == 2);
	int64_t began_ns = clock_monotonic_ns(&clock_system);
	http_server_stop(rig.server, 100);
	int64_t took_ms = (clock_monotonic_ns(&clock_system) - began_ns) / 1000000;

	assert_true(took_ms >= 100 && took_ms < 3000);
	assert_int_equal(rig.n_ended, 2);
	assert_int_equal(rig.n_canceled, 2);
	raw_close(waiting);
	raw_close(streaming);
	raw_close(silent);
	rig_stop(&rig);
}

/* --- counting --------------------------------------------------------------------------------- */

static void requests_are_counted_under_thanos_names(void **state)
{
	struct rig rig = {0};
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	rig_start(&rig);
	ask(&rig, "GET /hello", "", &answer);
	ask(&rig, "GET /hello", "", &answer);
	ask(&rig, "HEAD /hello", "", &answer);
	ask(&rig, "GET /nowhere", "", &answer);
	ask(&rig, "GET /empty", "", &answer);
	wait_until(rig.n_outcomes == 4);

	struct family *requests =
	    metrics_counters(rig.metrics, "http_requests_total",
			     "Tracks the number of HTTP requests.", "code", "handler", "method");
	struct family *in_flight = metrics_gauges(
	    rig.metrics, "http_inflight_requests",
	    "Current number of HTTP requests the handler is responding to.", "handler", "method");
	assert_true(counter_value(counter_at(requests, "200", "hello", "get")) == 2);
	assert_true(counter_value(counter_at(requests, "200", "hello", "head")) == 1);
	assert_true(gauge_value(gauge_at(in_flight, "hello", "get")) == 0);
	rig_stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_handler_answers_a_request),
	    cmocka_unit_test(a_handler_sees_all_of_the_request),
	    cmocka_unit_test(a_form_that_cannot_be_decoded_is_told),
	    cmocka_unit_test(routes_are_found_by_method_and_path),
	    cmocka_unit_test(head_has_the_length_of_get_and_no_body),
	    cmocka_unit_test(an_answer_without_content_has_no_length),
	    cmocka_unit_test(a_large_answer_comes_in_chunks),
	    cmocka_unit_test(to_http_1_0_a_large_answer_ends_with_the_connection),
	    cmocka_unit_test(answers_are_compressed_for_clients_that_take_it),
	    cmocka_unit_test(answers_that_would_not_gain_are_sent_as_they_are),
	    cmocka_unit_test(a_broken_off_answer_is_not_ended_properly),
	    cmocka_unit_test(a_connection_serves_many_requests),
	    cmocka_unit_test(pipelined_requests_are_answered_in_order),
	    cmocka_unit_test(requests_may_come_byte_by_byte),
	    cmocka_unit_test(a_large_body_arrives_whole),
	    cmocka_unit_test(a_body_beyond_the_limit_is_refused_before_it_is_sent),
	    cmocka_unit_test(a_client_that_asks_is_told_to_continue),
	    cmocka_unit_test(a_malformed_request_gets_its_status_and_the_connection_ends),
	    cmocka_unit_test(a_client_that_shuts_its_side_still_gets_the_answer),
	    cmocka_unit_test(a_client_that_goes_away_cancels_its_request),
	    cmocka_unit_test(a_client_that_goes_away_stops_a_streamed_answer),
	    cmocka_unit_test(a_client_that_reads_slowly_holds_its_handler_back),
	    cmocka_unit_test(a_client_that_reads_nothing_is_cut),
	    cmocka_unit_test(headers_that_trickle_in_are_cut_off),
	    cmocka_unit_test(a_body_that_stops_coming_is_cut_off),
	    cmocka_unit_test(an_idle_connection_ends),
	    cmocka_unit_test(without_a_free_worker_the_answer_is_unavailable),
	    cmocka_unit_test(stopping_lets_running_requests_finish),
	    cmocka_unit_test(after_the_grace_requests_are_canceled_and_connections_cut),
	    cmocka_unit_test(requests_are_counted_under_thanos_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
