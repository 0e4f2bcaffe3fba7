#include "telemetry/request_log.h"

#include "base/clock.h"
#include "base/pool.h"
#include "net/loop.h"
#include "tests/lib/expect.h"
#include "tests/lib/grpc_rig.h"
#include "tests/lib/raw_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static const char all[] = "options: {level: DEBUG, decision: {log_start: true, log_end: true}}";

/* --- a log in memory -------------------------------------------------------------------------- */

struct rig {
	int fd;
	struct fake_clock clock;
	struct logger *logger;
	struct request_log *log;
	char text[16384];
};

static const char *method_type(const char *method)
{
	return strstr(method, "Stream") ? "server_stream" : "unary";
}

static void rig_start(struct rig *rig, const char *yaml)
{
	struct err err = ERR_INIT;

	rig->fd = memfd_create("log", MFD_CLOEXEC);
	assert_true(rig->fd >= 0);
	fake_clock_init(&rig->clock, INT64_C(1700000000250));
	rig->logger =
	    logger_new(&(struct logger_options){rig->fd, LOG_LEVEL_DEBUG, LOG_FORMAT_LOGFMT, NULL});
	rig->log = request_log_new(
	    &(struct request_log_options){
		.yaml = str_of(yaml),
		.scope = REQUEST_LOG_GRPC_AND_HTTP,
		.component = "store",
		.method_type = method_type,
		.clock = &rig->clock.base,
		.logger = rig->logger,
	    },
	    &err);
	expect_ok(rig->log != NULL, err);
}

static void rig_stop(struct rig *rig)
{
	request_log_free(rig->log);
	logger_free(rig->logger);
	close(rig->fd);
}

/* What was logged, when nobody logs any more. */
static const char *text_of(struct rig *rig)
{
	ssize_t n = pread(rig->fd, rig->text, sizeof(rig->text) - 1, 0);
	assert_true(n >= 0);
	rig->text[n] = '\0';
	return rig->text;
}

/* Line `i` with this beginning, after time stamp and caller, and this end; the peer's port is in
 * between. */
static void expect_line(struct rig *rig, size_t i, const char *begins, const char *ends)
{
	struct str rest = str_of(text_of(rig)), line = {0};

	for (size_t k = 0; k <= i; k++)
		rest = str_split(rest, '\n', &line);
	struct str fields = str_skip(line, str_find(line, STR("level=")));
	if (!str_starts(fields, str_of(begins)) || !str_ends(fields, str_of(ends)))
		fail_msg("line %zu of\n%s\nwant: %s ... %s", i, rig->text, begins, ends);
}

static void expect_n_lines(struct rig *rig, size_t want)
{
	size_t n = 0;

	for (const char *p = text_of(rig); *p; p++)
		n += *p == '\n';
	if (n != want)
		fail_msg("%zu lines, want %zu:\n%s", n, want, rig->text);
}

/* --- HTTP ------------------------------------------------------------------------------------- */

static void answer(struct http_request *r, struct http_response *response, void *arg)
{
	int status = atoi(arena_cstr(r->arena, http_request_param(r, "status")));
	(void)arg;

	http_response_send(response, status ? status : 200, "text/plain", STR("done"));
}

static const struct http_route routes[] = {
    {HTTP_GET, "/api", answer, "answer", 0},
    {HTTP_GET, "/metrics", answer, NULL, 0},
};

static void ask(struct rig *rig, const char *target, const char *headers)
{
	struct buf got auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf request auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	struct loops *loops = loops_start(1, &err);
	struct pool *pool =
	    pool_new(&(struct pool_options){.name = "http", .max_threads = 2, .max_backlog = 10});
	struct http_router *router = http_router_new();
	struct http_server_options options = {
	    .address = "127.0.0.1:0", .router = router, .pool = pool};

	http_router_add(router, &(struct http_route_group){.routes = routes, .n_routes = 2});
	request_log_watch_http(rig->log, &options);
	struct http_server *server = http_server_start(loops, &options, &err);
	expect_ok(server != NULL, err);
	buf_printf(&request, "GET %s HTTP/1.1\r\nHost: x:9\r\nConnection: close\r\n%s\r\n", target,
		   headers);
	raw_exchange(http_server_address(server), buf_str(&request), &got);
	http_server_free(server);
	pool_free(pool);
	loops_stop(loops);
	http_router_free(router);
}

static void an_http_request_has_a_line_at_either_end(void **state)
{
	struct rig rig;
	(void)state;

	rig_start(&rig, all);
	ask(&rig, "/api?status=404&a=%20b", "X-Request-ID: mine\r\nUser-Agent: me too\r\n");
	expect_n_lines(&rig, 2);
	expect_line(&rig, 0,
		    "level=debug protocol=http http.component=server msg=\"started call\" "
		    "http.start_time=\"2023-11-14 22:13:20.25 +0000 UTC\" "
		    "http.method=\"GET /api?status=404&a=%20b\" http.request_id=mine "
		    "http.user_agent=\"me too\" thanos.method_name=answer",
		    "");
	expect_line(&rig, 1,
		    "level=debug protocol=http http.component=server msg=\"finished call\" "
		    "http.method=\"GET /api?status=404&a=%20b\" http.request_id=mine "
		    "http.user_agent=\"me too\" http.status_code=404 http.time_ms=0 "
		    "http.remote_addr=127.0.0.1:",
		    " thanos.method_name=answer");
	rig_stop(&rig);
}

