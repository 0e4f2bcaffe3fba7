#include "tsdb/index_postings.h"

#include "codec/bits.h"
#include "tests/lib/expect.h"
#include "tests/lib/index_builder.h"
#include "tsdb/postings.h"

#include <stdio.h>

enum { N = 500 };

struct fixture {
	struct index_variant v;
	struct index_toc toc;
	struct index_postings *ip;
	struct arena *a;
};

static struct fixture fixture_new(int which)
{
	struct fixture f = {.v = index_variant_numbered(which, N), .a = arena_new(NULL)};
	struct err err = ERR_INIT;

	expect_ok(index_toc_read(f.v.src, NULL, &f.toc, &err), err);
	f.ip = index_postings_open(f.v.src, NULL, f.toc.postings_table, &f.toc, 0, &err);
	if (!f.ip)
		fail_msg("%s", err.msg);
	return f;
}

static void fixture_done(struct fixture *f)
{
	index_postings_close(f->ip);
	index_variant_done(&f->v);
	arena_free(f->a);
}

static size_t list_length(const struct fixture *f, struct postings_range r)
{
	struct postings list;
	struct err err = ERR_INIT;

	expect_ok(postings_parse((uint8_t *)f->v.bytes.p + r.start, r.end - r.start, &list, &err),
		  err);
	return list.n;
}

static void names_come_in_order_without_the_empty_one(void **state)
{
	(void)state;

	for (int which = 0; which < INDEX_VARIANTS; which++) {
		struct fixture f auto_done(fixture_done) = fixture_new(which);
		size_t n;
		const struct str *names = index_postings_names(f.ip, &n);
		assert_int_equal(n, 3);
		expect_str(names[0], "__name__");
		expect_str(names[1], "even");
		expect_str(names[2], "i");
		assert_int_equal(list_length(&f, index_postings_all(f.ip)), N);
	}
}

static void memory_holds_every_32nd_value(void **state)
{
	struct fixture f auto_done(fixture_done) = fixture_new(3);
	(void)state;

	assert_true(index_postings_memory_bytes(f.ip) < 4000);
}

static void values_are_walked_in_order_from_anywhere(void **state)
{
	(void)state;

	for (int which = 0; which < INDEX_VARIANTS; which++) {
		struct fixture f auto_done(fixture_done) = fixture_new(which);
		struct err err = ERR_INIT;
		for (unsigned from = 0; from < N + 50; from += 37) {
			char text[16];
			struct str value;
			struct postings_range range;
			snprintf(text, sizeof(text), "%04u", from);
			struct index_values *it =
			    index_values_new(f.ip, NULL, STR("i"), str_of(text), f.a);
			for (unsigned i = from; i < N; i++) {
				snprintf(text, sizeof(text), "%04u", i);
				assert_int_equal(index_values_next(it, &value, &range, &err),
						 ITER_VALUE);
				expect_str(value, text);
				assert_int_equal(list_length(&f, range), 1);
			}
			assert_int_equal(index_values_next(it, &value, &range, &err), ITER_END);
			assert_int_equal(index_values_next(it, &value, &range, &err), ITER_END);
		}
	}
}

static void a_name_that_does_not_occur_has_no_values(void **state)
{
	struct fixture f auto_done(fixture_done) = fixture_new(1);
	struct postings_range range;
	struct str value = STR("x");
	struct err err = ERR_INIT;
	(void)state;

	struct index_values *it = index_values_new(f.ip, NULL, STR("nope"), STR(""), f.a);
	assert_int_equal(index_values_next(it, &value, &range, &err), ITER_END);
	expect_ok(index_postings_find(f.ip, NULL, STR("nope"), &value, 1, &range, &err), err);
	assert_int_equal(range.end, 0);
}

static void lists_are_found_by_value(void **state)
{
	static const struct {
		const char *value;
		size_t want;
	} cases[] = {
	    {"", 0},     {"0000", 1}, {"0000", 1}, {"00005", 0}, {"0001", 1},
	    {"0031", 1}, {"0032", 1}, {"0200", 1}, {"0200a", 0}, {"0201", 1},
	    {"0495", 1}, {"0499", 1}, {"0500", 0}, {"zzz", 0},
	};
	enum { N_CASES = sizeof(cases) / sizeof(cases[0]) };
	(void)state;

	for (int which = 0; which < INDEX_VARIANTS; which++) {
		struct fixture f auto_done(fixture_done) = fixture_new(which);
		struct str values[N_CASES];
		struct postings_range ranges[N_CASES];
		struct err err = ERR_INIT;
		for (size_t i = 0; i < N_CASES; i++)
			values[i] = str_of(cases[i].value);
		expect_ok(index_postings_find(f.ip, NULL, STR("i"), values, N_CASES, ranges, &err),
			  err);
		for (size_t i = 0; i < N_CASES; i++)
			assert_int_equal(ranges[i].end ? list_length(&f, ranges[i]) : 0,
					 cases[i].want);
		expect_ok(index_postings_find(f.ip, NULL, STR("even"), (struct str[]){STR("yes")},
					      1, ranges, &err),
			  err);
		assert_int_equal(list_length(&f, ranges[0]), N / 2);
	}
}

static void expect_broken(struct fixture *f, const char *want)
{
	struct err err = ERR_INIT;

	index_fix_section(&f->v.bytes, f->toc.postings_table);
	assert_null(index_postings_open(f->v.src, NULL, f->toc.postings_table, &f->toc, 0, &err));
	assert_int_equal(err.code, ERR_CORRUPT);
	if (!strstr(err.msg, want))
		fail_msg("got \"%s\", want \"%s\"", err.msg, want);
}

static void broken_tables_are_corrupt(void **state)
{
	struct fixture f auto_done(fixture_done) = fixture_new(1);
	/* Length, count, and the entry of all series: 2, "", "", its list. */
	uint8_t *table = (uint8_t *)f.v.bytes.p + f.toc.postings_table;
	uint32_t size = load_be32(table);
	struct err err = ERR_INIT;
	(void)state;

	table[4 + size] ^= 1;
	assert_null(index_postings_open(f.v.src, NULL, f.toc.postings_table, &f.toc, 0, &err));
	assert_non_null(strstr(err.msg, "index: postings table: checksum 0x"));
	table[7] ^= 1;
	expect_broken(&f, "503 entries, want 502");
	table[7] ^= 1;
	table[8] = 3;
	expect_broken(&f, "an entry of 3 strings, want 2");
	table[8] = 2;
	uint8_t *last = memmem(table, 4 + size, "0499", 4);
	last[3] = '8';
	expect_broken(&f, "an entry is not above its predecessor");
	last[3] = '9';
	memcpy(table + 11, "\xff\xff\x7f", 3);
	expect_broken(&f, "a list at byte 2097151 is outside of the index");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_come_in_order_without_the_empty_one),
	    cmocka_unit_test(memory_holds_every_32nd_value),
	    cmocka_unit_test(values_are_walked_in_order_from_anywhere),
	    cmocka_unit_test(a_name_that_does_not_occur_has_no_values),
	    cmocka_unit_test(lists_are_found_by_value),
	    cmocka_unit_test(broken_tables_are_corrupt),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
