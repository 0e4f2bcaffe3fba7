#include "base/alloc.h"
#include "base/pool.h"
#include "base/rand.h"
#include "model/histogram.h"
#include "tests/lib/expect.h"
#include "tests/lib/query_rig.h"
#include "tests/lib/wait.h"

#include <stdatomic.h>
#include <stdio.h>

enum { SCRAPE_MS = 15000, N_SAMPLES = 24, N_SERIES = 1500, N_HISTOGRAMS = 300 };

/* --- data ------------------------------------------------------------------------------------- */

static struct label make_label(struct arena *a, const char *name, const char *fmt, unsigned value)
{
	struct str text = str_of(arena_printf(a, fmt, value));
	return (struct label){str_of(name), text};
}

static void add_series(struct memory_queryable *data, struct rand *r, const char *name, unsigned i,
		       const char *type)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct label v[4] = {{STR(LABEL_NAME), str_of(name)}};
	struct samples s = {0};
	double value = rand_unit(r) * 1000;
	size_t n = 1;

	if (type)
		v[n++] = (struct label){STR("__type__"), str_of(type)};
	v[n++] = make_label(a, "instance", "%06u", i);
	v[n++] = make_label(a, "job", "%u", i % 7);
	samples_reserve(a, &s, N_SAMPLES);
	for (int64_t k = 0; k < N_SAMPLES; k++) {
		uint64_t what = rand_below(r, 40);
		uint64_t stale = STALE_NAN_BITS;
		if (what == 0)
			continue;
		value = what == 1 ? 0 : value + rand_unit(r) * 17;
		s.t_ms[s.n] = k * SCRAPE_MS + (int64_t)rand_below(r, 30);
		s.v[s.n] = value;
		if (what == 2)
			memcpy(&s.v[s.n], &stale, sizeof(stale));
		s.n++;
	}
	assert_true(memory_queryable_add(data, (struct labels){v, n}, &s));
}

static void load(struct query_rig *rig)
{
	struct rand r;

	rand_seed(&r, 7);
	for (unsigned i = 0; i < N_SERIES; i++)
		add_series(rig->data, &r, "m_total", i, NULL);
	for (unsigned i = 0; i < N_SERIES; i += 5)
		add_series(rig->data, &r, "n", i, NULL);
	for (unsigned i = 0; i < N_HISTOGRAMS; i++) {
		char line[256];
		snprintf(line, sizeof(line),
			 "h{instance=\"%03u\", job=\"%u\"} {{schema:0 sum:%u.7 count:6 buckets:[1 "
			 "2 3]}}+{{schema:0 sum:3.3 count:4 buckets:[0 4]}}x%u 5x3",
			 i, i % 3, i, 5 + i % 9);
		query_rig_load(rig, SCRAPE_MS, line);
	}
}

static struct query_rig rig;

static int with_data(void **state)
{
	(void)state;
	query_rig_init(&rig);
	load(&rig);
	rig.all_digits = true;
	return 0;
}

static int without_data(void **state)
{
	(void)state;
	query_rig_done(&rig);
	return 0;
}

/* --- the same bits ---------------------------------------------------------------------------- */