static void a_request_without_an_id_gets_one_that_both_lines_show(void **state)
{
	struct rig rig;
	struct str ids[2], rest;
	(void)state;

	rig_start(&rig, all);
	ask(&rig, "/api", "");
	rest = str_of(text_of(&rig));
	for (int i = 0; i < 2; i++) {
		struct str key = STR("http.request_id=");
		rest = str_skip(rest, str_find(rest, key) + key.n);
		ids[i] = str_from(rest.p, str_find_char(rest, ' '));
	}
	assert_int_equal(ids[0].n, 26);
	assert_true(str_eq(ids[0], ids[1]));
	rig_stop(&rig);
}

static void failures_of_the_server_are_errors(void **state)
{
	struct rig rig;
	(void)state;

	rig_start(&rig, "options: {level: ERROR, decision: {log_start: true, log_end: true}}");
	ask(&rig, "/api", "");
	ask(&rig, "/api?status=503", "X-Forwarded-For: 10.1.2.3\r\n");
	expect_n_lines(&rig, 1);
	expect_line(&rig, 0, "level=error protocol=http ",
		    " http.status_code=503 http.time_ms=0 http.remote_addr=10.1.2.3 "
		    "thanos.method_name=answer");
	rig_stop(&rig);
}

static void what_is_no_api_or_not_listed_is_not_logged(void **state)
{
	struct rig rig;
	(void)state;

	rig_start(&rig, "{options: {level: DEBUG, decision: {log_end: true}},"
			" http: {config: [{path: /api, port: 9}, {path: /metrics, port: 9}]}}");
	ask(&rig, "/metrics", "");
	expect_n_lines(&rig, 0);
	ask(&rig, "/api?a=b", "");
	expect_n_lines(&rig, 1);
	rig_stop(&rig);
}

/* --- gRPC ------------------------------------------------------------------------------------- */

static void call(struct rig *rig, const char *method, struct str request, const char *id)
{
	struct grpc_rig grpc;
	struct grpc_pair pair = {STR("request-id"), str_of(id ? id : "")};
	struct grpc_call_options options = {.metadata = {&pair, id ? 1 : 0}};
	struct buf response auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;

	grpc_rig_start(&grpc, &(struct grpc_rig_options){.server.watcher =
							     request_log_grpc_watcher(rig->log)});
	grpc_call_unary(grpc.channel, NULL, method, request, &options, &response, &err);
	grpc_rig_stop(&grpc);
}

static void a_call_has_a_line_at_either_end(void **state)
{
	struct rig rig;
	(void)state;

	rig_start(&rig, all);
	call(&rig, "/test.Rig/Echo", STR("hello"), "mine");
	expect_n_lines(&rig, 2);
	expect_line(&rig, 0,
		    "level=debug service=gRPC/server component=store msg=\"started call\" "
		    "requestID=mine protocol=grpc grpc.component=server grpc.service=test.Rig "
		    "grpc.method=Echo grpc.method_type=unary peer.address=127.0.0.1:",
		    " grpc.time_ms=0");
	expect_line(&rig, 1,
		    "level=debug service=gRPC/server component=store msg=\"finished call\" "
		    "requestID=mine protocol=grpc grpc.component=server grpc.service=test.Rig ",
		    " grpc.code=OK grpc.time_ms=0");
	rig_stop(&rig);
}

static void a_failed_call_tells_why(void **state)
{
	struct rig rig;
	(void)state;

	rig_start(&rig, "options: {level: ERROR, decision: {log_end: true}}");
	call(&rig, "/test.Rig/Fail", STR("too much"), "mine");
	expect_n_lines(&rig, 1);
	expect_line(&rig, 0, "level=debug service=gRPC/server component=store ",
		    " grpc.code=ResourceExhausted grpc.error=\"rpc error: code = "
		    "ResourceExhausted desc = too much\" grpc.time_ms=0");
	rig_stop(&rig);
}

static void calls_that_are_not_listed_are_not_logged(void **state)
{
	struct rig rig;
	(void)state;

	rig_start(&rig, "{options: {level: ERROR, decision: {log_end: true}},"
			" grpc: {config: [{service: test.Rig, method: Fail}]}}");
	call(&rig, "/test.Rig/Echo", STR("hello"), NULL);
	expect_n_lines(&rig, 0);
	call(&rig, "/test.Rig/Fail", STR("too much"), NULL);
	expect_n_lines(&rig, 1);
	rig_stop(&rig);
}

static void servers_call_nobody_where_nothing_is_logged(void **state)
{
	struct rig rig;
	struct http_server_options options = {0};
	(void)state;

	rig_start(&rig, "options: {level: DEBUG}");
	request_log_watch_http(rig.log, &options);
	assert_null(options.on_begin);
	assert_null(options.on_end);
	assert_null(request_log_grpc_watcher(rig.log).begin);
	rig_stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_http_request_has_a_line_at_either_end),
	    cmocka_unit_test(a_request_without_an_id_gets_one_that_both_lines_show),
	    cmocka_unit_test(failures_of_the_server_are_errors),
	    cmocka_unit_test(what_is_no_api_or_not_listed_is_not_logged),
	    cmocka_unit_test(a_call_has_a_line_at_either_end),
	    cmocka_unit_test(a_failed_call_tells_why),
	    cmocka_unit_test(calls_that_are_not_listed_are_not_logged),
	    cmocka_unit_test(servers_call_nobody_where_nothing_is_logged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
