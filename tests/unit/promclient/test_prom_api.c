#include "promclient/prom_api.h"

#include "base/clock.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_prometheus.h"

static int set_up(void **state)
{
	static struct fake_prometheus f;

	fake_prometheus_start(&f);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	fake_prometheus_stop(*state);
	return 0;
}

static void an_url_must_be_http(void **state)
{
	struct fake_prometheus *f = *state;
	struct err err = ERR_INIT;

	expect_err(prom_client_new(f->web.client, "localhost:9090", &err), err, ERR_INVALID,
		   "\"localhost:9090\" starts with neither http:// nor https://");
	struct prom_client *c = prom_client_new(f->web.client, "http://host/prefix//", &err);
	assert_string_equal(prom_client_url(c), "http://host/prefix");
	prom_client_free(c);
}

/* --- flags and version ------------------------------------------------------------------------ */

static void flags_are_durations_and_a_path(void **state)
{
	struct fake_prometheus *f = *state;
	struct prom_flags flags = {0};
	struct err err = ERR_INIT;
	bool known = false;

	fake_prometheus_json(f, "/api/v1/status/flags",
			     "{\"status\":\"success\",\"data\":{\"web.enable-lifecycle\":\"false\","
			     "\"storage.tsdb.min-block-duration\":\"2h\","
			     "\"storage.tsdb.max-block-duration\":\"1d12h\","
			     "\"storage.tsdb.delay-compact-file.path\":\"/data/s.json\"}}");
	expect_ok(prom_get_flags(f->client, NULL, f->arena, &flags, &known, &err), err);
	assert_true(known);
	assert_int_equal(flags.min_block_ms, 7200000);
	assert_int_equal(flags.max_block_ms, 129600000);
	assert_string_equal(flags.delay_compact_file, "/data/s.json");

	fake_prometheus_defaults(f);
	expect_ok(prom_get_flags(f->client, NULL, f->arena, &flags, &known, &err), err);
	assert_string_equal(flags.delay_compact_file, "");
}

static void flags_that_are_not_told_are_unknown_and_other_failures_fail(void **state)
{
	struct fake_prometheus *f = *state;
	struct prom_flags flags;
	struct err err = ERR_INIT;
	bool known = true;

	expect_ok(prom_get_flags(f->client, NULL, f->arena, &flags, &known, &err), err);
	assert_false(known);

	fake_prometheus_answer(f, (struct fake_answer){"/api/v1/status/flags", 503, "text/plain",
						       STR("starting"), false});
	expect_err(prom_get_flags(f->client, NULL, f->arena, &flags, &known, &err), err,
		   ERR_UNAVAILABLE, "503 Service Unavailable: starting");
	fake_prometheus_json(f, "/api/v1/status/flags",
			     "{\"data\":{\"storage.tsdb.min-block-duration\":\"two\"}}");
	expect_err(prom_get_flags(f->client, NULL, f->arena, &flags, &known, &err), err,
		   ERR_INVALID, "flag storage.tsdb.min-block-duration of Prometheus");
}

static void a_version_is_taken_as_it_is_and_0_without(void **state)
{
	struct fake_prometheus *f = *state;
	struct err err = ERR_INIT;
	const char *version;

	expect_ok(prom_get_version(f->client, NULL, f->arena, &version, &err), err);
	assert_string_equal(version, "0");
	fake_prometheus_answer(f, (struct fake_answer){"/api/v1/status/buildinfo", 405,
						       "text/plain", STR("no"), false});
	expect_ok(prom_get_version(f->client, NULL, f->arena, &version, &err), err);
	assert_string_equal(version, "0");

	fake_prometheus_defaults(f);
	expect_ok(prom_get_version(f->client, NULL, f->arena, &version, &err), err);
	assert_string_equal(version, "2.42.0");

	fake_prometheus_answer(f, (struct fake_answer){"/api/v1/status/buildinfo", 500,
						       "text/plain", STR("no"), false});
	expect_err(prom_get_version(f->client, NULL, f->arena, &version, &err), err, ERR_INTERNAL,
		   "/api/v1/status/buildinfo");
}

/* --- configuration ---------------------------------------------------------------------------- */

static void external_labels_come_from_the_configuration_sorted(void **state)
{
	struct fake_prometheus *f = *state;
	struct err err = ERR_INIT;
	struct labels labels;

	fake_prometheus_defaults(f);
	expect_ok(prom_get_external_labels(f->client, NULL, f->arena, &labels, &err), err);
	assert_true(labels_eq(labels, LABELS(LABEL("cluster", "eu"), LABEL("replica", "a"))));
}

