/* test_evaluation.c - which queries of a querier (tests/lib/api_rig.h) go to other queriers, and
 * what they are asked. Queries that stay are in test_local_query.c.
 */
#include "fleet/evaluation.h"

#include "fleet/local_query.h"
#include "tests/lib/api_rig.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_query.h"

static const struct label job_labels[] = {LABEL("job", "remote")};
static int64_t sample_ms[] = {50000};
static double sample[] = {42};
static const struct query_series answer[] = {
    {.labels = {job_labels, 1}, .samples = {.t_ms = sample_ms, .v = sample, .n = 1}}};
static struct label share_labels[][1] = {{LABEL("share", "a")}, {LABEL("share", "b")}};

struct fixture {
	struct api_rig rig;
	struct fake_query queries[2];
	struct tsdb_info tsdbs[2];
	struct remote_options remotes;
	struct notes notes;
	struct query_request req;
};

static struct fixture f;

static struct query_service *dial_query(void *arg, const char *address)
{
	(void)arg;
	return &f.queries[address[0] - 'a'].base;
}

static int set_up(void **state)
{
	f = (struct fixture){0};
	api_rig_init(&f.rig);
	for (int i = 0; i < 2; i++) {
		fake_query_init(&f.queries[i], answer, i == 0);
		f.tsdbs[i] = (struct tsdb_info){{share_labels[i], 1}, 0, 1000000};
		f.rig.stores[i].info.has_query = true;
		f.rig.stores[i].info.tsdbs = &f.tsdbs[i];
		f.rig.stores[i].info.n_tsdbs = 1;
	}
	f.rig.options.endpoints.dial_query = dial_query;
	f.rig.options.remotes = &f.remotes;
	f.rig.options.query.evaluator.default_engine = QUERY_ENGINE_THANOS;
	f.req = (struct query_request){.text = STR("sum by (job) (up)"),
				       .start_ms = 50000,
				       .timeout_ms = INT64_MAX,
				       .dedup = true,
				       .partial_response = true};
	notes_init(&f.notes);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	api_rig_stop(&f.rig);
	notes_done(&f.notes);
	return 0;
}

/* The labels and the first value of all series. */
static const char *ask(void)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct query_series s;
	struct err err = ERR_INIT;

	struct query_stream *stream auto_free(query_stream_close) = query_service_query(
	    querier_query_service(f.rig.querier), NULL, &f.req, &f.notes, NULL, &err);
	if (!stream)
		return arena_printf(f.rig.web.arena, "error: %s", err.msg);
	while (query_stream_next(stream, &s, &err) == ITER_VALUE) {
		labels_format(&out, s.labels);
		buf_printf(&out, " %g at %lld; ", s.samples.v[0], (long long)s.samples.t_ms[0]);
	}
	return arena_cstr(f.rig.web.arena, buf_str(&out));
}

static int n_asked(void)
{
	return f.queries[0].n_queries + f.queries[1].n_queries;
}

static void parts_of_a_query_go_to_the_queriers_among_the_endpoints(void **state)
{
	(void)state;
	api_rig_start(&f.rig);

	assert_string_equal(ask(), "{job=\"remote\"} 42 at 50000; ");
	assert_int_equal(n_asked(), 2);
	assert_string_equal(f.queries[1].text, "sum by (job, share) (up)");
	assert_int_equal(f.rig.stores[0].n_calls, 0);
}

static void they_are_asked_what_the_request_asks(void **state)
{
	static const struct str replica[] = {{"replica", 7}};
	const struct query_request *got = &f.queries[0].last_request;
	(void)state;
	f.req.replica_labels = replica;
	f.req.n_replica_labels = 1;
	f.req.timeout_ms = 3000;
	f.req.lookback_ms = 60000;
	f.req.max_resolution_ms = 300000;
	f.req.tenant = STR("blue");
	api_rig_start(&f.rig);

	ask();
	assert_int_equal(got->timeout_ms, 3000);
	assert_int_equal(got->lookback_ms, 60000);
	assert_int_equal(got->max_resolution_ms, 300000);
	assert_int_equal(got->n_replica_labels, 1);
	assert_int_equal(got->batch_size, 64);
	assert_int_equal(got->tenant.n, 4);
	assert_true(got->dedup && got->partial_response);
	f.req.timeout_ms = INT64_MAX;
	ask();
	assert_int_equal(got->timeout_ms, 10000); /* the querier's own */
}

static void times_are_rounded_down_to_seconds(void **state)
{
	(void)state;
	f.req.start_ms = 50999;
	api_rig_start(&f.rig);

	assert_string_equal(ask(), "{job=\"remote\"} 42 at 50000; ");
	assert_int_equal(f.queries[0].last_request.start_ms, 50000);
}

static void prometheus_engine_and_odd_lengths_stay_here(void **state)
{
	static const char local[] = "{job=\"x\"} 5 at 50000; {job=\"y\"} 5 at 50000; "
				    "{job=\"z\"} 10 at 50000; ";
	(void)state;
	api_rig_start(&f.rig);

	f.req.engine = QUERY_ENGINE_PROMETHEUS;
	assert_string_equal(ask(), local);
	f.req.engine = QUERY_ENGINE_DEFAULT;
	f.req.lookback_ms = 60500;
	assert_string_equal(ask(), local);
	f.req.lookback_ms = 0;
	f.req.is_range = true;
	f.req.end_ms = f.req.start_ms;
	f.req.step_ms = 1500;
	assert_string_equal(ask(), local);
	assert_int_equal(n_asked(), 0);
}

static void without_remotes_everything_stays_here(void **state)
{
	(void)state;
	f.rig.options.remotes = NULL;
	api_rig_start(&f.rig);

	assert_non_null(strstr(ask(), "{job=\"x\"} 5"));
	assert_int_equal(n_asked(), 0);
}

static void store_filters_choose_among_queriers_too(void **state)
{
	struct err err = ERR_INIT;
	struct matcher *b = matcher_new(MATCH_EQ, STR("__address__"), STR("b:10901"), &err);
	struct matchers list = {&b, 1};
	(void)state;
	f.req.stores = &list;
	f.req.n_stores = 1;
	api_rig_start(&f.rig);

	assert_string_equal(ask(), "");
	assert_int_equal(f.queries[0].n_queries, 0);
	assert_int_equal(f.queries[1].n_queries, 1);
	assert_int_equal(f.queries[1].last_request.n_stores, 0);
	matcher_unref(b);
}

static void a_querier_that_fails_is_a_note_or_a_failure(void **state)
{
	struct note note;
	(void)state;
	api_rig_start(&f.rig);
	err_set(&f.queries[1].fail_after, ERR_UNAVAILABLE, "connection refused");

	assert_string_equal(ask(), "{job=\"remote\"} 42 at 50000; ");
	assert_true(notes_get(&f.notes, 0, &note));
	assert_string_equal(note.text, "remote query error (b:10901): connection refused");
	f.req.partial_response = false;
	assert_string_equal(ask(), "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(parts_of_a_query_go_to_the_queriers_among_the_endpoints),
	    TEST(they_are_asked_what_the_request_asks),
	    TEST(times_are_rounded_down_to_seconds),
	    TEST(prometheus_engine_and_odd_lengths_stay_here),
	    TEST(without_remotes_everything_stays_here),
	    TEST(store_filters_choose_among_queriers_too),
	    TEST(a_querier_that_fails_is_a_note_or_a_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
