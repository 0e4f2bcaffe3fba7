#include "base/hash.h"
#include "store/shard.h"
#include "tests/lib/expect.h"
#include "tests/lib/series_text.h"

static void the_listed_labels_are_hashed_as_name_ff_value_ff(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct labels ls = labels_from_text(a, "__name__=\"up\" job=\"node\" pod=\"p\"");
	struct str job[] = {STR("job"), STR("absent")};
	uint64_t by = hash_xx64(STR("job\xffnode\xff"));
	uint64_t without = hash_xx64(STR("__name__\xffup\xff"
					 "pod\xffp\xff"));
	(void)state;

	for (int64_t i = 0; i < 16; i++) {
		struct shard_info shard = {
		    .index = i, .total = 16, .by = true, .labels = job, .n_labels = 2};
		assert_int_equal(shard_has(&shard, ls, a), by % 16 == (uint64_t)i);
		shard.by = false;
		assert_int_equal(shard_has(&shard, ls, a), without % 16 == (uint64_t)i);
	}
}

static void the_shards_of_a_request_together_are_all_series_once(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str names[] = {STR("n")};
	bool seen[100] = {false};
	char *lines = arena_printf(a, "%s", "");
	(void)state;

	for (int i = 0; i < 100; i++)
		lines = arena_printf(a, "%sm=\"x\" n=\"%02d\"\n", lines, i);
	for (int64_t i = 0; i < 3; i++) {
		struct shard_info shard = {
		    .index = i, .total = 3, .by = true, .labels = names, .n_labels = 1};
		struct series_iter *it auto_free(series_iter_close) =
		    series_shard(series_stream(a, lines), &shard);
		struct err err = ERR_INIT;
		struct series s;
		while (series_iter_next(it, &s, &err) == ITER_VALUE) {
			int64_t n;
			assert_true(str_to_i64(labels_get(s.labels, STR("n")), &n));
			assert_false(seen[n]);
			seen[n] = true;
		}
	}
	for (int i = 0; i < 100; i++)
		assert_true(seen[i]);
}

static void without_shards_nothing_is_filtered(void **state)
{
	struct series_iter *src auto_free(series_iter_close) = series_iter_empty();
	struct shard_info shard = {0};
	(void)state;

	assert_ptr_equal(series_shard(src, &shard), src);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_listed_labels_are_hashed_as_name_ff_value_ff),
	    cmocka_unit_test(the_shards_of_a_request_together_are_all_series_once),
	    cmocka_unit_test(without_shards_nothing_is_filtered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
