#include "compaction/group.h"

#include "tests/lib/expect.h"

static struct meta *make_meta(uint8_t id, struct labels labels, int64_t resolution_ms,
			      int64_t min_t_ms)
{
	struct meta m = {.id.bytes = {[15] = id},
			 .labels = labels,
			 .resolution_ms = resolution_ms,
			 .min_t_ms = min_t_ms};

	return meta_new(&m);
}

static void blocks_of_equal_labels_and_resolution_are_a_group(void **state)
{
	struct labels eu = LABELS(LABEL("cluster", "eu")), us = LABELS(LABEL("cluster", "us"));
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf text auto_done(buf_done) = BUF_INIT(1 << 10);
	struct block_view view = {0};
	(void)state;

	vec_push(&view.metas, make_meta(1, eu, 0, 20));
	vec_push(&view.metas, make_meta(2, us, 0, 0));
	vec_push(&view.metas, make_meta(3, eu, 300000, 0));
	vec_push(&view.metas, make_meta(5, eu, 0, 10));
	vec_push(&view.metas, make_meta(4, eu, 0, 10));

	struct compaction_groups groups = compaction_groups_of(&view, a);
	for (size_t i = 0; i < groups.n; i++) {
		const struct compaction_group *g = &groups.v[i];
		buf_printf(&text, "%s:", g->resolution_ms ? "5m" : "raw");
		labels_format(&text, g->labels);
		for (size_t k = 0; k < g->n; k++)
			buf_printf(&text, " %d", g->blocks[k]->id.bytes[15]);
		buf_puts(&text, "; ");
	}
	expect_str(buf_str(&text), "raw:{cluster=\"eu\"} 4 5 1; raw:{cluster=\"us\"} 2; "
				   "5m:{cluster=\"eu\"} 3; ");
	block_view_done(&view);
}

static void no_blocks_are_no_groups(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct block_view view = {0};
	(void)state;

	assert_int_equal(compaction_groups_of(&view, a).n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blocks_of_equal_labels_and_resolution_are_a_group),
	    cmocka_unit_test(no_blocks_are_no_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
