#include "tsdb/postings_plan.h"

#include "tests/lib/expect.h"
#include "tests/lib/index_builder.h"
#include "tests/lib/series_text.h"
#include "tsdb/index_reader.h"
#include "tsdb/postings_answer.h"

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

	struct postings_plan plan =
	    plan_of(ix, a, (struct matcher *[]){any, not_prod, up, not_prod, up}, 5);
	assert_int_equal(plan.n_groups, 2);
	assert_int_equal(plan.groups[0].n_lists, 1);
	expect_str(plan.groups[0].values[0], "up");
	assert_int_equal(plan.groups[0].n_refs, 6);
	assert_int_equal(plan.groups[1].n_lists, 1);
	expect_str(plan.groups[1].values[0], "prod");
	assert_true(plan.groups[1].subtract);

	plan = plan_of(ix, a, (struct matcher *[]){not_prod, nope}, 2);
	assert_true(plan.nothing);
	assert_int_equal(plan.n_groups, 0);

	plan = plan_of(ix, a, (struct matcher *[]){any}, 1);
	assert_int_equal(plan.n_groups, 1);
	expect_str(plan.groups[0].name, "");
}

static void matchers_on_one_label_are_decided_by_its_values(void **state)
{
	struct index_variant v auto_done(index_variant_done) =
	    index_variant_new(1, series, N_SERIES);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct index_reader *ix auto_free(index_reader_close) =
	    index_reader_open(take(v.src), NULL, &err);
	struct matcher *dev auto_free(matcher_unref) = matcher_of(MATCH_EQ, "env", "dev");
	struct matcher *prod auto_free(matcher_unref) = matcher_of(MATCH_EQ, "env", "prod");
	struct matcher *set auto_free(matcher_unref) = matcher_of(MATCH_NEQ, "env", "");
	struct matcher *either auto_free(matcher_unref) =
	    matcher_of(MATCH_RE, "env", "dev|prod|nope");
	(void)state;

	struct postings_plan plan = plan_of(ix, a, (struct matcher *[]){dev, prod}, 2);
	assert_true(plan.nothing);

	plan = plan_of(ix, a, (struct matcher *[]){set, either, dev}, 3);
	assert_int_equal(plan.n_groups, 1);
	assert_int_equal(plan.groups[0].n_lists, 1);
	expect_str(plan.groups[0].values[0], "dev");
}

static void a_label_that_all_series_have_asks_for_nothing(void **state)
{
	struct index_variant v auto_done(index_variant_done) = index_variant_numbered(1, 3000);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct index_reader *ix auto_free(index_reader_close) =
	    index_reader_open(take(v.src), NULL, &err);
	struct matcher *set auto_free(matcher_unref) = matcher_of(MATCH_RE, "i", ".+");
	(void)state;

	struct postings_plan plan = plan_of(ix, a, &set, 1);
	assert_int_equal(plan.n_groups, 1);
	expect_str(plan.groups[0].name, "");
	assert_int_equal(plan.groups[0].n_refs, 3000);
}

static void a_group_of_very_many_lists_keeps_where_they_lie_together(void **state)
{
	enum { N = POSTINGS_GROUP_VALUES_MAX + 1000 };
	struct index_variant v auto_done(index_variant_done) = index_variant_numbered(1, N);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct index_reader *ix auto_free(index_reader_close) =
	    index_reader_open(take(v.src), NULL, &err);
	struct matcher *ms[] = {matcher_of(MATCH_RE, "i", ".*[0-8]")};
	struct postings list;
	(void)state;

	struct postings_plan plan = plan_of(ix, a, ms, 1);
	assert_int_equal(plan.n_groups, 1);
	assert_true(plan.groups[0].n_lists > POSTINGS_GROUP_VALUES_MAX);
	assert_true(plan.groups[0].n_runs < plan.groups[0].n_lists / 2);
	assert_null(plan.groups[0].values);
	expect_ok(postings_for_matchers(ix->src, ix->postings, NULL, (struct matchers){ms, 1}, a,
					&list, &err),
		  err);
	assert_int_equal(list.n, plan.groups[0].n_lists);
	matcher_unref(ms[0]);
}

static void a_group_that_costs_more_than_it_spares_is_left_out(void **state)
{
	struct index_variant v auto_done(index_variant_done) = index_variant_numbered(1, 3000);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct index_reader *ix auto_free(index_reader_close) =
	    index_reader_open(take(v.src), NULL, &err);
	struct matcher *one auto_free(matcher_unref) = matcher_of(MATCH_EQ, "i", "0017");
	struct matcher *most auto_free(matcher_unref) = matcher_of(MATCH_NRE, "i", ".*7");
	struct matcher *ms[] = {one, most};
	(void)state;

	/* On the same label they are one group: nothing to choose. */
	struct postings_plan plan = plan_of(ix, a, ms, 2);
	assert_true(plan.nothing);

	plan = plan_of(ix, a, ms, 1);
	struct postings_group two[2] = {plan.groups[0], plan.groups[0]};
	two[1].subtract = true;
	two[1].n_lists = two[1].n_refs = 1000;
	plan.groups = two;
	plan.n_groups = 2;
	struct postings_deferral d = postings_plan_defer(&plan, &(struct postings_thrift){0});
	assert_true(two[1].deferred && !two[0].deferred);
	assert_int_equal(d.n_for_size, 1);
	assert_int_equal(d.size_bytes, 4000);
	assert_int_equal(postings_plan_deferred(&plan, a).n, 1);

	two[0].n_refs = 1000; /* all of them would have to be read */
	d = postings_plan_defer(&plan, &(struct postings_thrift){0});
	assert_false(two[1].deferred);
	d = postings_plan_defer(
	    &plan, &(struct postings_thrift){.assumes_half = true, .max_lists_per_series = 0.5});
	assert_true(two[1].deferred);
	assert_int_equal(d.n_for_lists, 1);
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
	    cmocka_unit_test(matchers_on_one_label_are_decided_by_its_values),
	    cmocka_unit_test(a_label_that_all_series_have_asks_for_nothing),
	    cmocka_unit_test(a_group_of_very_many_lists_keeps_where_they_lie_together),
	    cmocka_unit_test(a_group_that_costs_more_than_it_spares_is_left_out),
	    cmocka_unit_test(a_plan_over_the_memory_limit_fails),
	    cmocka_unit_test(a_broken_list_is_named_by_its_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
