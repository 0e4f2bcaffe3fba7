#include "base/alloc.h"
#include "base/fs.h"
#include "block/fetcher.h"
#include "objstore/inmem.h"
#include "tests/lib/expect.h"
#include "tests/lib/fault_bucket.h"
#include "tests/lib/temp_dir.h"

#include <stdlib.h>

#define A "01AAAAAAAAAAAAAAAAAAAAAAAA"
#define B "01BBBBBBBBBBBBBBBBBBBBBBBB"
#define C "01CCCCCCCCCCCCCCCCCCCCCCCC"

struct fixture {
	char *dir;
	struct fake_clock clock;
	struct bucket *bucket;
};

static int set_up(void **state)
{
	static struct fixture f;

	f.dir = temp_dir_new();
	fake_clock_init(&f.clock, 1000);
	f.bucket = inmem_bucket_new(&f.clock.base);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bucket_close(f->bucket);
	temp_dir_remove(f->dir);
	return 0;
}

static void put(struct fixture *f, const char *name, const char *bytes)
{
	struct err err = ERR_INIT;
	expect_ok(bucket_put_bytes(f->bucket, NULL, str_of(name), str_of(bytes), PUT_REPLACE, &err),
		  err);
}

static void put_meta(struct fixture *f, const char *ulid, int64_t max_t_ms)
{
	char *name auto_free(mem_free) = xasprintf("%s/meta.json", ulid);
	char *json auto_free(mem_free) =
	    xasprintf("{\"ulid\":\"%s\",\"maxTime\":%lld,\"version\":1,\"compaction\":{\"sources\":"
		      "[\"%s\"]}}",
		      ulid, (long long)max_t_ms, ulid);
	put(f, name, json);
}

static struct fetcher *new_fetcher(struct fixture *f, struct bucket *b,
				   enum block_discovery discovery)
{
	return fetcher_new(&(const struct fetcher_options){
	    .bucket = b, .discovery = discovery, .concurrency = 3, .data_dir = f->dir});
}

static char *describe(struct arena *a, const struct block_view *view)
{
	char *text = arena_printf(a, "%s", "");

	for (size_t i = 0; i < view->metas.n; i++)
		text = arena_printf(a, "%s%c=%lld ", text, ulid_str(view->metas.v[i]->id)[2],
				    (long long)view->metas.v[i]->max_t_ms);
	for (size_t i = 0; i < view->partial.n; i++)
		text = arena_printf(a, "%s%c:%s ", text, ulid_str(view->partial.v[i].id)[2],
				    view->partial.v[i].is_corrupt ? "corrupt" : "partial");
	return text;
}

static void expect_view(struct fetcher *fetcher, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct block_view view;

	expect_ok(fetcher_fetch(fetcher, NULL, &view, &err), err);
	char *got = describe(a, &view);
	size_t n_failed = view.n_failed;
	block_view_done(&view);
	assert_string_equal(got, want);
	assert_int_equal(n_failed, 0);
}

static void blocks_partial_and_corrupt_ones_are_told_apart(void **state)
{
	struct fixture *f = *state;

	put_meta(f, A, 7);
	put(f, B "/index", "x");
	put(f, B "/chunks/000001", "x");
	put(f, C "/meta.json", "{\"version\":");
	put(f, "debug/metas/" A ".json", "x");
	put(f, "not-a-block/meta.json", "{}");
	put(f, "01DDDDDDDDDDDDDDDDDDDDDDDD", "a file");

	for (enum block_discovery d = BLOCK_DISCOVERY_CONCURRENT; d <= BLOCK_DISCOVERY_RECURSIVE;
	     d++) {
		struct fetcher *fetcher auto_free(fetcher_free) = new_fetcher(f, f->bucket, d);
		expect_view(fetcher, d == BLOCK_DISCOVERY_CONCURRENT
					 ? "A=7 B:partial C:corrupt D:partial "
					 : "A=7 B:partial C:corrupt ");
	}
}

static void a_meta_is_read_from_the_bucket_once(void **state)
{
	struct fixture *f = *state;
	struct fault_bucket *counting = fault_bucket_new(f->bucket, FAULT_CRASH, SIZE_MAX);
	struct bucket *b auto_free(bucket_close) = &counting->base;

	put_meta(f, A, 1);
	put_meta(f, B, 2);
	{
		struct fetcher *fetcher auto_free(fetcher_free) =
		    new_fetcher(f, b, BLOCK_DISCOVERY_CONCURRENT);
		expect_view(fetcher, "A=1 B=2 ");
		assert_int_equal(counting->n_operations, 1 + 2 + 2); /* list, exists, get */
		counting->n_operations = 0;
		expect_view(fetcher, "A=1 B=2 ");
		assert_int_equal(counting->n_operations, 1 + 2);
	}
	/* Another process finds them on disk. */
	struct fetcher *fetcher auto_free(fetcher_free) =
	    new_fetcher(f, b, BLOCK_DISCOVERY_CONCURRENT);
	counting->n_operations = 0;
	expect_view(fetcher, "A=1 B=2 ");
	assert_int_equal(counting->n_operations, 1 + 2);
}

