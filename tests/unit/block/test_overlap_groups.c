#include "block/overlap_groups.h"
#include "tests/lib/block_views.h"
#include "tests/lib/expect.h"

static void add(struct block_view *view, char letter, int64_t min_t_ms, int64_t max_t_ms)
{
	block_views_add(view, letter, (struct meta){.min_t_ms = min_t_ms, .max_t_ms = max_t_ms});
}

/* "AB 10-20; ..." */
static void expect_overlaps(struct block_view *view, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf got auto_done(buf_done) = BUF_INIT(4096);
	struct overlap_list list = overlap_groups(view, a);

	for (size_t i = 0; i < list.n; i++) {
		const struct overlap *o = &list.v[i];
		if (i > 0)
			buf_puts(&got, "; ");
		for (size_t k = 0; k < o->n; k++)
			buf_putc(&got, ulid_str(o->metas[k]->id)[25]);
		buf_printf(&got, " %lld-%lld", (long long)o->min_t_ms, (long long)o->max_t_ms);
	}
	expect_str(buf_str(&got), want);
	block_view_done(view);
	*view = (struct block_view){0};
}

/* As Prometheus' own test of OverlappingBlocks has them. */
static void overlaps_are_grouped_as_prometheus_does(void **state)
{
	struct block_view view = {0};
	(void)state;

	expect_overlaps(&view, "");
	for (char c = 'A'; c <= 'D'; c++)
		add(&view, c, (c - 'A') * 10, (c - 'A' + 1) * 10);
	expect_overlaps(&view, "");

	add(&view, 'A', 0, 10);
	add(&view, 'B', 5, 17);
	add(&view, 'C', 10, 20);
	add(&view, 'D', 20, 30);
	expect_overlaps(&view, "AB 5-10; BC 10-17");

	add(&view, 'A', 0, 10);
	add(&view, 'B', 1, 9);
	add(&view, 'C', 2, 8);
	add(&view, 'D', 20, 30);
	expect_overlaps(&view, "ABC 2-8");

	add(&view, 'A', 0, 100);
	add(&view, 'B', 10, 20);
	add(&view, 'C', 30, 40);
	expect_overlaps(&view, "AB 10-20; AC 30-40");
}

static void only_blocks_of_one_group_overlap(void **state)
{
	struct block_view view = {0};
	(void)state;

	add(&view, 'A', 0, 10);
	block_views_add(&view, 'B', (struct meta){.max_t_ms = 10, .resolution_ms = 300000});
	block_views_add(&view, 'C',
			(struct meta){.max_t_ms = 10, .labels = LABELS(LABEL("a", "1"))});
	expect_overlaps(&view, "");
}

static void an_overlap_is_told_as_prometheus_does(void **state)
{
	struct block_view view = {0};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf got auto_done(buf_done) = BUF_INIT(4096);
	(void)state;

	add(&view, 'A', 0, 7200000);
	add(&view, 'B', 3600000, 5400500);
	struct overlap_list list = overlap_groups(&view, a);
	assert_int_equal(list.n, 1);
	overlap_format(&list.v[0], &got);
	expect_str(buf_str(&got),
		   "[mint: 3600000, maxt: 5400500, range: 30m0s, blocks: 2]: <ulid: "
		   "01HF7VYM00000000000000000A, mint: 0, maxt: 7200000, range: 2h0m0s>, <ulid: "
		   "01HF7VYM00000000000000000B, mint: 3600000, maxt: 5400500, range: 30m0s>");
	block_view_done(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(overlaps_are_grouped_as_prometheus_does),
	    cmocka_unit_test(only_blocks_of_one_group_overlap),
	    cmocka_unit_test(an_overlap_is_told_as_prometheus_does),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
