#include "tsdb/postings_plan.h"

#include "tests/lib/expect.h"
#include "tests/lib/index_builder.h"
#include "tests/lib/series_text.h"
#include "tsdb/index_reader.h"

static const struct built_series series[] = {
    {"__name__=\"down\" job=\"api\"", NULL, 0},
    {"__name__=\"up\"", NULL, 0},
    {"__name__=\"up\" env=\"dev\" job=\"api\"", NULL, 0},
    {"__name__=\"up\" env=\"prod\" job=\"api\"", NULL, 0},
    {"__name__=\"up\" env=\"prod\" job=\"db\"", NULL, 0},
    {"__name__=\"up\" env=\"staging\"", NULL, 0},
    {"__name__=\"up\" job=\"node\"", NULL, 0},
    {"other=\"thing\"", NULL, 0},
};
enum { N_SERIES = sizeof(series) / sizeof(series[0]) };

static struct matcher *matcher_of(enum matcher_type type, const char *name, const char *value)
{
	struct err err = ERR_INIT;
	struct matcher *m = matcher_new(type, str_of(name), str_of(value), &err);

	if (!m)
		fail_msg("%s", err.msg);
	return m;
}

/* The postings name exactly the series that the matchers match one by one. */
static void expect_brute_force(struct index_reader *ix, struct matchers ms)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct symbol_lookup *symbols = symbol_lookup_new(ix->symbols, NULL, a);
	struct buf text auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	struct postings list;

	for (size_t i = 0; i < ms.n; i++) {
		matcher_format(&text, ms.v[i]);
		buf_putc(&text, ' ');
	}
	expect_ok(postings_for_matchers(ix->src, ix->postings, NULL, ms, a, &list, &err), err);
	struct postings_cursor c = postings_walk(list);
	for (size_t i = 0; i < N_SERIES; i++) {
		struct labels want = labels_from_text(a, series[i].labels), got;
		struct index_series s;
		if (!matchers_match(ms, want))
			continue;
		if (!postings_next(&c))
			fail_msg("%s: %s is missing", buf_cstr(&text), series[i].labels);
		expect_ok(index_series_read(ix->src, NULL, c.ref, ix->toc.version, a, &s, &err),
			  err);
		expect_ok(index_series_labels(&s, symbols, a, &got, &err), err);
		if (!labels_eq(got, want))
			fail_msg("%s: %s is not what was found", buf_cstr(&text), series[i].labels);
	}
	if (postings_next(&c))
		fail_msg("%s: more series than match", buf_cstr(&text));
}

static const struct {
	enum matcher_type type;
	const char *name, *value;
} menu[] = {
    {MATCH_EQ, "__name__", "up"},  {MATCH_EQ, "env", "prod"},     {MATCH_EQ, "env", ""},
    {MATCH_EQ, "job", "nope"},     {MATCH_EQ, "nope", ""},        {MATCH_NEQ, "env", "prod"},
    {MATCH_NEQ, "env", ""},        {MATCH_NEQ, "job", "nope"},    {MATCH_NEQ, "nope", "x"},
    {MATCH_NEQ, "__name__", "up"}, {MATCH_RE, "env", "prod|dev"}, {MATCH_RE, "env", "prod|"},
    {MATCH_RE, "env", ".*"},       {MATCH_RE, "env", ".+"},       {MATCH_RE, "env", "p.*"},
    {MATCH_RE, "env", "(dev)?"},   {MATCH_RE, "job", "a.i|d."},   {MATCH_NRE, "env", "prod|dev"},
    {MATCH_NRE, "env", "prod|"},   {MATCH_NRE, "env", ".*"},      {MATCH_NRE, "env", ".+"},
    {MATCH_NRE, "env", "p.*"},     {MATCH_NRE, "env", "(dev)?"},  {MATCH_NRE, "job", "a.i|d."},
};
enum { N_MENU = sizeof(menu) / sizeof(menu[0]) };