static const char *const queries[] = {
    "m_total",
    "m_total offset 40s",
    "m_total @ 200",
    "timestamp(m_total)",
    "timestamp(m_total + 0)",
    "rate(m_total[1m])",
    "sum(m_total)",
    "sum(m_total @ end())",
    "sum by (job) (rate(m_total[1m]))",
    "avg without (instance) (increase(m_total[2m]))",
    "stddev by (job) (rate(m_total[1m]))",
    "stdvar(m_total)",
    "count by (job) (m_total > 500)",
    "min by (job) (-m_total)",
    "max(abs(m_total - 600))",
    "quantile by (job) (0.3, rate(m_total[1m]))",
    "topk(5, rate(m_total[1m]))",
    "bottomk by (job) (2, m_total)",
    "limitk(10, m_total)",
    "count_values(\"v\", round(m_total, 100))",
    "m_total - on (instance, job) n",
    "sum(rate(m_total[1m])) / sum(rate(m_total[2m]))",
    "m_total unless n",
    "m_total - m_total * 2",
    "rate(m_total[1m]) > 1 and rate(m_total[1m]) < 5",
    "n or m_total",
    "sort_desc(n % 13)",
    "sum_over_time(rate(m_total[1m])[2m:20s])",
    "avg(max_over_time((m_total * 2)[1m:15s]))",
    "deriv(m_total[2m])",
    "predict_linear(m_total[2m], 60)",
    "quantile_over_time(scalar(sum(n)) / 1e9, m_total[2m])",
    "double_exponential_smoothing(n[2m], 0.3, 0.6)",
    "clamp(m_total, 100, time())",
    "m_total * scalar(count(n))",
    "label_replace(rate(n[1m]), \"x\", \"$1\", \"job\", \"(.*)\")",
    "absent(m_total)",
    "absent_over_time(n[1m])",
    "sum({job=\"1\"})",
    "rate({job=\"1\"}[1m])",
    "-{job=\"1\"}",
    "last_over_time({job=\"1\"}[1m])",
    "sum(rate(h[1m]))",
    "avg by (job) (h)",
    "histogram_quantile(0.9, sum(rate(h[1m])))",
    "histogram_sum(h) + 1",
    "rate(h[1m]) * 2",
    "max(h)",
    "stddev(rate(m_total[1m])) + on () group_right () sum by (job) (n)",
    "m_total[1m]",
};

/* The answer, and then what is to be said about it. */
static const char *answer(const char *query, struct query_time time)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct note note;

	buf_puts(&out, query_rig_answer(&rig, query, time));
	for (size_t i = 0; notes_get(&rig.notes, i, &note); i++)
		buf_printf(&out, "\n%s", note.text);
	return arena_cstr(rig.arena, buf_str(&out));
}

static const char *answer_with(unsigned n_helpers, const char *query, struct query_time time)
{
	struct pool *pool auto_free(pool_free) = pool_new(
	    &(struct pool_options){.name = "engine", .max_threads = n_helpers, .max_backlog = 100});
	struct tracker tracker auto_done(tracker_done);

	tracker_init(&tracker, NULL, "the query", "no flag", 0);
	rig.tracker = &tracker;
	rig.opts.helpers = pool;
	rig.opts.max_helpers = n_helpers;
	const char *text = answer(query, time);
	rig.opts.helpers = NULL;
	rig.tracker = NULL;
	assert_int_equal(tracker.used_bytes, 0);
	return text;
}

static void expect_same_bits(const char *query, struct query_time time)
{
	static const unsigned n_helpers[] = {1, 2, 7};
	const char *alone = answer(query, time);

	for (size_t i = 0; i < sizeof(n_helpers) / sizeof(*n_helpers); i++) {
		const char *together = answer_with(n_helpers[i], query, time);
		if (strcmp(alone, together) != 0)
			fail_msg("%s with %u helpers:\n%.2000s\nwithout:\n%.2000s", query,
				 n_helpers[i], together, alone);
	}
	arena_clear(rig.arena);
}

static void an_answer_has_the_same_bits_with_any_number_of_threads(void **state)
{
	(void)state;
	for (int delayed = 0; delayed < 2; delayed++) {
		rig.opts.delayed_name_removal = delayed;
		for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++) {
			expect_same_bits(queries[i], query_instant(240000));
			if (!strchr(queries[i], '[') || !str_ends(str_of(queries[i]), STR("]")))
				expect_same_bits(queries[i],
						 (struct query_time){60000, 300000, 60000});
		}
	}
	rig.opts.delayed_name_removal = false;
}

