#include "tsdb/index_reader.h"

#include "codec/crc32c.h"
#include "tests/lib/expect.h"
#include "tests/lib/index_builder.h"

enum { N = 1200 };

static struct index_reader *open_numbered(struct index_variant *v, int which)
{
	struct err err = ERR_INIT;

	*v = index_variant_numbered(which, N);
	struct index_reader *ix = index_reader_open(take(v->src), NULL, &err);
	if (!ix)
		fail_msg("%s", err.msg);
	return ix;
}

static struct matcher *matcher_of(enum matcher_type type, const char *name, const char *value)
{
	struct err err = ERR_INIT;
	return matcher_new(type, str_of(name), str_of(value), &err);
}

static void label_names_are_those_of_the_series_that_match(void **state)
{
	(void)state;

	for (int which = 0; which < INDEX_VARIANTS; which++) {
		struct index_variant v auto_done(index_variant_done) = {0};
		struct index_reader *ix auto_free(index_reader_close) = open_numbered(&v, which);
		struct matcher *odd auto_free(matcher_unref) = matcher_of(MATCH_EQ, "even", "");
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct err err = ERR_INIT;
		struct str_list names;

		expect_ok(index_label_names(ix, NULL, (struct matchers){0}, a, &names, &err), err);
		assert_int_equal(names.n, 3);
		expect_str(names.v[1], "even");
		expect_ok(index_label_names(ix, NULL, (struct matchers){&odd, 1}, a, &names, &err),
			  err);
		assert_int_equal(names.n, 2);
		expect_str(names.v[0], "__name__");
		expect_str(names.v[1], "i");
	}
}

static void expect_values(struct index_reader *ix, const char *name, struct matchers ms,
			  size_t n_want, const char *first, const char *last)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct str_list values;

	expect_ok(index_label_values(ix, NULL, str_of(name), ms, a, &values, &err), err);
	assert_int_equal(values.n, n_want);
	if (n_want) {
		expect_str(values.v[0], first);
		expect_str(values.v[n_want - 1], last);
	}
	for (size_t i = 1; i < values.n; i++)
		assert_true(str_cmp(values.v[i - 1], values.v[i]) < 0);
}

static void label_values_are_those_of_the_series_that_match(void **state)
{
	(void)state;

	for (int which = 0; which < INDEX_VARIANTS; which++) {
		struct index_variant v auto_done(index_variant_done) = {0};
		struct index_reader *ix auto_free(index_reader_close) = open_numbered(&v, which);
		struct matcher *even auto_free(matcher_unref) = matcher_of(MATCH_EQ, "even", "yes");
		struct matcher *tens auto_free(matcher_unref) = matcher_of(MATCH_RE, "i", "...0");
		struct matcher *low auto_free(matcher_unref) = matcher_of(MATCH_RE, "i", "000.");
		struct matcher *name auto_free(matcher_unref) =
		    matcher_of(MATCH_NEQ, "__name__", "m");
		struct matcher *both[] = {even, tens};

		expect_values(ix, "i", (struct matchers){0}, N, "0000", "1199");
		expect_values(ix, "nope", (struct matchers){0}, 0, NULL, NULL);
		expect_values(ix, "i", (struct matchers){&even, 1}, N / 2, "0000", "1198");
		expect_values(ix, "i", (struct matchers){&tens, 1}, N / 10, "0000", "1190");
		expect_values(ix, "i", (struct matchers){both, 2}, N / 10, "0000", "1190");
		expect_values(ix, "even", (struct matchers){&tens, 1}, 1, "yes", "yes");
		expect_values(ix, "even", (struct matchers){&low, 1}, 1, "yes", "yes");
		expect_values(ix, "i", (struct matchers){&name, 1}, 0, NULL, NULL);
	}
}

static void an_index_without_a_section_is_corrupt(void **state)
{
	struct index_variant v auto_done(index_variant_done) = index_variant_numbered(1, 5);
	uint8_t *toc = (uint8_t *)v.bytes.p + v.bytes.n - INDEX_TOC_BYTES;
	struct err err = ERR_INIT;
	(void)state;

	memset(toc, 0, 8);
	store_be32(toc + 48, crc32c(0, toc, 48));
	assert_null(index_reader_open(take(v.src), NULL, &err));
	assert_string_equal(err.msg, "index: without symbols or postings table");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(label_names_are_those_of_the_series_that_match),
	    cmocka_unit_test(label_values_are_those_of_the_series_that_match),
	    cmocka_unit_test(an_index_without_a_section_is_corrupt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
