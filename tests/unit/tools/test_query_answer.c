#include "tools/query_answer.h"

#include "promql/engine.h"
#include "tests/lib/answer_text.h"
#include "tests/lib/expect.h"
#include "tests/lib/memory_queryable.h"

/* {a="1"} 0:1 60000:NaN | ... */
static struct str dump(const struct query_answer *answer, struct arena *a)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	buf_puts(&out, value_type_name(answer->type));
	for (size_t i = 0; i < answer->n; i++) {
		const struct answer_series *s = &answer->v[i];
		buf_puts(&out, " | ");
		labels_format(&out, s->labels);
		for (size_t k = 0; k < s->n; k++)
			buf_printf(&out, " %lld:%.*s", (long long)s->v[k].t_ms,
				   STR_FMT(answer_sample_text(&s->v[k], a)));
	}
	return arena_str(a, buf_str(&out));
}

/* --- from JSON -------------------------------------------------------------------------------- */

static void every_type_of_answer_is_read(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	struct query_answer v = answer_of(
	    "vector", "[{\"metric\":{\"b\":\"2\",\"a\":\"1\"},\"value\":[1.5,\"+Inf\"]}]", a);
	expect_str(dump(&v, a), "vector | {a=\"1\", b=\"2\"} 1500:+Inf");
	struct query_answer m = answer_of(
	    "matrix",
	    "[{\"metric\":{},\"values\":[[0,\"1\"],[60,\"NaN\"]]},{\"metric\":{},\"values\":[]}]",
	    a);
	expect_str(dump(&m, a), "matrix | {} 0:1 60000:NaN | {}");
	struct query_answer s = answer_of("scalar", "[-1,\"1e3\"]", a);
	expect_str(dump(&s, a), "scalar | {} -1000:1000");
	struct query_answer t = answer_of("string", "[0,\"a\\nb\"]", a);
	expect_str(dump(&t, a), "string | {} 0:a\nb");
	struct query_answer none = answer_of("vector", "[]", a);
	expect_str(dump(&none, a), "vector");
}

static void histograms_are_read_as_prometheus_prints_them(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	struct query_answer h = answer_of(
	    "matrix",
	    "[{\"metric\":{},\"values\":[[2,\"7\"]],\"histograms\":[[1,{\"count\":\"4\",\"sum\":"
	    "\"1.5\",\"buckets\":[[1,\"-2\",\"-1\",\"1\"],[3,\"-0.001\",\"0.001\",\"1\"],"
	    "[0,\"1\",\"2\",\"2\"]]}]]}]",
	    a);

	expect_str(dump(&h, a), "matrix | {} 1000:{count:4, sum:1.5, [-2,-1):1, [-0.001,0.001]:1, "
				"(1,2]:2} 2000:7");
}

static void what_is_to_be_said_becomes_notes(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct notes notes auto_done(notes_done);
	struct query_answer answer;
	struct err err = ERR_INIT;
	struct note note;
	(void)state;

	notes_init(&notes);
	expect_ok(
	    query_answer_read(&answer,
			      STR("{\"warnings\":[\"w\"],\"infos\":[\"i\"],\"status\":"
				  "\"success\",\"data\":{\"analysis\":{},\"result\":[0,\"1\"],"
				  "\"resultType\":\"scalar\"}}"),
			      a, &notes, &err),
	    err);

	assert_true(notes_get(&notes, 0, &note));
	assert_string_equal(note.text, "w");
	assert_int_equal(note.kind, NOTE_WARNING);
	assert_true(notes_get(&notes, 1, &note));
	assert_string_equal(note.text, "i");
	assert_int_equal(note.kind, NOTE_PROMQL_INFO);
	expect_str(dump(&answer, a), "scalar | {} 0:1");
}

