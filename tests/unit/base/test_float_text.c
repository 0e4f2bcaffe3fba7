#include "base/float_text.h"
#include "base/rand.h"
#include "tests/lib/expect.h"

#include <math.h>

static const struct {
	double v;
	const char *f, *e, *g, *json;
} cases[] = {
    {0, "0", "0e+00", "0", "0"},
    {-0.0, "-0", "-0e+00", "-0", "-0"},
    {1, "1", "1e+00", "1", "1"},
    {-1.5, "-1.5", "-1.5e+00", "-1.5", "-1.5"},
    {0.1, "0.1", "1e-01", "0.1", "0.1"},
    {0.3, "0.3", "3e-01", "0.3", "0.3"},
    {0.0001, "0.0001", "1e-04", "0.0001", "0.0001"},
    {0.00001, "0.00001", "1e-05", "1e-05", "0.00001"},
    {1e-6, "0.000001", "1e-06", "1e-06", "0.000001"},
    {1e-7, "0.0000001", "1e-07", "1e-07", "1e-07"},
    {999999, "999999", "9.99999e+05", "999999", "999999"},
    {1e6, "1000000", "1e+06", "1e+06", "1000000"},
    {1234567, "1234567", "1.234567e+06", "1.234567e+06", "1234567"},
    {123.456, "123.456", "1.23456e+02", "123.456", "123.456"},
    {123.45678, "123.45678", "1.2345678e+02", "123.45678", "123.45678"},
    {999999999999999, "999999999999999", "9.99999999999999e+14", "9.99999999999999e+14",
     "999999999999999"},
    {1e15, "1000000000000000", "1e+15", "1e+15", "1000000000000000"},
    {1e20, "100000000000000000000", "1e+20", "1e+20", "100000000000000000000"},
    {1e21, "1000000000000000000000", "1e+21", "1e+21", "1e+21"},
    {1e23, "100000000000000000000000", "1e+23", "1e+23", "1e+23"},
    {0.1 + 0.2, "0.30000000000000004", "3.0000000000000004e-01", "0.30000000000000004",
     "0.30000000000000004"},
    {123456789012345678.0, "123456789012345680", "1.2345678901234568e+17", "1.2345678901234568e+17",
     "123456789012345680"},
    {INFINITY, "+Inf", "+Inf", "+Inf", "+Inf"},
    {-INFINITY, "-Inf", "-Inf", "-Inf", "-Inf"},
    {NAN, "NaN", "NaN", "NaN", "NaN"},
};

static void numbers_are_printed_as_go_prints_them(void **state)
{
	char out[FLOAT_TEXT_MAX];
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_str(str_from(out, float_format(out, cases[i].v, FLOAT_F)), cases[i].f);
		expect_str(str_from(out, float_format(out, cases[i].v, FLOAT_E)), cases[i].e);
		expect_str(str_from(out, float_format(out, cases[i].v, FLOAT_G)), cases[i].g);
		expect_str(str_from(out, float_metric(out, cases[i].v)), cases[i].g);
		expect_str(str_from(out, float_json(out, cases[i].v)), cases[i].json);
	}
}

static void numbers_of_open_metrics_look_like_floats(void **state)
{
	static const struct {
		double v;
		const char *want;
	} numbers[] = {
	    {0, "0.0"},   {-1, "-1.0"},         {0.5, "0.5"},        {1e6, "1e+06"},
	    {NAN, "NaN"}, {123456, "123456.0"}, {-INFINITY, "-Inf"},
	};
	char out[FLOAT_TEXT_MAX];
	(void)state;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		expect_str(str_from(out, float_openmetrics(out, numbers[i].v)), numbers[i].want);
}

static void the_smallest_and_the_largest_number_fit(void **state)
{
	char out[FLOAT_TEXT_MAX];
	(void)state;

	assert_int_equal(float_format(out, -5e-324, FLOAT_F), 327);
	assert_memory_equal(out, "-0.000", 6);
	assert_int_equal(float_format(out, 1.7976931348623157e308, FLOAT_F), 309);
	expect_str(str_from(out, float_format(out, 5e-324, FLOAT_E)), "5e-324");
}

