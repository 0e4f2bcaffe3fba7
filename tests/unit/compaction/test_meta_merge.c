#include "compaction/meta_merge.h"

#include "tests/lib/expect.h"

static struct ulid id_of(uint8_t last)
{
	return (struct ulid){.bytes = {[15] = last}};
}

static void times_levels_sources_and_parents_are_put_together(void **state)
{
	struct ulid first[] = {id_of(3), id_of(1)}, second[] = {id_of(2), id_of(3)};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct meta x = {.id = id_of(7), .min_t_ms = 10, .max_t_ms = 50};
	struct meta y = {.id = id_of(8), .min_t_ms = 20, .max_t_ms = 40};
	const struct meta *metas[] = {&x, &y};
	(void)state;

	x.compaction = (struct meta_compaction){.level = 2, .sources = first, .n_sources = 2};
	y.compaction = (struct meta_compaction){.level = 3, .sources = second, .n_sources = 2};
	struct meta m = meta_merge(metas, 2, a);

	assert_int_equal(m.min_t_ms, 10);
	assert_int_equal(m.max_t_ms, 50);
	assert_int_equal(m.compaction.level, 4);
	assert_int_equal(m.compaction.n_sources, 3);
	for (uint8_t i = 0; i < 3; i++)
		assert_int_equal(m.compaction.sources[i].bytes[15], i + 1);
	assert_int_equal(m.compaction.n_parents, 2);
	assert_int_equal(m.compaction.parents[1].id.bytes[15], 8);
	assert_int_equal(m.compaction.parents[1].min_t_ms, 20);
	assert_int_equal(m.compaction.parents[1].max_t_ms, 40);
}

static void expect_extensions(const char *x, const char *y, const char *z, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct meta v[] = {
	    {.extensions = str_of(x)}, {.extensions = str_of(y)}, {.extensions = str_of(z)}};
	const struct meta *metas[] = {&v[0], &v[1], &v[2]};

	expect_str(extensions_merge(metas, 3, a), want);
}

static void extensions_that_all_blocks_have_are_kept(void **state)
{
	(void)state;
	expect_extensions("", "", "", "");
	expect_extensions("{\"a\":1,\"b\":{\"c\":[true]}}", "", "{\"b\":2}",
			  "{\"b\":{\"c\":[true]}}");
	expect_extensions("{\"a\":1}", "{\"b\":1}", "", "{}");
	expect_extensions("[1]", "{\"b\":1}", "\"x\"", "{\"b\":1}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(times_levels_sources_and_parents_are_put_together),
	    cmocka_unit_test(extensions_that_all_blocks_have_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
