/* test_local_query.c - a querier over two stores in memory (tests/lib/api_rig.h), asked as its
 * Query API asks. */
#include "fleet/local_query.h"

#include "base/gate.h"
#include "tests/lib/api_rig.h"
#include "tests/lib/expect.h"

struct fixture {
	struct api_rig rig;
	struct notes notes;
	struct ctx *ctx;
};

static int set_up(void **state)
{
	static struct fixture f;

	api_rig_init(&f.rig);
	notes_init(&f.notes);
	f.ctx = ctx_new(NULL, CTX_NO_DEADLINE);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	api_rig_stop(&f->rig);
	notes_done(&f->notes);
	ctx_free(f->ctx);
	return 0;
}

static struct query_stream *ask(struct fixture *f, struct query_request req, struct err *err)
{
	static struct query_request kept;

	kept = req;
	return query_service_query(querier_query_service(f->rig.querier), f->ctx, &kept, &f->notes,
				   NULL, err);
}

static struct query_request instant(const char *text)
{
	return (struct query_request){.text = str_of(text),
				      .start_ms = 50000,
				      .timeout_ms = INT64_MAX,
				      .dedup = true,
				      .partial_response = true};
}

static struct query_request range(const char *text, int64_t from_ms, int64_t to_ms, int64_t step_ms)
{
	struct query_request req = instant(text);

	req.is_range = true;
	req.start_ms = from_ms;
	req.end_ms = to_ms;
	req.step_ms = step_ms;
	return req;
}

/* The answer, a series a line: {a="1"} 50:5 60:6 with times in seconds. */
static void expect_answer(struct fixture *f, struct query_request req, const char *want)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	struct query_series s;
	enum iter_result r;

	struct query_stream *stream auto_free(query_stream_close) = ask(f, req, &err);
	if (!stream)
		fail_msg("%s", err.msg);
	while ((r = query_stream_next(stream, &s, &err)) == ITER_VALUE) {
		labels_format(&out, s.labels);
		for (size_t i = 0; i < s.samples.n; i++)
			buf_printf(&out, " %g:%g", (double)s.samples.t_ms[i] / 1000,
				   s.samples.v[i]);
		buf_putc(&out, '\n');
	}
	expect_ok(r == ITER_END, err);
	expect_str(buf_str(&out), want);
}

static void an_instant_query_gives_a_sample_per_series(void **state)
{
	struct fixture *f = *state;
	api_rig_start(&f->rig);

	expect_answer(f, instant("sum by (job) (up)"),
		      "{job=\"x\"} 50:5\n{job=\"y\"} 50:5\n{job=\"z\"} 50:10\n");
	expect_answer(f, instant("up == 99"), "");
}

static void a_scalar_is_a_series_without_labels(void **state)
{
	struct fixture *f = *state;
	api_rig_start(&f->rig);

	expect_answer(f, instant("1 + 2"), "{} 50:3\n");
}

static void a_string_is_nothing(void **state)
{
	struct fixture *f = *state;
	api_rig_start(&f->rig);

	expect_answer(f, instant("'text'"), "");
}

static void a_range_query_gives_all_steps(void **state)
{
	struct fixture *f = *state;
	api_rig_start(&f->rig);

	expect_answer(f, range("max(up)", 10000, 35000, 10000), "{} 10:1 20:2 30:3\n");
	expect_answer(f, range("max(up)", 20000, 10000, 10000), "");
	/* As in Prometheus, without a step it is an instant. */
	expect_answer(f, range("max(up)", 20000, 20000, 0), "{} 20:2\n");
}

static void a_range_that_makes_no_sense_is_invalid(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	api_rig_start(&f->rig);

	expect_err(ask(f, range("up", 1000, 2000, 0), &err), err, ERR_INVALID,
		   "zero or negative query resolution step");
	expect_err(ask(f, instant("sum(up"), &err), err, ERR_INVALID, "unclosed left parenthesis");
}