static double random_number(struct rand *r, int kind)
{
	uint64_t bits = rand_u64(r);
	double v;

	switch (kind) {
	case 0:
		memcpy(&v, &bits, sizeof(v));
		return v;
	case 1:
		return (double)(int64_t)(bits >> rand_below(r, 63));
	case 2:
		return (double)(int64_t)rand_below(r, 1000000000) / 10000;
	default:
		return -(double)rand_below(r, UINT64_C(1) << 53) / 1e5;
	}
}

static void every_text_reads_back_as_the_same_number(void **state)
{
	char out[FLOAT_TEXT_MAX];
	struct rand r;
	(void)state;

	rand_seed(&r, 1);
	for (int i = 0; i < 200000; i++) {
		double v = random_number(&r, i % 4), back;
		enum float_style style = i % 3 == 0 ? FLOAT_F : i % 3 == 1 ? FLOAT_E : FLOAT_G;
		struct str text = str_from(out, float_format(out, v, style));
		assert_true(text.n <= FLOAT_TEXT_MAX);
		if (!float_parse(text, &back))
			fail_msg("%.*s is not read", STR_FMT(text));
		if (!isnan(v) && memcmp(&back, &v, sizeof(v)) != 0)
			fail_msg("%.17g was printed as %.*s", v, STR_FMT(text));
	}
}

static void seconds_have_three_decimals_or_none(void **state)
{
	static const struct {
		int64_t ms;
		const char *want;
	} moments[] = {
	    {0, "0"},         {1, "0.001"},    {1500, "1.500"},
	    {-500, "-0.500"}, {-1000, "-1"},   {1435781430781, "1435781430.781"},
	    {60000, "60"},    {1050, "1.050"}, {INT64_MIN, "-9223372036854775.808"},
	};
	char out[FLOAT_TEXT_MAX];
	(void)state;

	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++)
		expect_str(str_from(out, float_json_seconds(out, moments[i].ms)), moments[i].want);
}

static void go_syntax_is_read(void **state)
{
	static const struct {
		const char *text;
		double want;
	} good[] = {
	    {"0", 0},
	    {"-0", -0.0},
	    {"+1.5", 1.5},
	    {".5", 0.5},
	    {"5.", 5},
	    {"1e3", 1000},
	    {"1E-3", 0.001},
	    {"0x1p-2", 0.25},
	    {"0X1.8P+1", 3},
	    {"1_000.5", 1000.5},
	    {"0x_1p0", 1},
	    {"1e-400", 0},
	    {"inf", INFINITY},
	    {"-Inf", -INFINITY},
	    {"+Infinity", INFINITY},
	    {"1e1_0", 1e10},
	    {"0x1p-1080", 0},
	    {"123456789012345678901234567890", 123456789012345678901234567890.0},
	};
	static const char *const bad[] = {
	    "",      " 1",   "1 ",     "e5",  "1e",   "1e+",     "0x1",   "0x",     "1_",
	    "_1",    "1__0", "1_.5",   "--1", "+nan", "infinit", "1e400", "-1e400", "0x1p1080",
	    "1.5.5", ".",    "0_x1p0", "1,5", "NaNa", "0x1.8p",  "-",     "1e5f",
	};
	double v;
	(void)state;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!float_parse(str_of(good[i].text), &v))
			fail_msg("%s is not read", good[i].text);
		if (memcmp(&v, &good[i].want, sizeof(v)) != 0)
			fail_msg("%s is read as %.17g", good[i].text, v);
	}
	assert_true(float_parse(STR("nAn"), &v) && isnan(v));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (float_parse(str_of(bad[i]), &v))
			fail_msg("%s is read as %g", bad[i], v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_are_printed_as_go_prints_them),
	    cmocka_unit_test(numbers_of_open_metrics_look_like_floats),
	    cmocka_unit_test(the_smallest_and_the_largest_number_fit),
	    cmocka_unit_test(every_text_reads_back_as_the_same_number),
	    cmocka_unit_test(seconds_have_three_decimals_or_none),
	    cmocka_unit_test(go_syntax_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
