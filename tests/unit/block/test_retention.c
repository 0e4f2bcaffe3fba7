#include "base/duration.h"
#include "block/markers.h"
#include "block/retention.h"
#include "objstore/inmem.h"
#include "tests/lib/block_views.h"
#include "tests/lib/expect.h"
#include "tests/lib/fault_bucket.h"

#define NOW_MS (BLOCK_VIEWS_T_MS + 100 * MS_PER_DAY)

static void add(struct block_view *view, char letter, int64_t age_ms, int64_t resolution_ms)
{
	block_views_add(view, letter,
			(struct meta){.max_t_ms = NOW_MS - age_ms, .resolution_ms = resolution_ms});
}

/* The letters of the blocks that are marked. */
static void expect_marked(struct bucket *b, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	char got[32] = "";

	for (char c = 'A'; c <= 'H'; c++) {
		struct block_mark mark;
		struct err err = ERR_INIT;
		if (mark_read(b, NULL, MARK_DELETION, block_views_id(c), a, &mark, &err))
			strncat(got, &c, 1);
	}
	assert_string_equal(got, want);
}

static void blocks_that_ended_too_long_ago_are_marked(void **state)
{
	struct retention keep = {.raw_ms = 10 * MS_PER_DAY, .five_minutes_ms = 20 * MS_PER_DAY};
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct metrics *metrics auto_free(metrics_free) = metrics_new();
	struct counter *marked = metrics_counter(metrics, "marked", "");
	struct block_view view auto_done(block_view_done) = {0};
	struct fake_clock clock;
	struct err err = ERR_INIT;
	(void)state;

	fake_clock_init(&clock, NOW_MS);
	add(&view, 'A', 10 * MS_PER_DAY + 1000, 0);
	add(&view, 'B', 10 * MS_PER_DAY, 0);
	add(&view, 'C', 15 * MS_PER_DAY, 300000);
	add(&view, 'D', 21 * MS_PER_DAY, 300000);
	add(&view, 'E', 99 * MS_PER_DAY, 3600000); /* for ever */
	add(&view, 'F', 99 * MS_PER_DAY, 77);      /* nobody's */
	block_views_add(&view, 'G', (struct meta){.max_t_ms = INT64_MAX});
	block_views_add(&view, 'H', (struct meta){.max_t_ms = INT64_MIN});
	for (int i = 0; i < 2; i++) { /* a mark that is there stays */
		expect_ok(retention_apply(&keep, b, NULL, &view, &clock.base, marked, NULL, &err),
			  err);
		expect_marked(b, "ADH");
		assert_int_equal(counter_value(marked), 3);
	}
}

static void a_mark_tells_how_long_blocks_are_kept(void **state)
{
	struct retention keep = {.raw_ms = 36 * MS_PER_H};
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct block_view view auto_done(block_view_done) = {0};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct fake_clock clock;
	struct block_mark mark;
	struct err err = ERR_INIT;
	(void)state;

	fake_clock_init(&clock, NOW_MS);
	add(&view, 'A', 2 * MS_PER_DAY, 0);
	expect_ok(retention_apply(&keep, b, NULL, &view, &clock.base, NULL, NULL, &err), err);
	expect_ok(mark_read(b, NULL, MARK_DELETION, block_views_id('A'), a, &mark, &err), err);
	expect_str(mark.details, "block exceeding retention of 36h0m0s");
	assert_int_equal(mark.time_s, NOW_MS / 1000);
}

static void a_failing_bucket_is_a_failure(void **state)
{
	struct retention keep = {.raw_ms = 1};
	struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct fault_bucket *faulty = fault_bucket_new(b, FAULT_REQUEST_LOST, 0);
	struct block_view view auto_done(block_view_done) = {0};
	struct err err = ERR_INIT;
	(void)state;

	add(&view, 'A', MS_PER_DAY, 0);
	expect_err(
	    retention_apply(&keep, &faulty->base, NULL, &view, &clock_system, NULL, NULL, &err),
	    err, ERR_UNAVAILABLE, "apply retention: mark block");
	bucket_close(&faulty->base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blocks_that_ended_too_long_ago_are_marked),
	    cmocka_unit_test(a_mark_tells_how_long_blocks_are_kept),
	    cmocka_unit_test(a_failing_bucket_is_a_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