static void replica_labels_are_those_of_the_request_or_of_the_process(void **state)
{
	static const struct str own[] = {{"replica", 7}}, job[] = {{"job", 3}};
	struct fixture *f = *state;
	struct query_request req = instant("count(up)");
	f->rig.options.query.evaluator.replica_labels = own;
	f->rig.options.query.evaluator.n_replica_labels = 1;
	api_rig_start(&f->rig);

	expect_answer(f, req, "{} 50:3\n");
	req.dedup = false;
	expect_answer(f, req, "{} 50:4\n");
	req.dedup = true;
	req.replica_labels = job;
	req.n_replica_labels = 1;
	expect_answer(f, req, "{} 50:2\n");
}

static void what_it_cost_is_known_at_the_end(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct query_series s;
	api_rig_start(&f->rig);

	struct query_stream *stream auto_free(query_stream_close) =
	    ask(f, instant("sum(up)"), &err);
	while (query_stream_next(stream, &s, &err) == ITER_VALUE)
		;
	assert_int_equal(stream->cost.samples_total, 4);
	assert_true(stream->cost.samples_peak > 0);
}

static void a_store_that_fails_is_a_note_or_a_failure(void **state)
{
	struct fixture *f = *state;
	struct query_request req = instant("count(up)");
	struct query_series s;
	struct note note;
	struct err err = ERR_INIT;
	api_rig_start(&f->rig);
	f->rig.stores[0].fail = "no route";

	expect_answer(f, req, "{} 50:2\n");
	assert_true(notes_get(&f->notes, 0, &note));
	assert_non_null(strstr(note.text, "a:10901"));

	req.partial_response = false;
	struct query_stream *stream auto_free(query_stream_close) = ask(f, req, &err);
	if (stream)
		assert_int_equal(query_stream_next(stream, &s, &err), ITER_ERROR);
	assert_non_null(strstr(err.msg, "a:10901"));
}

/* The gate is the one of HTTP queries, too. */
static void a_query_waits_for_its_turn_within_its_time(void **state)
{
	struct fixture *f = *state;
	struct gate *gate auto_free(gate_free) = gate_new(1, NULL, "", "");
	struct query_request req = instant("up");
	struct err err = ERR_INIT;
	f->rig.options.query.evaluator.queries = gate;
	api_rig_start(&f->rig);

	struct query_stream *first = ask(f, req, &err);
	assert_non_null(first);
	req.timeout_ms = 10;
	expect_err(ask(f, req, &err), err, ERR_TIMEOUT, "");
	query_stream_close(first);
	req.timeout_ms = INT64_MAX;
	first = ask(f, req, &err);
	assert_non_null(first);
	query_stream_close(first);
}

static void an_answer_that_is_not_read_on_keeps_nobody_waiting(void **state)
{
	struct fixture *f = *state;
	struct gate *gate auto_free(gate_free) = gate_new(1, NULL, "", "");
	struct query_series s;
	struct err err = ERR_INIT;
	f->rig.options.query.evaluator.queries = gate;
	api_rig_start(&f->rig);

	struct query_stream *slow auto_free(query_stream_close) = ask(f, instant("up"), &err);
	assert_non_null(slow);
	assert_int_equal(query_stream_next(slow, &s, &err), ITER_VALUE);
	expect_answer(f, instant("count(up)"), "{} 50:4\n");
	assert_int_equal(query_stream_next(slow, &s, &err), ITER_VALUE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_instant_query_gives_a_sample_per_series),
	    TEST(a_scalar_is_a_series_without_labels),
	    TEST(a_string_is_nothing),
	    TEST(a_range_query_gives_all_steps),
	    TEST(a_range_that_makes_no_sense_is_invalid),
	    TEST(replica_labels_are_those_of_the_request_or_of_the_process),
	    TEST(what_it_cost_is_known_at_the_end),
	    TEST(a_store_that_fails_is_a_note_or_a_failure),
	    TEST(a_query_waits_for_its_turn_within_its_time),
	    TEST(an_answer_that_is_not_read_on_keeps_nobody_waiting),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
