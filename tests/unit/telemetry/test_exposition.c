#include "telemetry/exposition.h"
#include "tests/lib/expect.h"

#include <math.h>

static struct metrics *some_metrics(void)
{
	static const double bounds[] = {0.5, 1};
	struct metrics *m = metrics_new();
	struct family *requests = metrics_counters(m, "http_requests_total",
						   "All \"requests\"\nso far\\", "code", "path");
	struct histogram_metric *h = metrics_histogram(m, "took_seconds", "Time.", bounds, 2);

	counter_inc(counter_at(requests, "200", "/a\"b\\c\n"));
	counter_add(counter_at(requests, "500", "/"), 1e6);
	counter_add(metrics_counter(m, "odd", "A counter by no name."), 2.5);
	gauge_set(metrics_gauge(m, "up", ""), NAN);
	histogram_metric_observe(h, 0.25);
	histogram_metric_observe(h, 3);
	return m;
}

static void text_is_as_client_golang_writes_it(void **state)
{
	struct metrics *m auto_free(metrics_free) = some_metrics();
	struct buf out auto_done(buf_done) = BUF_INIT(10000);
	(void)state;

	assert_true(exposition_write(m, EXPOSITION_TEXT, &out));

	expect_str(buf_str(&out), "# HELP http_requests_total All \"requests\"\\nso far\\\\\n"
				  "# TYPE http_requests_total counter\n"
				  "http_requests_total{code=\"200\",path=\"/a\\\"b\\\\c\\n\"} 1\n"
				  "http_requests_total{code=\"500\",path=\"/\"} 1e+06\n"
				  "# HELP odd A counter by no name.\n"
				  "# TYPE odd counter\n"
				  "odd 2.5\n"
				  "# HELP took_seconds Time.\n"
				  "# TYPE took_seconds histogram\n"
				  "took_seconds_bucket{le=\"0.5\"} 1\n"
				  "took_seconds_bucket{le=\"1\"} 1\n"
				  "took_seconds_bucket{le=\"+Inf\"} 2\n"
				  "took_seconds_sum 3.25\n"
				  "took_seconds_count 2\n"
				  "# TYPE up gauge\n"
				  "up NaN\n");
}

static void openmetrics_names_counters_and_numbers_its_own_way(void **state)
{
	struct metrics *m auto_free(metrics_free) = some_metrics();
	struct buf out auto_done(buf_done) = BUF_INIT(10000);
	(void)state;

	assert_true(exposition_write(m, EXPOSITION_OPENMETRICS_1_0_0, &out));

	expect_str(buf_str(&out), "# HELP http_requests All \\\"requests\\\"\\nso far\\\\\n"
				  "# TYPE http_requests counter\n"
				  "http_requests_total{code=\"200\",path=\"/a\\\"b\\\\c\\n\"} 1.0\n"
				  "http_requests_total{code=\"500\",path=\"/\"} 1e+06\n"
				  "# HELP odd A counter by no name.\n"
				  "# TYPE odd counter\n"
				  "odd_total 2.5\n"
				  "# HELP took_seconds Time.\n"
				  "# TYPE took_seconds histogram\n"
				  "took_seconds_bucket{le=\"0.5\"} 1\n"
				  "took_seconds_bucket{le=\"1.0\"} 1\n"
				  "took_seconds_bucket{le=\"+Inf\"} 2\n"
				  "took_seconds_sum 3.25\n"
				  "took_seconds_count 2\n"
				  "# TYPE up gauge\n"
				  "up NaN\n"
				  "# EOF\n");
}

static void the_best_accepted_format_is_chosen(void **state)
{
	static const struct {
		const char *accept;
		enum exposition_format want;
	} cases[] = {
	    {"", EXPOSITION_TEXT},
	    {"*/*", EXPOSITION_TEXT},
	    {"text/html", EXPOSITION_TEXT},
	    {"application/openmetrics-text", EXPOSITION_OPENMETRICS_0_0_1},
	    {"application/openmetrics-text; version=1.0.0", EXPOSITION_OPENMETRICS_1_0_0},
	    {"application/openmetrics-text; version=9.0.0, text/plain;q=0.1", EXPOSITION_TEXT},
	    {"text/plain;version=0.0.4;q=0.5,application/openmetrics-text; version=\"1.0.0\";q=0.7",
	     EXPOSITION_OPENMETRICS_1_0_0},
	    {"application/openmetrics-text;q=0.3, text/plain;q=0.4", EXPOSITION_TEXT},
	    {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
	     "encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;"
	     "escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
	     EXPOSITION_OPENMETRICS_1_0_0},
	    {"application/openmetrics-text;q=broken", EXPOSITION_TEXT},
	    {",;=,", EXPOSITION_TEXT},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(exposition_negotiate(str_of(cases[i].accept)), cases[i].want);
	assert_string_equal(exposition_content_type(EXPOSITION_TEXT),
			    "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
}

static void a_buffer_too_small_is_noticed(void **state)
{
	struct metrics *m auto_free(metrics_free) = some_metrics();
	struct buf out auto_done(buf_done) = BUF_INIT(100);
	(void)state;

	assert_false(exposition_write(m, EXPOSITION_TEXT, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(text_is_as_client_golang_writes_it),
	    cmocka_unit_test(openmetrics_names_counters_and_numbers_its_own_way),
	    cmocka_unit_test(the_best_accepted_format_is_chosen),
	    cmocka_unit_test(a_buffer_too_small_is_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