static void without_any_step_nothing_is_found(void **state)
{
	(void)state;
	assert_string_equal(answer_with(2, "sum(rate(m_total[1m]))", (struct query_time){10, 5, 1}),
			    "");
}

static void series_with_types_that_become_the_same_are_an_error_as_ever(void **state)
{
	struct query_rig *r = &rig;
	struct rand random;
	(void)state;

	rand_seed(&random, 3);
	for (unsigned i = 0; i < N_SERIES; i++)
		add_series(r->data, &random, "typed_total", i, "gauge");
	expect_same_bits("sum(rate(typed_total[1m]))", query_instant(240000));
	add_series(r->data, &random, "typed_total", N_SERIES - 1, "untyped");
	assert_string_equal(answer_with(7, "sum(rate(typed_total[1m]))", query_instant(240000)),
			    "error: vector cannot contain metrics with the same labelset");
}

static void limits_are_those_of_one_thread(void **state)
{
	(void)state;
	rig.opts.max_series = 1200;
	expect_same_bits("sum(m_total)", query_instant(240000));
	assert_string_equal(answer_with(2, "sum(m_total)", query_instant(240000)),
			    "error: selector m_total: the query selects more than the 1200 series "
			    "that --query.max-series allows");
	rig.opts.max_series = 0;
	rig.opts.max_samples = 10;
	expect_same_bits("sum(rate(m_total[1m] offset 1s))", query_instant(240000));
	rig.opts.max_samples = 4;
	expect_same_bits("sum(rate(m_total[1m] offset 1s))", query_instant(240000));
	rig.opts.max_samples = 1000;
	expect_same_bits("quantile(0.1, m_total)", query_instant(240000));
	rig.opts.max_samples = 0;
}

/* --- errors and ends -------------------------------------------------------------------------- */

/* Counts what is read from the data, and makes something happen at one of the reads. */
struct watched {
	struct queryable base; /* first, so that the two pointers convert */
	struct queryable *data;
	struct ctx *cancels;
	atomic_uint n_reads;
	atomic_bool is_canceled;
	atomic_uint n_late; /* reads that began afterwards */
	unsigned happens_at;
	bool fails;
};

static struct series_iter *watched_select(struct queryable *base, struct ctx *ctx,
					  struct matchers matchers,
					  const struct select_hints *hints, struct notes *notes,
					  struct tracker *tracker, struct err *err)
{
	struct watched *w = (struct watched *)base;
	return queryable_select(w->data, ctx, matchers, hints, notes, tracker, err);
}

static bool watched_read(struct queryable *base, const struct series *s,
			 const struct select_hints *hints, struct arena *a, struct samples *out,
			 struct err *err)
{
	struct watched *w = (struct watched *)base;
	unsigned n = atomic_fetch_add(&w->n_reads, 1) + 1;

	atomic_fetch_add(&w->n_late, atomic_load(&w->is_canceled));
	if (n == w->happens_at && w->cancels) {
		ctx_cancel(w->cancels, ERR_CANCELED, "the client went away");
		atomic_store(&w->is_canceled, true);
	}
	if (w->fails && str_is(labels_get(s->labels, STR("instance")), "001100"))
		return err_set(err, ERR_CORRUPT, "a chunk is broken");
	return queryable_read(w->data, s, hints, a, out, err);
}

static const struct queryable_ops watched_ops = {.select = watched_select, .read = watched_read};

/* Pulls until `n_series` or the end. How many came. */
static size_t pull(struct watched *w, const char *query, unsigned n_helpers, size_t n_series,
		   struct err *err)
{
	struct pool *pool auto_free(pool_free) = pool_new(
	    &(struct pool_options){.name = "engine", .max_threads = n_helpers, .max_backlog = 100});
	struct promql_engine_opts opts = {.helpers = pool, .max_helpers = n_helpers};
	struct result_series s;
	size_t n = 0;

