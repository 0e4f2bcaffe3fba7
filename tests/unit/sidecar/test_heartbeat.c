#include "sidecar/heartbeat.h"

#include "base/log.h"
#include "base/metric.h"
#include "store/prometheus_store.h"
#include "telemetry/probes.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_prometheus.h"
#include "tests/lib/wait.h"

#include <sys/mman.h>

struct fixture {
	struct fake_prometheus prometheus;
	struct prometheus_store *store;
	struct probes *probes;
	struct metrics *metrics;
	struct ctx *ctx;
	struct heartbeat_options options;
	struct heartbeat *heartbeat;
};

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){0};
	fake_prometheus_start(&f.prometheus);
	f.store = prometheus_store_new(f.prometheus.client, "sidecar");
	f.metrics = metrics_new();
	f.probes = probes_new("sidecar", NULL, NULL);
	f.ctx = ctx_new(NULL, CTX_NO_DEADLINE);
	f.options = (struct heartbeat_options){
	    .client = f.prometheus.client,
	    .store = f.store,
	    .probes = f.probes,
	    .metrics = f.metrics,
	    .interval_ms = 5,
	    .timeout_ms = 5000,
	    .checks_flags = true,
	    .shipper_file = "./data/thanos.shipper.json",
	};
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	heartbeat_free(f->heartbeat);
	ctx_free(f->ctx);
	prometheus_store_free(f->store);
	probes_free(f->probes);
	metrics_free(f->metrics);
	fake_prometheus_stop(&f->prometheus);
	return 0;
}

static struct heartbeat *make(struct fixture *f)
{
	f->heartbeat = heartbeat_new(&f->options);
	return f->heartbeat;
}

static double up(struct fixture *f)
{
	return gauge_value(
	    metrics_gauge(f->metrics, "thanos_sidecar_prometheus_up",
			  "Boolean indicator whether the sidecar can reach its Prometheus peer."));
}

/* Runs an actor of the heartbeat until it returns. */
struct running {
	struct fixture *f;
	pthread_t thread;
	_Atomic bool has_ended;
	bool ok;
	struct err err;
};

static void *begin(void *arg)
{
	struct running *r = arg;

	r->ok = heartbeat_begin(r->f->heartbeat, r->f->ctx, &r->err);
	r->has_ended = true;
	return NULL;
}

static void *go_on(void *arg)
{
	struct running *r = arg;

	heartbeat_go_on(r->f->heartbeat, r->f->ctx);
	return NULL;
}

/* So many more questions have come. */
static void await_questions(struct fixture *f, size_t n)
{
	size_t seen = 0;

	while (seen < n) {
		for (const char *p = fake_prometheus_asked(&f->prometheus); (p = strchr(p, '\n'));
		     p++)
			seen++;
		usleep(1000);
	}
}

/* --- the beginning ---------------------------------------------------------------------------- */

static void it_asks_for_flags_version_times_and_labels_in_this_order(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct store_info info;

	fake_prometheus_defaults(&f->prometheus);
	expect_ok(heartbeat_begin(make(f), f->ctx, &err), err);
	assert_string_equal(fake_prometheus_asked(&f->prometheus),
			    "GET /api/v1/status/flags\nGET /api/v1/status/buildinfo\n"
			    "GET /metrics\nGET /api/v1/status/config\n");
	assert_true(labels_eq(heartbeat_labels(f->heartbeat, f->prometheus.arena),
			      LABELS(LABEL("cluster", "eu"), LABEL("replica", "a"))));
	expect_ok(
	    store_info(prometheus_store_api(f->store), NULL, f->prometheus.arena, &info, &err),
	    err);
	assert_int_equal(info.min_t_ms, 1000000);
	assert_true(probes_is_ready(f->probes));
	assert_true(up(f) == 1);
}

static void without_blocks_to_ship_flags_do_not_matter(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	fake_prometheus_defaults(&f->prometheus);
	f->options.checks_flags = false;
	expect_ok(heartbeat_begin(make(f), f->ctx, &err), err);
	assert_null(strstr(fake_prometheus_asked(&f->prometheus), "/flags"));
}

