#include "promql/histogram_stats.h"

#include "tests/lib/expect.h"
#include "tests/lib/series_line.h"

enum { MINUTE = 60000 };

struct fixture {
	struct arena *arena;
	struct samples samples;
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

/* A value a minute from 0 on, with the hints as written. */
static void load(struct fixture *f, const char *values)
{
	struct str text = str_of(arena_printf(f->arena, "m %s", values));
	struct series_line line;
	struct err err = ERR_INIT;

	expect_ok(series_line_parse(f->arena, text, &line, &err), err);
	samples_reserve(f->arena, &f->samples, line.points.n);
	samples_need_histograms(f->arena, &f->samples);
	for (size_t i = 0; i < line.points.n; i++) {
		const struct point *p = &line.points.v[i];
		if (p->kind == POINT_NONE)
			continue;
		size_t k = f->samples.n++;
		f->samples.t_ms[k] = (int64_t)i * MINUTE;
		f->samples.v[k] = p->kind == POINT_FLOAT ? p->v : p->histogram->sum;
		f->samples.hist[k] = (struct histogram *)p->histogram;
	}
}

/* The hints after reading, a letter a sample: ? unknown, r reset, n not reset, g gauge, . float. */
static const char *hints(struct fixture *f, int64_t range_ms, struct steps steps)
{
	struct plan_window window = {.range_ms = range_ms};
	struct samples s = f->samples;
	struct buf out = BUF_INIT(100);

	histogram_stats_read(&s, &window, &steps, f->arena);
	for (size_t i = 0; i < s.n; i++)
		buf_putc(&out, s.hist[i] ? "?rng"[s.hist[i]->hint] : '.');
	char *text = arena_cstr(f->arena, buf_str(&out));
	buf_done(&out);
	return text;
}

#define H(count) "{{count:" #count " sum:1 buckets:[" #count "]}} "

static void what_remains_of_a_histogram_is_its_count_and_its_sum(void **state)
{
	struct fixture *f = *state;
	struct plan_window window = {.range_ms = MINUTE};
	struct steps steps = {0, 1, 1};
	struct samples before, s;
	load(f, "{{schema:2 count:5 sum:9 z_bucket:1 z_bucket_w:0.5 buckets:[1 3] n_buckets:[1] "
		"counter_reset_hint:gauge}}");
	before = s = f->samples;

	histogram_stats_read(&s, &window, &steps, f->arena);

	const struct histogram *h = s.hist[0];
	assert_true(h->schema == 2 && h->count == 5 && h->sum == 9);
	assert_int_equal(h->hint, HISTOGRAM_GAUGE);
	assert_true(h->zero_count == 0 && h->zero_threshold == 0);
	assert_true(h->positive.n == 0 && h->negative.n == 0);
	assert_int_equal(before.hist[0]->positive.n, 2);
}

static void each_histogram_is_compared_with_the_one_before_it(void **state)
{
	struct fixture *f = *state;
	load(f, H(3) H(4) H(2) H(2));

	expect_str(str_of(hints(f, 10 * MINUTE, (struct steps){5 * MINUTE, 1, 1})), "?nrn");
}

static void a_hint_that_is_there_stays(void **state)
{
	struct fixture *f = *state;
	load(f, H(3) "{{count:1 counter_reset_hint:gauge}} {{count:9 counter_reset_hint:reset}} "
		     "{{count:1 counter_reset_hint:not_reset}}");

	expect_str(str_of(hints(f, 10 * MINUTE, (struct steps){5 * MINUTE, 1, 1})), "?grn");
}

static void floats_and_markers_of_staleness_do_not_come_in_between(void **state)
{
	struct fixture *f = *state;
	load(f, H(3) "7 " H(2) "8 " H(2));
	f->samples.hist[1] = arena_alloc(f->arena, sizeof(struct histogram));
	*f->samples.hist[1] = (struct histogram){0};
	memcpy(&f->samples.hist[1]->sum, &(uint64_t){STALE_NAN_BITS}, sizeof(double));

	expect_str(str_of(hints(f, 10 * MINUTE, (struct steps){5 * MINUTE, 1, 1})), "??r.n");
}

static void what_is_in_no_window_is_not_read(void **state)
{
	struct fixture *f = *state;
	load(f, H(3) H(2) H(1) H(0));

	expect_str(str_of(hints(f, MINUTE, (struct steps){2 * MINUTE, 1, 1})), "??r?");
}

static void behind_a_gap_between_windows_reading_starts_anew(void **state)
{
	struct fixture *f = *state;
	load(f, H(9) H(8) H(7) H(6) H(5) H(4));

	/* From 0 to 1 m and from 4 to 5 m. */
	expect_str(str_of(hints(f, MINUTE, (struct steps){MINUTE, 4 * MINUTE, 2})), "?r???r");
	/* From 0 to 1 m, 2 to 3 m, 4 to 5 m: nothing is left out. */
	expect_str(str_of(hints(f, MINUTE, (struct steps){MINUTE, 2 * MINUTE, 3})), "?r?r?r");
}

static void windows_that_touch_are_read_as_one(void **state)
{
	struct fixture *f = *state;
	load(f, H(9) H(8) H(7) H(6));

	expect_str(str_of(hints(f, MINUTE, (struct steps){MINUTE, MINUTE, 3})), "?rrr");
	expect_str(str_of(hints(f, 3 * MINUTE, (struct steps){0, MINUTE, 4})), "?rrr");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_remains_of_a_histogram_is_its_count_and_its_sum),
	    TEST(each_histogram_is_compared_with_the_one_before_it),
	    TEST(a_hint_that_is_there_stays),
	    TEST(floats_and_markers_of_staleness_do_not_come_in_between),
	    TEST(what_is_in_no_window_is_not_read),
	    TEST(behind_a_gap_between_windows_reading_starts_anew),
	    TEST(windows_that_touch_are_read_as_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