/* All sets of up to three matchers from the menu. */
static void every_set_of_matchers_finds_what_they_match_one_by_one(void **state)
{
	struct matcher *all[N_MENU];
	(void)state;

	for (size_t i = 0; i < N_MENU; i++)
		all[i] = matcher_of(menu[i].type, menu[i].name, menu[i].value);
	for (int which = 0; which < INDEX_VARIANTS; which++) {
		struct index_variant v auto_done(index_variant_done) =
		    index_variant_new(which, series, N_SERIES);
		struct err err = ERR_INIT;
		struct index_reader *ix auto_free(index_reader_close) =
		    index_reader_open(take(v.src), NULL, &err);
		assert_non_null(ix);
		expect_brute_force(ix, (struct matchers){0});
		for (size_t i = 0; i < N_MENU; i++)
			for (size_t k = i; k < N_MENU; k++)
				for (size_t l = which < 2 ? k : N_MENU - 1; l < N_MENU; l++) {
					struct matcher *ms[] = {all[l], all[i], all[k]};
					expect_brute_force(ix, (struct matchers){ms, 3});
				}
	}
	for (size_t i = 0; i < N_MENU; i++)
		matcher_unref(all[i]);
}

static struct postings_plan plan_of(struct index_reader *ix, struct arena *a,
				    struct matcher *const *v, size_t n)
{
	struct postings_plan plan;
	struct err err = ERR_INIT;

	expect_ok(postings_plan_make(ix->postings, NULL, (struct matchers){v, n}, a, &plan, &err),
		  err);
	return plan;
}

static void a_plan_asks_for_as_few_lists_as_possible(void **state)
{
	struct index_variant v auto_done(index_variant_done) =
	    index_variant_new(1, series, N_SERIES);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct index_reader *ix auto_free(index_reader_close) =
	    index_reader_open(take(v.src), NULL, &err);
	struct matcher *up auto_free(matcher_unref) = matcher_of(MATCH_EQ, "__name__", "up");
	struct matcher *nope auto_free(matcher_unref) = matcher_of(MATCH_EQ, "job", "nope");
	struct matcher *not_prod auto_free(matcher_unref) = matcher_of(MATCH_NEQ, "env", "prod");
	struct matcher *any auto_free(matcher_unref) = matcher_of(MATCH_RE, "env", ".*");
	(void)state;

	struct postings_plan plan = plan_of(ix, a, (struct matcher *[]){any, not_prod, up}, 3);
	assert_int_equal(plan.n_groups, 2);
	assert_int_equal(plan.n_keys, 2);
	expect_str(plan.keys[0].value, "up");
	expect_str(plan.keys[1].value, "prod");
	assert_true(plan.groups[1].subtract);

	plan = plan_of(ix, a, (struct matcher *[]){not_prod, nope}, 2);
	assert_true(plan.nothing);
	assert_int_equal(plan.n_keys, 0);

	plan = plan_of(ix, a, (struct matcher *[]){any}, 1);
	assert_int_equal(plan.n_keys, 1);
	expect_str(plan.keys[0].name, "");
}

static void a_plan_over_the_memory_limit_fails(void **state)
{
	struct index_variant v auto_done(index_variant_done) = index_variant_numbered(1, 5000);
	struct err err = ERR_INIT;
	struct index_reader *ix auto_free(index_reader_close) =
	    index_reader_open(take(v.src), NULL, &err);
	struct matcher *all auto_free(matcher_unref) = matcher_of(MATCH_NEQ, "i", "");
	struct tracker tracker;
	struct postings list;
	(void)state;

	tracker_init(&tracker, NULL, "the query", "--limit", 64 << 10);
	struct arena *a auto_free(arena_free) = arena_new(&tracker);
	expect_err(postings_for_matchers(ix->src, ix->postings, NULL, (struct matchers){&all, 1}, a,
					 &list, &err),
		   err, ERR_LIMIT, "--limit");
	assert_true(tracker.peak_bytes < 300 << 10);
}

static void a_broken_list_is_named_by_its_place(void **state)
{
	struct index_variant v auto_done(index_variant_done) =
	    index_variant_new(1, series, N_SERIES);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct index_reader *ix auto_free(index_reader_close) =
	    index_reader_open(take(v.src), NULL, &err);
	struct postings list;
	uint64_t at = index_postings_all(ix->postings).start;
	(void)state;

	v.bytes.p[at + 8] ^= 1;
	expect_err(postings_for_matchers(ix->src, ix->postings, NULL, (struct matchers){0}, a,
					 &list, &err),
		   err, ERR_CORRUPT, "postings list: checksum");
	assert_int_equal(strncmp(err.msg, "index: at byte ", 15), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_set_of_matchers_finds_what_they_match_one_by_one),
	    cmocka_unit_test(a_plan_asks_for_as_few_lists_as_possible),
	    cmocka_unit_test(a_plan_over_the_memory_limit_fails),
	    cmocka_unit_test(a_broken_list_is_named_by_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