static void every_step_is_tried_until_it_succeeds(void **state)
{
	struct fixture *f = *state;
	struct running r = {.f = f};

	make(f);
	fake_prometheus_answer(&f->prometheus, (struct fake_answer){"/api/v1/status/flags", 503,
								    "text/plain", STR(""), false});
	pthread_create(&r.thread, NULL, begin, &r);
	await_questions(f, 3);
	assert_false(r.has_ended);
	assert_int_equal(heartbeat_labels(f->heartbeat, f->prometheus.arena).n, 0);
	fake_prometheus_defaults(&f->prometheus);
	pthread_join(r.thread, NULL);
	expect_ok(r.ok, r.err);
}

static void a_context_that_ends_ends_the_trying(void **state)
{
	struct fixture *f = *state;
	struct running r = {.f = f};

	/* /metrics is 404. */
	make(f);
	pthread_create(&r.thread, NULL, begin, &r);
	await_questions(f, 4);
	ctx_cancel(f->ctx, ERR_CANCELED, "shutting down");
	pthread_join(r.thread, NULL);
	expect_err(r.ok, r.err, ERR_CANCELED, "shutting down");
	assert_false(probes_is_ready(f->probes));
}

static void no_external_labels_are_an_error(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	fake_prometheus_defaults(&f->prometheus);
	fake_prometheus_json(&f->prometheus, "/api/v1/status/config",
			     "{\"status\":\"success\",\"data\":{\"yaml\":\"global: {}\"}}");
	expect_err(heartbeat_begin(make(f), f->ctx, &err), err, ERR_INVALID,
		   "no external labels configured on Prometheus server");
	assert_false(probes_is_ready(f->probes));
}

static void nothing_older_than_the_minimum_is_announced(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct store_info info;

	fake_prometheus_defaults(&f->prometheus);
	expect_ok(time_or_duration_parse(STR("2001-01-01T00:00:00Z"), &f->options.min_time, &err),
		  err);
	expect_ok(heartbeat_begin(make(f), f->ctx, &err), err);
	expect_ok(
	    store_info(prometheus_store_api(f->store), NULL, f->prometheus.arena, &info, &err),
	    err);
	assert_int_equal(info.min_t_ms, INT64_C(978307200000));
}

/* --- flags ------------------------------------------------------------------------------------ */

#define FLAGS(min, max, rest)                                                                      \
	"{\"status\":\"success\",\"data\":{\"storage.tsdb.min-block-duration\":\"" min             \
	"\",\"storage.tsdb.max-block-duration\":\"" max "\"" rest "}}"
#define DELAY(path) ",\"storage.tsdb.delay-compact-file.path\":\"" path "\""

/* What was logged, in a file without a name. */
static const char *logged(struct fixture *f, int fd)
{
	char text[16384];
	ssize_t n = pread(fd, text, sizeof(text), 0);

	return arena_cstr(f->prometheus.arena, str_from(text, n > 0 ? (size_t)n : 0));
}

/* One round with these flags: do they pass, and what is logged? */
static bool passes(struct fixture *f, const char *flags, const char *log_text)
{
	struct running r = {.f = f};
	int fd = memfd_create("log", MFD_CLOEXEC);
	struct logger *logger =
	    logger_new(&(struct logger_options){.fd = fd, .level = LOG_LEVEL_INFO});

	fake_prometheus_defaults(&f->prometheus);
	fake_prometheus_json(&f->prometheus, "/api/v1/status/flags", flags);
	f->options.logger = logger;
	f->options.interval_ms = 3600000;
	make(f);
	pthread_create(&r.thread, NULL, begin, &r);
	wait_until(r.has_ended || strstr(logged(f, fd), "Retrying"));
	ctx_cancel(f->ctx, ERR_CANCELED, "enough");
	pthread_join(r.thread, NULL);
	if (!strstr(logged(f, fd), log_text))
		fail_msg("log has no \"%s\":\n%s", log_text, logged(f, fd));
	logger_free(logger);
	close(fd);
	return r.ok;
}

static void blocks_of_two_hours_pass(void **state)
{
	assert_true(passes(*state, FLAGS("2h", "2h", ""), "successfully validated"));
}

static void flags_that_are_not_told_pass(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	fake_prometheus_defaults(&f->prometheus);
	fake_prometheus_answer(&f->prometheus, (struct fake_answer){"/api/v1/status/flags", 404,
								    "text/plain", STR(""), false});
	expect_ok(heartbeat_begin(make(f), f->ctx, &err), err);
}

