#include "tools/query_json.h"

#include "tests/lib/expect.h"
#include "tests/lib/query_rig.h"

struct text_sink {
	struct byte_sink base; /* first, so that the two pointers convert */
	struct buf text;
	bool is_full;
};

static bool sink_write(struct byte_sink *base, const void *p, size_t n, struct err *err)
{
	struct text_sink *sink = (struct text_sink *)base;

	if (sink->is_full)
		return err_set(err, ERR_INTERNAL, "the disk is full");
	return buf_append(&sink->text, p, n);
}

static void sink_done(struct text_sink *sink)
{
	buf_done(&sink->text);
}

#define SINK_INIT                                                                                  \
	{                                                                                          \
		.base.write = sink_write, .text = BUF_INIT(BUF_TEXT_MAX)                           \
	}

static bool write(struct query_rig *rig, const char *query, struct text_sink *sink, struct err *err)
{
	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(str_of(query), &rig->opts, query_instant(60000), err);

	if (!plan)
		return false;
	struct promql_result *result =
	    promql_execute(plan, memory_queryable(rig->data), NULL, NULL, &rig->notes, err);
	return result && query_json_write(result, &rig->notes, &sink->base, err);
}

static void an_answer_is_the_apis(void **state)
{
	struct query_rig rig auto_done(query_rig_done);
	struct text_sink sink auto_done(sink_done) = SINK_INIT;
	struct err err = ERR_INIT;
	(void)state;

	query_rig_init(&rig);
	query_rig_load(&rig, 30000, "up{a=\"<1>\"} 1 2 3\nup{a=\"2\"} 4 5 6\n");
	expect_ok(write(&rig, "up", &sink, &err), err);

	expect_str(buf_str(&sink.text),
		   "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":["
		   "{\"metric\":{\"__name__\":\"up\",\"a\":\"2\"},\"value\":[60,\"6\"]},"
		   "{\"metric\":{\"__name__\":\"up\",\"a\":\"<1>\"},\"value\":[60,"
		   "\"3\"]}],\"analysis\":{}}}");
}

static void what_is_to_be_said_ends_the_answer(void **state)
{
	struct query_rig rig auto_done(query_rig_done);
	struct text_sink sink auto_done(sink_done) = SINK_INIT;
	struct err err = ERR_INIT;
	(void)state;

	query_rig_init(&rig);
	query_rig_load(&rig, 30000, "up 1 2 3\n");
	expect_ok(write(&rig, "rate(up[1m])", &sink, &err), err);

	assert_non_null(
	    strstr(buf_cstr(&sink.text), "\"analysis\":{}},\"warnings\":[\"PromQL info: "));
}

static void a_failure_before_the_first_series_writes_nothing(void **state)
{
	struct query_rig rig auto_done(query_rig_done);
	struct text_sink sink auto_done(sink_done) = SINK_INIT;
	struct err err = ERR_INIT;
	(void)state;

	query_rig_init(&rig);
	query_rig_load(&rig, 30000, "up{a=\"1\"} 1 2 3\nup{a=\"2\"} 4 5 6\n");
	expect_err(write(&rig, "label_replace(up, \"a\", \"x\", \"\", \"\")", &sink, &err), err,
		   ERR_EXECUTION, "same labelset");
	assert_int_equal(sink.text.n, 0);
}

static void what_cannot_be_written_fails(void **state)
{
	struct query_rig rig auto_done(query_rig_done);
	struct text_sink sink auto_done(sink_done) = SINK_INIT;
	struct err err = ERR_INIT;
	(void)state;

	query_rig_init(&rig);
	sink.is_full = true;
	expect_err(write(&rig, "1", &sink, &err), err, ERR_INTERNAL, "the disk is full");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_answer_is_the_apis),
	    cmocka_unit_test(what_is_to_be_said_ends_the_answer),
	    cmocka_unit_test(a_failure_before_the_first_series_writes_nothing),
	    cmocka_unit_test(what_cannot_be_written_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
