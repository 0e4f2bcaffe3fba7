#include "compaction/planner.h"

#include "tests/lib/expect.h"

#include <stdlib.h>

enum { MAX_BLOCKS = 16 };

static const int64_t ranges[] = {20, 60, 180, 540};

/* "0-20" a block, "0-20!" one that is marked, "0-20x" one whose compaction failed, "0-20%" one of
 * which much was deleted. */
static size_t read_blocks(const char *text, struct meta *metas, struct planned_block *out)
{
	size_t n = 0;
	char *end;

	for (; *text; n++) {
		struct meta *m = &metas[n];
		*m = (struct meta){.id.bytes = {[15] = (uint8_t)n}, .stats.n_series = 100};
		m->min_t_ms = strtol(text, &end, 10);
		m->max_t_ms = strtol(end + 1, &end, 10);
		size_t n_signs = strcspn(end, " ");
		out[n] = (struct planned_block){m, memchr(end, '!', n_signs) != NULL};
		m->compaction.has_failed = memchr(end, 'x', n_signs) != NULL;
		m->stats.n_tombstones = memchr(end, '%', n_signs) ? 6 : 5;
		text = end + n_signs;
		text += *text == ' ';
	}
	return n;
}

static void expect_plan(const char *blocks, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf text auto_done(buf_done) = BUF_INIT(1 << 10);
	struct planned_block planned[MAX_BLOCKS];
	struct meta metas[MAX_BLOCKS];
	size_t n = read_blocks(blocks, metas, planned);

	struct compaction_plan plan = compaction_plan_make(planned, n, ranges, 4, a);
	for (size_t i = 0; i < plan.n; i++)
		buf_printf(&text, "%s%ld-%ld", i ? " " : "", plan.blocks[i]->min_t_ms,
			   plan.blocks[i]->max_t_ms);
	if (!str_is(buf_str(&text), want))
		fail_msg("of %s are planned \"%.*s\", want \"%s\"", blocks, STR_FMT(buf_str(&text)),
			 want);
}

struct plan_case {
	const char *blocks;
	const char *want;
};

static void expect_plans(const struct plan_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect_plan(cases[i].blocks, cases[i].want);
}

#define EXPECT_PLANS(...)                                                                          \
	do {                                                                                       \
		static const struct plan_case cases[] = {__VA_ARGS__};                             \
		expect_plans(cases, sizeof(cases) / sizeof(*cases));                               \
	} while (0)

static void few_blocks_are_left_alone(void **state)
{
	(void)state;
	EXPECT_PLANS({"", ""}, {"0-20", ""}, {"0-20 20-40", ""}, {"0-20 20-40 40-60", ""});
}

static void a_range_is_compacted_once_a_newer_block_is_there(void **state)
{
	(void)state;
	EXPECT_PLANS({"0-20 20-40 40-60 60-80", "0-20 20-40 40-60"},
		     {"0-20 20-40 40-60 60-80 80-100", "0-20 20-40 40-60"},
		     /* With gaps. */
		     {"0-20 40-60 60-80", "0-20 40-60"}, {"0-20 20-40 60-80 80-100", "0-20 20-40"},
		     {"20-40 40-60 60-80 80-100", "20-40 40-60"});
}

static void the_newest_block_does_not_count_as_newer(void **state)
{
	(void)state;
	/* 60-80 is left out, and behind 20-40 nothing newer is left. */
	EXPECT_PLANS({"0-20 20-40 60-80", ""}, {"0-20 20-40 40-50 60-80", ""});
}

static void larger_ranges_come_after_smaller_ones(void **state)
{
	(void)state;
	EXPECT_PLANS(
	    {"0-60 60-120 120-180 180-200", "0-60 60-120 120-180"},
	    {"0-60 60-120 120-180 180-200 200-220 220-240 240-260", "180-200 200-220 220-240"},
	    {"0-60 60-120 120-180 180-240 240-300 300-360 360-420", "0-60 60-120 120-180"},
	    {"0-180 180-360 360-540 540-560", "0-180 180-360 360-540"},
	    {"0-540 540-1080 1080-1100", ""});
}

