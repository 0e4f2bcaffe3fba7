#include "block/fetcher.h"
#include "objstore/inmem.h"
#include "store/block_catalog.h"
#include "tests/lib/expect.h"
#include "tests/lib/golden_block.h"

enum { RAW = 0, FIVE_MINUTES = 300000, ONE_HOUR = 3600000 };

struct fixture {
	struct bucket *bucket;
	struct header_cache *headers;
	struct block_catalog *catalog;
	struct arena *arena;
	char next_letter;
};

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){
	    .bucket = inmem_bucket_new(&clock_system),
	    .arena = arena_new(NULL),
	    .next_letter = 'A',
	};
	f.headers = header_cache_new(&(const struct header_cache_options){.bucket = f.bucket});
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	block_catalog_unref(f->catalog);
	header_cache_free(f->headers);
	bucket_close(f->bucket);
	arena_free(f->arena);
	return 0;
}

/* Blocks are called A, B, ... in the order they are put. */
static void put(struct fixture *f, int64_t min_t_ms, int64_t max_t_ms, int64_t resolution_ms)
{
	char ulid[] = "01AAAAAAAAAAAAAAAAAAAAAAAA";

	ulid[25] = f->next_letter++;
	golden_block_put(f->bucket, &(struct golden_block){.ulid = ulid,
							   .min_t_ms = min_t_ms,
							   .max_t_ms = max_t_ms,
							   .resolution_ms = resolution_ms});
}

static void load(struct fixture *f)
{
	struct fetcher *fetcher auto_free(fetcher_free) =
	    fetcher_new(&(const struct fetcher_options){.bucket = f->bucket});
	struct store_block_options options = {.bucket = f->bucket, .headers = f->headers};
	struct store_block *blocks[26];
	struct block_view view;
	struct err err = ERR_INIT;

	expect_ok(fetcher_fetch(fetcher, NULL, &view, &err), err);
	for (size_t i = 0; i < view.metas.n; i++) {
		blocks[i] = store_block_open(&options, view.metas.v[i], &err);
		assert_non_null(blocks[i]);
	}
	f->catalog = block_catalog_new(blocks, view.metas.n);
	for (size_t i = 0; i < view.metas.n; i++)
		store_block_unref(blocks[i]);
	block_view_done(&view);
}

static void expect_selected(struct fixture *f, int64_t min_t_ms, int64_t max_t_ms,
			    int64_t max_resolution_ms, const char *want)
{
	struct catalog_blocks got = catalog_set_select(&f->catalog->sets[0], min_t_ms, max_t_ms,
						       max_resolution_ms, f->arena);
	char text[27] = {0};

	for (size_t i = 0; i < got.n; i++)
		text[i] = ulid_str(store_block_id(got.v[i]))[25];
	assert_string_equal(text, want);
}

static void the_coarsest_allowed_resolution_is_taken_and_gaps_are_filled(void **state)
{
	struct fixture *f = *state;

	put(f, 0, 100, RAW);            /* A */
	put(f, 100, 200, RAW);          /* B */
	put(f, 200, 300, RAW);          /* C */
	put(f, 300, 400, RAW);          /* D */
	put(f, 100, 200, FIVE_MINUTES); /* E */
	put(f, 200, 300, FIVE_MINUTES); /* F */
	put(f, 100, 200, ONE_HOUR);     /* G */
	load(f);

	expect_selected(f, 0, 400, RAW, "ABCD");
	expect_selected(f, 0, 400, FIVE_MINUTES - 1, "ABCD");
	expect_selected(f, 0, 400, FIVE_MINUTES, "AEFD");
	expect_selected(f, 0, 400, ONE_HOUR, "AGFD");
	expect_selected(f, 0, 400, INT64_MAX, "AGFD");
}

static void blocks_are_half_open(void **state)
{
	struct fixture *f = *state;

	put(f, 0, 100, RAW);
	put(f, 100, 200, RAW);
	load(f);

	expect_selected(f, 0, 99, RAW, "A");
	expect_selected(f, 0, 100, RAW, "AB");
	expect_selected(f, 100, 100, RAW, "B");
	expect_selected(f, 200, 300, RAW, "");
	expect_selected(f, 50, 40, RAW, "");
}

static void overlapping_blocks_are_all_asked(void **state)
{
	struct fixture *f = *state;

	put(f, 0, 100, RAW);
	put(f, 0, 300, RAW);
	put(f, 50, 150, RAW);
	load(f);

	expect_selected(f, 60, 70, RAW, "ABC");
	expect_selected(f, 160, 170, RAW, "B");
}

static void times_at_the_ends_of_the_numbers_are_fine(void **state)
{
	struct fixture *f = *state;

	put(f, 0, 100, FIVE_MINUTES);
	load(f);

	expect_selected(f, INT64_MIN, INT64_MAX, INT64_MAX, "A");
	assert_non_null(block_catalog_find(f->catalog, store_block_id(f->catalog->blocks.v[0])));
	assert_null(block_catalog_find(f->catalog, (struct ulid){{0}}));
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_coarsest_allowed_resolution_is_taken_and_gaps_are_filled),
	    TEST(blocks_are_half_open),
	    TEST(overlapping_blocks_are_all_asked),
	    TEST(times_at_the_ends_of_the_numbers_are_fine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