static void a_configuration_without_external_labels_has_none(void **state)
{
	static const char *const bodies[] = {
	    "{\"data\":{\"yaml\":\"\"}}",
	    "{\"data\":{\"yaml\":\"global: {}\"}}",
	    "{\"data\":{\"yaml\":\"global:\\n  external_labels:\\n\"}}",
	    "{\"data\":{\"yaml\":\"scrape_configs: []\"}}",
	    "{\"data\":{}}",
	};
	struct fake_prometheus *f = *state;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < 5; i++) {
		struct labels labels = {NULL, 7};
		fake_prometheus_json(f, "/api/v1/status/config", bodies[i]);
		expect_ok(prom_get_external_labels(f->client, NULL, f->arena, &labels, &err), err);
		assert_int_equal(labels.n, 0);
	}
}

static void a_configuration_that_is_none_is_refused(void **state)
{
	static const struct {
		const char *body, *want;
	} cases[] = {
	    {"<html>", "answer of Prometheus at"},
	    {"[]", "/api/v1/status/config"},
	    {"{\"data\":{\"yaml\":\"a: [\"}}", "configuration of Prometheus at"},
	    {"{\"data\":{\"yaml\":\"global: {external_labels: [a]}\"}}",
	     "line 1: external_labels is not a map"},
	    {"{\"data\":{\"yaml\":\"global: {external_labels: {a: [1]}}\"}}", "line 1"},
	    {"{\"data\":{\"yaml\":\"global: {external_labels: {a: 1, a: 2}}\"}}", "already set"},
	};
	struct fake_prometheus *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = ERR_INIT;
		struct labels labels;
		fake_prometheus_json(f, "/api/v1/status/config", cases[i].body);
		assert_false(prom_get_external_labels(f->client, NULL, f->arena, &labels, &err));
		if (!strstr(err.msg, cases[i].want))
			fail_msg("got \"%s\", want \"%s\"", err.msg, cases[i].want);
	}
}

/* --- times ------------------------------------------------------------------------------------ */

static void the_lowest_time_is_a_metric_in_seconds(void **state)
{
	static const struct {
		const char *body;
		int64_t want_ms;
	} cases[] = {
	    {"prometheus_tsdb_lowest_timestamp_seconds 1.7e+09\n", INT64_C(1700000000000)},
	    {"# HELP x\nx 1\nprometheus_tsdb_lowest_timestamp_seconds 12.5\r\ny 2\n", 12500},
	    {"prometheus_tsdb_lowest_timestamp_seconds -3", -3000},
	    /* Nothing was written yet. */
	    {"prometheus_tsdb_lowest_timestamp_seconds 9.223372036854776e+15\n", INT64_MIN},
	};
	struct fake_prometheus *f = *state;
	struct err err = ERR_INIT;
	int64_t t_ms;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		fake_prometheus_json(f, "/metrics", cases[i].body);
		expect_ok(prom_get_lowest_time(f->client, NULL, &t_ms, &err), err);
		assert_int_equal(t_ms, cases[i].want_ms);
	}
}

static void a_lowest_time_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = {"x", "NaN", "-Inf", "-1e300", "0x", ""};
	struct fake_prometheus *f = *state;
	struct err err = ERR_INIT;
	int64_t t_ms;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		fake_prometheus_json(f, "/metrics",
				     arena_printf(f->arena,
						  "prometheus_tsdb_lowest_timestamp_seconds %s\n",
						  bad[i]));
		expect_err(prom_get_lowest_time(f->client, NULL, &t_ms, &err), err, ERR_CORRUPT,
			   "prometheus_tsdb_lowest_timestamp_seconds");
	}
	fake_prometheus_json(f, "/metrics", "up 1\n");
	expect_err(prom_get_lowest_time(f->client, NULL, &t_ms, &err), err, ERR_NOT_FOUND,
		   "have no prometheus_tsdb_lowest_timestamp_seconds");
}

/* --- series and labels ------------------------------------------------------------------------ */

static struct prom_find find_by(struct matcher **m, size_t n)
{
	return (struct prom_find){.matchers = {m, n}, .range = {1500, 2000}, .limit = 3};
}

static void series_are_asked_for_by_matchers_times_and_limit(void **state)
{
	struct fake_prometheus *f = *state;
	struct err err = ERR_INIT;
	struct label_sets sets = {0};
	struct matcher *m[] = {matcher_new(MATCH_EQ, STR("job"), STR("a&\"b"), &err),
			       matcher_new(MATCH_NRE, STR("x"), STR(".+"), &err)};
	struct prom_find find = find_by(m, 2);

	fake_prometheus_json(f, "/api/v1/series",
			     "{\"status\":\"success\",\"warnings\":[\"w\"],\"data\":["
			     "{\"b\":\"2\",\"a\":\"1\\n\"},{}]}");
	expect_ok(prom_find_series(f->client, NULL, &find, f->arena, &sets, &err), err);
	assert_string_equal(fake_prometheus_asked(f),
			    "GET /api/v1/series?match[]={job=\"a&\\\"b\",x!~\".+\"}"
			    "&start=1.500&end=2&limit=3\n");
	assert_int_equal(sets.n, 2);
	assert_true(labels_eq(sets.v[0], LABELS(LABEL("a", "1\n"), LABEL("b", "2"))));
	assert_int_equal(sets.v[1].n, 0);
	matcher_unref(m[0]);
	matcher_unref(m[1]);
}