static void ranges_are_aligned_before_the_epoch_too(void **state)
{
	(void)state;
	EXPECT_PLANS({"-60--40 -40--20 -20-0 0-20", "-60--40 -40--20 -20-0"},
		     {"-20-0 0-20 20-40 40-60 60-80", "0-20 20-40 40-60"});
}

static void a_block_across_the_border_of_ranges_is_passed_over(void **state)
{
	(void)state;
	EXPECT_PLANS({"0-20 50-70 70-90 90-110 120-140 140-160", "70-90 90-110"});
}

static void blocks_that_overlap_come_first(void **state)
{
	(void)state;
	EXPECT_PLANS({"0-20 10-30", "0-20 10-30"}, {"0-20 20-40 40-60 50-70", "40-60 50-70"},
		     /* By way of others; but only the first ones. */
		     {"0-20 10-30 25-40 40-60 50-70", "0-20 10-30 25-40"},
		     {"0-100 10-20 30-40 100-120", "0-100 10-20 30-40"},
		     {"0-20 0-20 0-20", "0-20 0-20 0-20"});
}

static void marked_blocks_are_left_out_without_leaving_gaps(void **state)
{
	(void)state;
	EXPECT_PLANS(
	    {"0-20! 20-40 40-60 60-80", "20-40 40-60"}, {"0-20 20-40! 40-60 60-80", ""},
	    {"0-20 20-40 40-60! 60-80", "0-20 20-40"}, {"0-20! 20-40! 40-60! 60-80", ""},
	    {"0-20! 20-40 40-60! 60-80", ""},
	    /* The newest block is the newest, marked or not. */
	    {"0-20 20-40 40-60 60-80!", "0-20 20-40 40-60"}, {"0-20 10-30! 30-50", ""},
	    {"0-20 5-15! 10-30", "0-20 10-30"},
	    {"0-60 60-120! 120-180 180-240 240-300 300-360 360-380", "180-240 240-300 300-360"});
}

static void a_range_with_a_block_that_failed_is_not_tried_again(void **state)
{
	(void)state;
	EXPECT_PLANS({"0-20x 20-40 40-60 60-80", ""},
		     {"0-20x 20-40 40-60 60-80 80-100 100-120 120-140", "60-80 80-100 100-120"});
}

static void a_large_block_is_written_again_when_much_of_it_is_deleted(void **state)
{
	(void)state;
	EXPECT_PLANS({"0-180% 180-200", "0-180"}, {"0-180 180-200", ""},
		     /* Neither the newest block nor a small one. */
		     {"0-180%", ""}, {"0-60% 60-80", ""}, {"0-180% 180-240 240-260", ""},
		     {"0-180% 180-360% 360-380", "180-360"}, {"0-180%! 180-200", ""});
}

static void overlaps_of_a_plan_are_seen(void **state)
{
	const struct meta a = {.min_t_ms = 0, .max_t_ms = 20}, b = {.min_t_ms = 20, .max_t_ms = 40},
			  c = {.min_t_ms = 19, .max_t_ms = 21};
	const struct meta *apart[] = {&a, &b}, *over[] = {&a, &c};
	(void)state;

	assert_false(compaction_plan_overlaps(&(struct compaction_plan){apart, 2}));
	assert_true(compaction_plan_overlaps(&(struct compaction_plan){over, 2}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(few_blocks_are_left_alone),
	    cmocka_unit_test(a_range_is_compacted_once_a_newer_block_is_there),
	    cmocka_unit_test(the_newest_block_does_not_count_as_newer),
	    cmocka_unit_test(larger_ranges_come_after_smaller_ones),
	    cmocka_unit_test(ranges_are_aligned_before_the_epoch_too),
	    cmocka_unit_test(a_block_across_the_border_of_ranges_is_passed_over),
	    cmocka_unit_test(blocks_that_overlap_come_first),
	    cmocka_unit_test(marked_blocks_are_left_out_without_leaving_gaps),
	    cmocka_unit_test(a_range_with_a_block_that_failed_is_not_tried_again),
	    cmocka_unit_test(a_large_block_is_written_again_when_much_of_it_is_deleted),
	    cmocka_unit_test(overlaps_of_a_plan_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