static void wrong_answers_are_refused_with_the_place(void **state)
{
	static const struct {
		const char *json;
		enum err_code code;
		const char *want;
	} cases[] = {
	    {"", ERR_INVALID, "line 1"},
	    {"{}", ERR_CORRUPT, "found \"\""},
	    {"{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"no\"}", ERR_EXECUTION,
	     "bad_data: no"},
	    {"{\"status\":\"success\",\"data\":null}", ERR_CORRUPT, "unknown resultType \"\""},
	    {"{\"status\":\"success\",\"data\":{\"resultType\":\"table\",\"result\":[]}}",
	     ERR_CORRUPT, "unknown resultType \"table\""},
	    {"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\"}}", ERR_INVALID,
	     "data.result"},
	    {"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1]}}",
	     ERR_CORRUPT, "a sample without a value"},
	    {"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,2]}}",
	     ERR_INVALID, "want a string, found a number"},
	    {"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"x\"]}}",
	     ERR_CORRUPT, "\"x\" is no number"},
	    {"{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1e300,"
	     "\"1\"]}}",
	     ERR_CORRUPT, "a time out of range"},
	    {"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{\"metric\":{"
	     "\"a\":\"1\",\"a\":\"2\"}}]}}",
	     ERR_CORRUPT, "a label that is there twice"},
	    {"{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[{"
	     "\"histogram\":[1,{\"buckets\":[[0,\"1\",\"2\"]]}]}]}}",
	     ERR_CORRUPT, "want [0..3"},
	};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct query_answer answer;
		struct err err = ERR_INIT;
		expect_err(query_answer_read(&answer, str_of(cases[i].json), a, NULL, &err), err,
			   cases[i].code, cases[i].want);
	}
}

/* --- from the engine -------------------------------------------------------------------------- */

static struct query_answer evaluate(struct memory_queryable *mq, const char *text,
				    struct query_time time, struct arena *a)
{
	struct err err = ERR_INIT;
	struct query_answer answer = {0};
	struct promql_engine_opts opts = {.parser = PARSER_OPTIONS_ALL};
	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(str_of(text), &opts, time, &err);
	if (!plan)
		fail_msg("%s", err.msg);
	struct promql_result *result auto_free(promql_result_free) =
	    promql_execute(plan, memory_queryable(mq), NULL, NULL, NULL, &err);

	expect_ok(result && query_answer_take(&answer, result, a, &err), err);
	return answer;
}

static void what_the_engine_gives_is_kept(void **state)
{
	struct memory_queryable *mq auto_free(memory_queryable_free) = memory_queryable_new();
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct query_time range = {0, 60000, 30000};
	(void)state;

	struct query_answer scalar = evaluate(mq, "1+2", query_instant(5000), a);
	expect_str(dump(&scalar, a), "scalar | {} 5000:3");
	struct query_answer string = evaluate(mq, "\"x\"", query_instant(5000), a);
	expect_str(dump(&string, a), "string | {} 5000:x");
	struct query_answer vector = evaluate(mq, "vector(time())", query_instant(5000), a);
	expect_str(dump(&vector, a), "vector | {} 5000:5");
	struct query_answer matrix = evaluate(mq, "time() < bool 30", range, a);
	expect_str(dump(&matrix, a), "matrix | {} 0:1 30000:0 60000:0");
}

static void label_names_are_those_of_all_series(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;

	struct query_answer v =
	    answer_of("vector",
		      "[{\"metric\":{\"b\":\"1\",\"c\":\"1\"},\"value\":[0,\"1\"]},"
		      "{\"metric\":{\"a\":\"1\",\"c\":\"2\"},\"value\":[0,\"1\"]}]",
		      a);
	struct str_list names = query_answer_label_names(&v, a);

	assert_int_equal(names.n, 3);
	expect_str(names.v[0], "a");
	expect_str(names.v[1], "b");
	expect_str(names.v[2], "c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_type_of_answer_is_read),
	    cmocka_unit_test(histograms_are_read_as_prometheus_prints_them),
	    cmocka_unit_test(what_is_to_be_said_becomes_notes),
	    cmocka_unit_test(wrong_answers_are_refused_with_the_place),
	    cmocka_unit_test(what_the_engine_gives_is_kept),
	    cmocka_unit_test(label_names_are_those_of_all_series),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