static void times_outside_of_the_calendar_are_left_out(void **state)
{
	struct fake_prometheus *f = *state;
	struct err err = ERR_INIT;
	struct str_list names = {0};
	struct prom_find find = {.range = {INT64_MIN, INT64_MAX}};

	fake_prometheus_json(f, "/api/v1/labels",
			     "{\"status\":\"success\",\"data\":[\"__name__\",\"job\"]}");
	expect_ok(prom_find_label_names(f->client, NULL, &find, f->arena, &names, &err), err);
	assert_string_equal(fake_prometheus_asked(f), "GET /api/v1/labels\n");
	assert_int_equal(names.n, 2);
	expect_str(names.v[1], "job");
}

static void label_values_have_the_name_in_the_path(void **state)
{
	struct fake_prometheus *f = *state;
	struct err err = ERR_INIT;
	struct str_list values = {0};
	struct prom_find find = {.range = {0, 1}};

	fake_prometheus_json(f, "/api/v1/label/a%2Fb/values",
			     "{\"status\":\"success\",\"data\":[\"x\"]}");
	expect_ok(
	    prom_find_label_values(f->client, NULL, STR("a/b"), &find, f->arena, &values, &err),
	    err);
	assert_string_equal(fake_prometheus_asked(f),
			    "GET /api/v1/label/a%2Fb/values?start=0&end=0.001\n");
	expect_str(values.v[0], "x");
}

static void answers_that_are_none_are_refused(void **state)
{
	static const struct {
		const char *body, *want;
	} cases[] = {
	    {"{\"status\":\"error\",\"error\":\"too many\"}", "too many"},
	    {"{\"status\":\"success\",\"data\":[{\"a\":1}]}", "want a string"},
	    {"{\"status\":\"success\",\"data\":[{\"a\":\"1\",\"a\":\"2\"}]}", "twice"},
	    {"{\"status\":\"success\",\"data\":{}}", "want an array"},
	    {"{\"status\":\"success\",\"data\":[", "line 1"},
	    {"", "line 1"},
	};
	struct fake_prometheus *f = *state;
	struct prom_find find = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = ERR_INIT;
		struct label_sets sets = {0};
		fake_prometheus_json(f, "/api/v1/series", cases[i].body);
		assert_false(prom_find_series(f->client, NULL, &find, f->arena, &sets, &err));
		if (!strstr(err.msg, cases[i].want) || !strstr(err.msg, "/api/v1/series"))
			fail_msg("%s: got \"%s\", want \"%s\"", cases[i].body, err.msg,
				 cases[i].want);
	}
}

static void what_prometheus_refuses_keeps_its_text(void **state)
{
	struct fake_prometheus *f = *state;
	struct err err = ERR_INIT;
	struct label_sets sets = {0};
	struct prom_find find = {0};

	fake_prometheus_answer(
	    f, (struct fake_answer){"/api/v1/series", 422, "application/json",
				    STR("{\"status\":\"error\",\"error\":\"boo\"}"), false});
	expect_err(prom_find_series(f->client, NULL, &find, f->arena, &sets, &err), err,
		   ERR_EXECUTION, "boo");
}

static void a_context_that_ends_ends_the_question(void **state)
{
	struct fake_prometheus *f = *state;
	struct err err = ERR_INIT;
	struct ctx *ctx = ctx_new(NULL, CTX_NO_DEADLINE);
	int64_t t_ms;

	ctx_cancel(ctx, ERR_CANCELED, "enough");
	expect_err(prom_get_lowest_time(f->client, ctx, &t_ms, &err), err, ERR_CANCELED, "enough");
	ctx_free(ctx);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_url_must_be_http),
	    TEST(flags_are_durations_and_a_path),
	    TEST(flags_that_are_not_told_are_unknown_and_other_failures_fail),
	    TEST(a_version_is_taken_as_it_is_and_0_without),
	    TEST(external_labels_come_from_the_configuration_sorted),
	    TEST(a_configuration_without_external_labels_has_none),
	    TEST(a_configuration_that_is_none_is_refused),
	    TEST(the_lowest_time_is_a_metric_in_seconds),
	    TEST(a_lowest_time_that_is_none_is_refused),
	    TEST(series_are_asked_for_by_matchers_times_and_limit),
	    TEST(times_outside_of_the_calendar_are_left_out),
	    TEST(label_values_have_the_name_in_the_path),
	    TEST(answers_that_are_none_are_refused),
	    TEST(what_prometheus_refuses_keeps_its_text),
	    TEST(a_context_that_ends_ends_the_question),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
