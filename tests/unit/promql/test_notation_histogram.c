#include "promql/notation_histogram.h"

#include "tests/lib/expect.h"

#include <math.h>

struct fixture {
	struct arena *arena;
	struct err err;
	size_t end; /* where the reader stood at last */
};

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){.arena = arena_new(NULL)};
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	arena_free(f->arena);
	return 0;
}

/* NULL on failure. */
static const struct notation_histogram *read_text(struct fixture *f, const char *text)
{
	struct notation_reader r = {.arena = f->arena, .text = str_of(text), .err = &f->err};
	const struct notation_histogram *h = NULL;

	f->err = ERR_INIT;
	bool ok = notation_histogram_read(&r, &h);
	f->end = r.pos;
	return ok ? h : NULL;
}

static void every_key_is_read(void **state)
{
	struct fixture *f = *state;
	const struct notation_histogram *h = read_text(
	    f, "{{schema:3 sum:-1.5 count:+6 z_bucket:2 z_bucket_w:0.5 buckets:[1 2.5] offset:-4 "
	       "n_buckets:[7] n_offset:9 custom_values:[0.1 Inf] counter_reset_hint:not_reset}} 1");

	assert_non_null(h);
	assert_int_equal(h->schema, 3);
	assert_true(h->sum == -1.5 && h->count == 6);
	assert_true(h->zero_count == 2 && h->zero_threshold == 0.5);
	assert_int_equal(h->positive.n, 2);
	assert_true(h->positive.v[0] == 1 && h->positive.v[1] == 2.5);
	assert_int_equal(h->positive_offset, -4);
	assert_int_equal(h->negative.n, 1);
	assert_true(h->negative.v[0] == 7);
	assert_int_equal(h->negative_offset, 9);
	assert_int_equal(h->custom_values.n, 2);
	assert_true(isinf(h->custom_values.v[1]));
	assert_true(h->has_reset_hint && h->reset_hint == NOTATION_NOT_RESET);
}

static void the_reader_stands_behind_the_braces(void **state)
{
	struct fixture *f = *state;

	assert_non_null(read_text(f, "{{}}x3"));
	assert_int_equal(f->end, 4);
	assert_non_null(read_text(f, "{{  \tsum:1\t }}+"));
	assert_int_equal(f->end, 14);
}

static void keys_may_be_written_in_any_case(void **state)
{
	struct fixture *f = *state;
	const struct notation_histogram *h = read_text(f, "{{Schema:1 SUM:2 z_Bucket_w:3}}");

	assert_non_null(h);
	assert_true(h->schema == 1 && h->sum == 2 && h->zero_threshold == 3);
}

static void all_hints_have_names(void **state)
{
	static const struct {
		const char *text;
		enum notation_reset_hint hint;
	} cases[] = {
	    {"{{counter_reset_hint:unknown}}", NOTATION_RESET_UNKNOWN},
	    {"{{counter_reset_hint:reset}}", NOTATION_RESET},
	    {"{{counter_reset_hint:not_reset}}", NOTATION_NOT_RESET},
	    {"{{counter_reset_hint:gauge}}", NOTATION_GAUGE},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct notation_histogram *h = read_text(f, cases[i].text);
		assert_non_null(h);
		assert_int_equal(h->reset_hint, cases[i].hint);
		assert_true(h->has_reset_hint);
	}
	assert_false(read_text(f, "{{sum:1}}")->has_reset_hint);
}

static void a_list_may_have_blanks_at_its_end(void **state)
{
	struct fixture *f = *state;
	const struct notation_histogram *h = read_text(f, "{{buckets:[1  2 ]}}");

	assert_non_null(h);
	assert_int_equal(h->positive.n, 2);
}

static void what_is_wrong_is_told(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"{sum:1}}", "expected \"{{\""},
	    {"{{", "expected histogram description key"},
	    {"{{sum}}", "missing `:`"},
	    {"{{sum:1 Sum:1}}", "duplicate key \"sum\""},
	    {"{{buckets:1}}", "expected \"[\""},
	    {"{{buckets:[1", "expected a blank or \"]\""},
	    {"{{offset:x}}", "bad number syntax"},
	    {"{{counter_reset_hint:gauges}}", "expected unknown, reset, not_reset or gauge"},
	    {"{{sum:1count:2}}", "bad number syntax"},
	    {"{{buckets:[1]sum:2}}", "expected a blank or \"}}\""},
	    {"{{size:1}}", "expected histogram description key"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_err(read_text(f, cases[i].text), f->err, ERR_INVALID, cases[i].want);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_key_is_read),
	    TEST(the_reader_stands_behind_the_braces),
	    TEST(keys_may_be_written_in_any_case),
	    TEST(all_hints_have_names),
	    TEST(a_list_may_have_blanks_at_its_end),
	    TEST(what_is_wrong_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
