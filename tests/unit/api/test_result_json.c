#include "api/result_json.h"

#include "tests/lib/expect.h"
#include "tests/lib/query_rig.h"

/* The members that an answer has, as {"resultType":...}, or "error: ...". */
static const char *json_of(struct query_rig *rig, const char *query, struct query_time time)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	struct json_writer w;
	struct result_json json;

	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(str_of(query), &rig->opts, time, &err);
	expect_ok(plan, err);
	struct promql_result *result auto_free(promql_result_free) =
	    promql_execute(plan, memory_queryable(rig->data), NULL, NULL, &rig->notes, &err);
	expect_ok(result, err);
	json_writer_init(&w, &out, JSON_ESCAPE_HTML);
	json_begin_object(&w);
	if (!result_json_init(&json, result, &err) || !result_json_write(&json, &w, &err))
		return arena_printf(rig->arena, "error: %s", err.msg);
	json_end_object(&w);
	return arena_cstr(rig->arena, buf_str(&out));
}

static int set_up(void **state)
{
	static struct query_rig rig;

	query_rig_init(&rig);
	query_rig_load(&rig, 1500,
		       "m{a=\"1\"} 1 2.5 NaN\nm{a=\"x\\\"<\"} -Inf 1e30 0.1\nn{le=\"x\"} 1 1 1\n");
	*state = &rig;
	return 0;
}

static int tear_down(void **state)
{
	query_rig_done(*state);
	return 0;
}

#define EXPECT(query, want) assert_string_equal(json_of(*state, query, query_instant(1500)), want)

static void a_scalar_is_a_sample(void **state)
{
	EXPECT("1.5", "{\"resultType\":\"scalar\",\"result\":[1.5,\"1.5\"]}");
	EXPECT("1e-7", "{\"resultType\":\"scalar\",\"result\":[1.5,\"0.0000001\"]}");
	EXPECT("1e21", "{\"resultType\":\"scalar\",\"result\":[1.5,\"1000000000000000000000\"]}");
	EXPECT("NaN", "{\"resultType\":\"scalar\",\"result\":[1.5,\"NaN\"]}");
	EXPECT("Inf", "{\"resultType\":\"scalar\",\"result\":[1.5,\"+Inf\"]}");
	EXPECT("-Inf", "{\"resultType\":\"scalar\",\"result\":[1.5,\"-Inf\"]}");
}

static void a_string_has_the_time(void **state)
{
	EXPECT("\"a\\\"<\"", "{\"resultType\":\"string\",\"result\":[1.5,\"a\\\"\\u003c\"]}");
}

static void a_vector_has_one_value_each(void **state)
{
	EXPECT("m", "{\"resultType\":\"vector\",\"result\":["
		    "{\"metric\":{\"__name__\":\"m\",\"a\":\"1\"},\"value\":[1.500,\"2.5\"]},"
		    "{\"metric\":{\"__name__\":\"m\",\"a\":\"x\\\"<\"},"
		    "\"value\":[1.500,\"1e+30\"]}]}");
	EXPECT("sum(n)", "{\"resultType\":\"vector\",\"result\":["
			 "{\"metric\":{},\"value\":[1.500,\"1\"]}]}");
	EXPECT("absent(n)", "{\"resultType\":\"vector\",\"result\":[]}");
}

static void a_matrix_has_values(void **state)
{
	static const char want[] = "{\"resultType\":\"matrix\",\"result\":["
				   "{\"metric\":{\"__name__\":\"m\",\"a\":\"1\"},"
				   "\"values\":[[0,\"1\"],[1.500,\"2.5\"],[3,\"NaN\"]]}]}";

	assert_string_equal(json_of(*state, "m{a=\"1\"}", (struct query_time){0, 3000, 1500}),
			    want);
	assert_string_equal(json_of(*state, "nothing", (struct query_time){0, 3000, 1500}),
			    "{\"resultType\":\"matrix\",\"result\":[]}");
	EXPECT("n[2s]", "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"__name__\":\"n\","
			"\"le\":\"x\"},\"values\":[[0,\"1\"],[1.500,\"1\"]]}]}");
}

static void histograms_have_their_own_lists(void **state)
{
	struct query_rig *rig = *state;

	query_rig_load(rig, 1500,
		       "h 1 {{count:4 sum:2.5 z_bucket:1 z_bucket_w:0.5 buckets:[1 0 2]}}\n");
	EXPECT("h",
	       "{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"__name__\":\"h\"},"
	       "\"histogram\":[1.500,{\"count\":\"4\",\"sum\":\"2.5\",\"buckets\":["
	       "[3,\"-0.5\",\"0.5\",\"1\"],[0,\"0.5\",\"1\",\"1\"],[0,\"2\",\"4\",\"2\"]]}]}]}");
	EXPECT("h[5s]",
	       "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"__name__\":\"h\"},"
	       "\"values\":[[0,\"1\"]],\"histograms\":[[1.500,{\"count\":\"4\",\"sum\":\"2.5\","
	       "\"buckets\":[[3,\"-0.5\",\"0.5\",\"1\"],[0,\"0.5\",\"1\",\"1\"],"
	       "[0,\"2\",\"4\",\"2\"]]}]]}]}");
	EXPECT("h * 0", "{\"resultType\":\"vector\",\"result\":[{\"metric\":{},"
			"\"histogram\":[1.500,{\"count\":\"0\",\"sum\":\"0\"}]}]}");
}

static void an_error_shows_before_anything_is_written(void **state)
{
	struct query_rig *rig = *state;
	struct err err = ERR_INIT;
	struct result_json json;
	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(STR("m + on() m"), &rig->opts, query_instant(1500), &err);
	struct promql_result *result auto_free(promql_result_free) =
	    promql_execute(plan, memory_queryable(rig->data), NULL, NULL, &rig->notes, &err);

	expect_err(result_json_init(&json, result, &err), err, ERR_EXECUTION,
		   "found duplicate series");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_scalar_is_a_sample),
	    TEST(a_string_has_the_time),
	    TEST(a_vector_has_one_value_each),
	    TEST(a_matrix_has_values),
	    TEST(histograms_have_their_own_lists),
	    TEST(an_error_shows_before_anything_is_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
