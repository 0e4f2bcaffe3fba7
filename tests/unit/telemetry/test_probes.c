#include "telemetry/probes.h"

#include "base/metric.h"
#include "base/pool.h"
#include "net/http_server.h"
#include "net/loop.h"
#include "tests/lib/expect.h"
#include "tests/lib/raw_client.h"

#include <stdio.h>

struct rig {
	struct loops *loops;
	struct pool *pool;
	struct http_router *router;
	struct metrics *metrics;
	struct probes *probes;
	struct http_server *server;
};

static void rig_start(struct rig *rig)
{
	struct pool_options pool = {.name = "http", .max_threads = 2, .max_backlog = 10};
	struct err err = ERR_INIT;

	rig->loops = loops_start(1, &err);
	rig->pool = pool_new(&pool);
	rig->metrics = metrics_new();
	rig->router = http_router_new();
	rig->probes = probes_new("query", rig->metrics, NULL);
	probes_add_routes(rig->probes, rig->router);
	struct http_server_options options = {
	    .address = "127.0.0.1:0", .router = rig->router, .pool = rig->pool};
	rig->server = http_server_start(rig->loops, &options, &err);
	if (!rig->server)
		fail_msg("%s", err.msg);
}

static void rig_stop(struct rig *rig)
{
	http_server_free(rig->server);
	pool_free(rig->pool);
	loops_stop(rig->loops);
	http_router_free(rig->router);
	probes_free(rig->probes);
	metrics_free(rig->metrics);
}

static void expect_probe(struct rig *rig, const char *path, const char *status, const char *body)
{
	struct buf answer auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	char request[200];

	snprintf(request, sizeof(request),
		 "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
	raw_exchange(http_server_address(rig->server), str_of(request), &answer);
	if (!str_starts(buf_str(&answer), str_of(status)) ||
	    !str_ends(buf_str(&answer), str_of(body)))
		fail_msg("%s: got:\n%s\nwant %s ... %s", path, buf_cstr(&answer), status, body);
}

static double status_of(struct rig *rig, const char *check)
{
	struct family *f = metrics_gauges(rig->metrics, "thanos_status",
					  "Represents status (0 indicates failure, 1 indicates "
					  "success) of the component.",
					  "check", "component");
	return gauge_value(gauge_at(f, check, "query"));
}

static void probes_follow_the_state_of_the_component(void **state)
{
	struct rig rig;
	struct err why = ERR_INIT;
	(void)state;

	rig_start(&rig);
	expect_probe(&rig, "/-/healthy", "HTTP/1.1 503 ", "\r\n\r\nNOT OK\n");
	expect_probe(&rig, "/-/ready", "HTTP/1.1 503 ", "\r\n\r\nNOT OK\n");
	assert_true(status_of(&rig, "ready") == 0);

	probes_set_healthy(rig.probes);
	probes_set_ready(rig.probes);
	expect_probe(&rig, "/-/healthy", "HTTP/1.1 200 ", "\r\n\r\nOK");
	expect_probe(&rig, "/-/ready", "HTTP/1.1 200 ", "\r\n\r\nOK");
	assert_true(status_of(&rig, "ready") == 1 && status_of(&rig, "healthy") == 1);

	err_set(&why, ERR_UNAVAILABLE, "no Prometheus");
	probes_set_not_ready(rig.probes, &why);
	expect_probe(&rig, "/-/healthy", "HTTP/1.1 200 ", "\r\n\r\nOK");
	expect_probe(&rig, "/-/ready", "HTTP/1.1 503 ", "\r\n\r\nNOT OK\n");
	assert_true(status_of(&rig, "ready") == 0);
	probes_set_not_healthy(rig.probes, &why);
	assert_true(status_of(&rig, "healthy") == 0);
	rig_stop(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(probes_follow_the_state_of_the_component),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
