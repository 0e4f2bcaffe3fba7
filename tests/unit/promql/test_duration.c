#include "promql/duration.h"
#include "promql/parser.h"
#include "tests/lib/expect.h"

#include <stdio.h>

static const struct duration_context context = {.step_ms = 30000, .range_ms = 3600000};

/* What `foo offset <text>` is shifted by, resolved as `sign` allows. */
static bool resolve(const char *text, enum duration_sign sign, const struct duration_context *in,
		    int64_t *ms, struct err *err)
{
	char query_text[256];
	struct promql_query *query;

	snprintf(query_text, sizeof(query_text), "foo offset %s", text);
	query = promql_parse(str_of(query_text), &PARSER_OPTIONS_ALL, NULL, err);
	if (!query)
		fail_msg("%s: %s", query_text, err->msg);
	bool ok = duration_resolve(&query->root->vector.offset, sign, in, ms, err);
	promql_query_free(query);
	return ok;
}

static void formulas_are_computed_in_whole_milliseconds(void **state)
{
	static const struct {
		const char *text;
		int64_t want_ms;
	} cases[] = {
	    {"5m", 300000},
	    {"1.0009", 1000},
	    {"-1.5", -1500},
	    {"(5m + 1)", 301000},
	    {"(1h - 30m * 2)", 0},
	    {"(10 % 4)", 2000},
	    {"(-10 % 4)", -2000},
	    {"(2 ^ 3 ^ 2)", 512000},
	    {"(-2 ^ 2)", -4000},
	    {"(1 / 3)", 333},
	    {"(-1 / 3)", -333},
	    {"step()", 30000},
	    {"-range()", -3600000},
	    {"max_of(step(), 1m)", 60000},
	    {"min_of(step(), 1m)", 30000},
	    {"-min_of(step(), -(1m))", 60000},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		int64_t ms;
		expect_ok(resolve(cases[i].text, DURATION_ANY_SIGN, &context, &ms, &err), err);
		if (ms != cases[i].want_ms)
			fail_msg("%s: got %lld ms, want %lld", cases[i].text, (long long)ms,
				 (long long)cases[i].want_ms);
	}
}

static void an_instant_query_has_no_step(void **state)
{
	static const struct duration_context instant = {0};
	struct err err = ERR_INIT;
	int64_t ms;
	(void)state;

	expect_ok(resolve("step()", DURATION_ANY_SIGN, &instant, &ms, &err), err);
	assert_int_equal(ms, 0);
	expect_err(resolve("step()", DURATION_POSITIVE, &instant, &ms, &err), err, ERR_INVALID,
		   "11:17: duration must be greater than 0");
}

static void what_is_no_length_of_time_is_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
	    {"(5m - 10m)", "12:20: duration must be greater than 0"},
	    {"(5m / (step() - 30))", "12:29: division by zero"},
	    {"(5m % (step() - 30))", "12:29: modulo by zero"},
	    {"(-1 * (0 - 1) ^ 0.5)", "12:30: duration is NaN or infinite"},
	    {"(10 ^ 400)", "12:20: duration is NaN or infinite"},
	    {"(10 ^ 10)", "12:19: duration is out of range"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		int64_t ms;
		expect_err(resolve(cases[i].text, DURATION_POSITIVE, &context, &ms, &err), err,
			   ERR_INVALID, cases[i].error);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(formulas_are_computed_in_whole_milliseconds),
	    cmocka_unit_test(an_instant_query_has_no_step),
	    cmocka_unit_test(what_is_no_length_of_time_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