static void blocks_of_another_size_pass_with_a_warning(void **state)
{
	assert_true(passes(*state, FLAGS("1h", "1h", ""), "block duration is not 2h"));
}

static void blocks_that_prometheus_compacts_do_not_pass(void **state)
{
	assert_false(
	    passes(*state, FLAGS("2h", "36h", ""),
		   "found that TSDB Max time is 36h0m0s and Min time is 2h0m0s. Compaction "
		   "needs to be disabled"));
}

static void unless_that_is_to_be_ignored(void **state)
{
	((struct fixture *)*state)->options.ignores_unequal_block_size = true;
	assert_true(passes(*state, FLAGS("2h", "36h", ""), "min and max block duration differ"));
}

static void or_compaction_waits_for_our_file(void **state)
{
	assert_true(passes(*state, FLAGS("2h", "36h", DELAY("data//thanos.shipper.json")),
			   "successfully validated"));
}

static void a_compaction_that_waits_for_another_file_does_not_pass(void **state)
{
	assert_false(passes(*state, FLAGS("2h", "2h", DELAY("/data/thanos.shipper.json")),
			    "Prometheus uses --storage.tsdb.delay-compact-file.path="
			    "/data/thanos.shipper.json while Thanos will write to "
			    "./data/thanos.shipper.json, they must both use the same path."));
}

/* --- and so on -------------------------------------------------------------------------------- */

static void a_failure_makes_not_ready_until_it_is_over(void **state)
{
	struct fixture *f = *state;
	struct running r = {.f = f};
	struct store_info info;
	struct arena *a = f->prometheus.arena;

	fake_prometheus_defaults(&f->prometheus);
	expect_ok(heartbeat_begin(make(f), f->ctx, &r.err), r.err);
	pthread_create(&r.thread, NULL, go_on, &r);
	fake_prometheus_answer(&f->prometheus, (struct fake_answer){"/metrics", 503, "text/plain",
								    STR("busy"), false});
	wait_until(!probes_is_ready(f->probes) && up(f) == 0);
	wait_until(!store_info(prometheus_store_api(f->store), NULL, a, &info, &r.err));
	/* What was known is still served. */
	assert_int_equal(heartbeat_labels(f->heartbeat, a).n, 2);

	fake_prometheus_json(&f->prometheus, "/metrics",
			     "prometheus_tsdb_lowest_timestamp_seconds 2000\n");
	fake_prometheus_json(
	    &f->prometheus, "/api/v1/status/config",
	    "{\"status\":\"success\",\"data\":{\"yaml\":\"global: {external_labels: "
	    "{cluster: us}}\"}}");
	wait_until(probes_is_ready(f->probes) && up(f) == 1);
	wait_until(store_info(prometheus_store_api(f->store), NULL, a, &info, &r.err) &&
		   info.min_t_ms == 2000000 && info.label_sets[0].n == 1);

	fake_prometheus_json(&f->prometheus, "/api/v1/status/config",
			     "{\"status\":\"success\",\"data\":{\"yaml\":\"\"}}");
	wait_until(!probes_is_ready(f->probes));
	ctx_cancel(f->ctx, ERR_CANCELED, "enough");
	pthread_join(r.thread, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(it_asks_for_flags_version_times_and_labels_in_this_order),
	    TEST(without_blocks_to_ship_flags_do_not_matter),
	    TEST(every_step_is_tried_until_it_succeeds),
	    TEST(a_context_that_ends_ends_the_trying),
	    TEST(no_external_labels_are_an_error),
	    TEST(nothing_older_than_the_minimum_is_announced),
	    TEST(blocks_of_two_hours_pass),
	    TEST(flags_that_are_not_told_pass),
	    TEST(blocks_of_another_size_pass_with_a_warning),
	    TEST(blocks_that_prometheus_compacts_do_not_pass),
	    TEST(unless_that_is_to_be_ignored),
	    TEST(or_compaction_waits_for_our_file),
	    TEST(a_compaction_that_waits_for_another_file_does_not_pass),
	    TEST(a_failure_makes_not_ready_until_it_is_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
