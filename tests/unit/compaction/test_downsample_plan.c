#include "compaction/downsample_plan.h"

#include "tests/lib/expect.h"

enum { HOUR_MS = 3600 * 1000, MAX_SOURCES = 3 };

struct block {
	uint8_t id;
	int64_t resolution_ms;
	int64_t hours;
	uint8_t sources[MAX_SOURCES]; /* 0: no more */
};

static void add_block(struct block_view *view, const struct block *b)
{
	struct ulid sources[MAX_SOURCES] = {0};
	struct meta m = {
	    .id = {{b->id}},
	    .max_t_ms = b->hours * HOUR_MS,
	    .resolution_ms = b->resolution_ms,
	    .compaction.sources = sources,
	    .upload_time_ms = META_NO_UPLOAD_TIME,
	};

	for (size_t i = 0; i < MAX_SOURCES && b->sources[i]; i++)
		sources[m.compaction.n_sources++].bytes[0] = b->sources[i];
	vec_push(&view->metas, meta_new(&m));
}

/* What is planned, as "1>300000 2>3600000 ". */
static void expect_plan(const struct block *blocks, size_t n, const char *want)
{
	struct block_view view auto_done(block_view_done) = {0};
	struct downsample_plan plan auto_done(downsample_plan_done) = {0};
	struct buf got auto_done(buf_done) = BUF_INIT(1 << 10);
	struct err err = ERR_INIT;

	for (size_t i = 0; i < n; i++)
		add_block(&view, &blocks[i]);
	expect_ok(downsample_plan_make(&view, &plan, &err), err);

	for (size_t i = 0; i < plan.tasks.n; i++)
		buf_printf(&got, "%d>%ld ", plan.tasks.v[i].source->id.bytes[0],
			   plan.tasks.v[i].resolution_ms);
	expect_str(buf_str(&got), want);
}

#define EXPECT_PLAN(want, ...)                                                                     \
	expect_plan((const struct block[]){__VA_ARGS__},                                           \
		    sizeof((const struct block[]){__VA_ARGS__}) / sizeof(struct block), want)

static void blocks_that_are_long_enough_are_planned(void **state)
{
	(void)state;

	EXPECT_PLAN("2>300000 4>3600000 ", {1, 0, 39, {1}}, {2, 0, 40, {2}}, {3, 300000, 239, {3}},
		    {4, 300000, 240, {4}}, {5, 3600000, 999, {5}});
}

static void what_was_downsampled_is_not_planned_again(void **state)
{
	(void)state;

	EXPECT_PLAN("", {1, 0, 48, {7, 8}}, {2, 300000, 240, {7, 8, 9}},
		    {3, 3600000, 240, {7, 8, 9}});
}

static void one_source_that_is_missing_is_enough(void **state)
{
	(void)state;

	EXPECT_PLAN("1>300000 2>3600000 ", {1, 0, 48, {7, 8}}, {2, 300000, 240, {7, 9}},
		    {3, 3600000, 240, {7}});
}

static void a_block_without_sources_counts_as_done(void **state)
{
	(void)state;

	EXPECT_PLAN("", {1, 0, 48, {0}}, {2, 300000, 240, {0}});
}

static void an_unknown_resolution_is_an_error(void **state)
{
	static const struct block odd = {1, 60000, 48, {1}};
	struct block_view view auto_done(block_view_done) = {0};
	struct downsample_plan plan auto_done(downsample_plan_done) = {0};
	struct err err = ERR_INIT;
	(void)state;

	add_block(&view, &odd);
	expect_err(downsample_plan_make(&view, &plan, &err), err, ERR_UNSUPPORTED,
		   "unexpected downsampling resolution 60000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blocks_that_are_long_enough_are_planned),
	    cmocka_unit_test(what_was_downsampled_is_not_planned_again),
	    cmocka_unit_test(one_source_that_is_missing_is_enough),
	    cmocka_unit_test(a_block_without_sources_counts_as_done),
	    cmocka_unit_test(an_unknown_resolution_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