static void a_broken_file_of_the_cache_is_read_anew(void **state)
{
	struct fixture *f = *state;
	char *path auto_free(mem_free) = xasprintf("%s/meta-syncer/" A "/meta.json", f->dir);
	struct err err = ERR_INIT;

	put_meta(f, A, 1);
	struct fetcher *first = new_fetcher(f, f->bucket, BLOCK_DISCOVERY_CONCURRENT);
	expect_view(first, "A=1 ");
	fetcher_free(first);
	expect_ok(fs_write_atomic(path, STR("{"), 0644, &err), err);

	struct fetcher *fetcher auto_free(fetcher_free) =
	    new_fetcher(f, f->bucket, BLOCK_DISCOVERY_CONCURRENT);
	expect_view(fetcher, "A=1 ");
}

static void a_block_that_is_gone_is_gone_from_the_cache(void **state)
{
	struct fixture *f = *state;
	char *path auto_free(mem_free) = xasprintf("%s/meta-syncer/" A, f->dir);
	struct fetcher *fetcher auto_free(fetcher_free) =
	    new_fetcher(f, f->bucket, BLOCK_DISCOVERY_CONCURRENT);
	struct err err = ERR_INIT;

	put_meta(f, A, 1);
	expect_view(fetcher, "A=1 ");
	assert_true(fs_exists(path));
	expect_ok(bucket_remove(f->bucket, NULL, STR(A "/meta.json"), &err), err);
	expect_view(fetcher, "");
	assert_false(fs_exists(path));
}

static void a_meta_that_was_replaced_is_seen_by_the_recursive_listing(void **state)
{
	struct fixture *f = *state;
	struct fetcher *fetcher auto_free(fetcher_free) =
	    new_fetcher(f, f->bucket, BLOCK_DISCOVERY_RECURSIVE);

	put_meta(f, A, 1);
	expect_view(fetcher, "A=1 ");
	fake_clock_advance(&f->clock, 5000);
	put_meta(f, A, 2);
	expect_view(fetcher, "A=2 ");
}

static void another_version_makes_the_view_incomplete(void **state)
{
	struct fixture *f = *state;
	struct fetcher *fetcher auto_free(fetcher_free) =
	    new_fetcher(f, f->bucket, BLOCK_DISCOVERY_CONCURRENT);
	struct err err = ERR_INIT;
	struct block_view view;

	put_meta(f, A, 1);
	put(f, B "/meta.json", "{\"version\":2}");
	expect_ok(fetcher_fetch(fetcher, NULL, &view, &err), err);

	assert_int_equal(view.metas.n, 1);
	assert_int_equal(view.n_failed, 1);
	assert_string_equal(view.failure.msg,
			    "meta.json of block " B ": unexpected meta file version 2, want 1");
	block_view_done(&view);
}

static void any_failing_operation_shows_and_nothing_is_taken_for_gone(void **state)
{
	struct fixture *f = *state;
	bool more = true;

	put_meta(f, A, 1);
	put_meta(f, B, 2);
	for (size_t at = 0; more; at++) {
		struct fault_bucket *faults = fault_bucket_new(f->bucket, FAULT_REQUEST_LOST, at);
		struct bucket *b auto_free(bucket_close) = &faults->base;
		struct fetcher *fetcher auto_free(fetcher_free) =
		    fetcher_new(&(const struct fetcher_options){.bucket = b});
		struct err err = ERR_INIT;
		struct block_view view;

		bool ok = fetcher_fetch(fetcher, NULL, &view, &err);
		more = faults->n_operations > at;
		if (ok)
			assert_int_equal(view.metas.n + view.n_failed, 2);
		if (ok && more)
			assert_int_equal(view.n_failed, 1);
		if (ok)
			block_view_done(&view);
		if (more)
			expect_view(fetcher, "A=1 B=2 ");
	}
}

static void states_are_counted(void **state)
{
	struct fixture *f = *state;
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct fetcher *fetcher auto_free(fetcher_free) =
	    fetcher_new(&(const struct fetcher_options){.bucket = f->bucket, .metrics = m});

	put_meta(f, A, 1);
	put(f, B "/index", "x");
	expect_view(fetcher, "A=1 B:partial ");

	struct family *synced = metrics_gauges(m, "thanos_blocks_meta_synced",
					       "Number of block metadata synced", "state");
	assert_int_equal(gauge_value(gauge_at(synced, "loaded")), 1);
	assert_int_equal(gauge_value(gauge_at(synced, "no-meta-json")), 1);
	assert_int_equal(gauge_value(gauge_at(synced, "duplicate")), 0);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(blocks_partial_and_corrupt_ones_are_told_apart),
	    TEST(a_meta_is_read_from_the_bucket_once),
	    TEST(a_broken_file_of_the_cache_is_read_anew),
	    TEST(a_block_that_is_gone_is_gone_from_the_cache),
	    TEST(a_meta_that_was_replaced_is_seen_by_the_recursive_listing),
	    TEST(another_version_makes_the_view_incomplete),
	    TEST(any_failing_operation_shows_and_nothing_is_taken_for_gone),
	    TEST(states_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