	w->base.ops = &watched_ops;
	w->data = memory_queryable(rig.data);
	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(str_of(query), &opts, query_instant(240000), err);
	assert_non_null(plan);
	struct promql_result *result auto_free(promql_result_free) =
	    promql_execute(plan, &w->base, w->cancels, NULL, NULL, err);
	assert_non_null(result);
	while (n < n_series && promql_result_next(result, &s, err) == ITER_VALUE)
		n++;
	return n;
}

static void after_a_cancel_each_thread_touches_at_most_one_more_series(void **state)
{
	(void)state;
	for (unsigned n_helpers = 1; n_helpers < 4; n_helpers++) {
		struct ctx *ctx auto_free(ctx_free) = ctx_new(NULL, CTX_NO_DEADLINE);
		struct watched w = {.cancels = ctx, .happens_at = 700};
		struct err err = ERR_INIT;
		pull(&w, "sum(rate(m_total[1m]))", n_helpers, SIZE_MAX, &err);
		assert_int_equal(err.code, ERR_CANCELED);
		assert_true(w.n_reads >= 700);
		assert_in_range(w.n_late, 0, n_helpers);
	}
}

static void a_deadline_ends_it_just_so(void **state)
{
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 0);
	struct watched w = {.cancels = ctx};
	struct err err = ERR_INIT;
	(void)state;

	assert_int_equal(pull(&w, "m_total", 2, SIZE_MAX, &err), 0);
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_int_equal(w.n_reads, 0);
}

static void an_error_comes_after_the_series_before_it(void **state)
{
	(void)state;
	for (unsigned n_helpers = 1; n_helpers < 4; n_helpers++) {
		struct watched w = {.fails = true};
		struct err err = ERR_INIT;
		assert_int_equal(
		    pull(&w, "last_over_time(m_total[10m])", n_helpers, SIZE_MAX, &err), 1100);
		assert_int_equal(err.code, ERR_CORRUPT);
	}
}

static void an_answer_may_be_left_at_any_series(void **state)
{
	(void)state;
	for (size_t n = 0; n < 1200; n += 97) {
		struct watched w = {0};
		struct err err = ERR_INIT;
		assert_int_equal(pull(&w, "m_total * 2", 3, n, &err), n);
		assert_int_equal(err.code, ERR_OK);
	}
}

static void occupy(void *arg)
{
	atomic_bool *is_over = arg;
	wait_until(atomic_load(is_over));
}

static void a_query_does_not_wait_for_a_thread_that_has_other_work(void **state)
{
	struct pool *pool auto_free(pool_free) =
	    pool_new(&(struct pool_options){.name = "engine", .max_threads = 1, .max_backlog = 2});
	atomic_bool is_over = false;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(pool_submit(pool, occupy, &is_over, &err), err);
	wait_until(pool_stats(pool).n_busy == 1);
	const char *alone = answer("sum by (job) (m_total)", query_instant(240000));
	for (int i = 0; i < 4; i++) {
		rig.opts.helpers = pool;
		rig.opts.max_helpers = 1;
		assert_string_equal(answer("sum by (job) (m_total)", query_instant(240000)), alone);
	}
	rig.opts.helpers = NULL;
	is_over = true;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_answer_has_the_same_bits_with_any_number_of_threads),
	    cmocka_unit_test(without_any_step_nothing_is_found),
	    cmocka_unit_test(series_with_types_that_become_the_same_are_an_error_as_ever),
	    cmocka_unit_test(limits_are_those_of_one_thread),
	    cmocka_unit_test(after_a_cancel_each_thread_touches_at_most_one_more_series),
	    cmocka_unit_test(a_deadline_ends_it_just_so),
	    cmocka_unit_test(an_error_comes_after_the_series_before_it),
	    cmocka_unit_test(an_answer_may_be_left_at_any_series),
	    cmocka_unit_test(a_query_does_not_wait_for_a_thread_that_has_other_work),
	};
	return cmocka_run_group_tests(tests, with_data, without_data);
}
