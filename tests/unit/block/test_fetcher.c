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
		expect_view(fetcher, "A=7 B:partial C:corrupt ");
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
		assert_int_equal(counting->n_operations, 1 + 2); /* list, and get each */
		counting->n_operations = 0;
		expect_view(fetcher, "A=1 B=2 ");
		assert_int_equal(counting->n_operations, 1);
	}
	/* Another process finds them on disk. */
	struct fetcher *fetcher auto_free(fetcher_free) =
	    new_fetcher(f, b, BLOCK_DISCOVERY_CONCURRENT);
	counting->n_operations = 0;
	expect_view(fetcher, "A=1 B=2 ");
	assert_int_equal(counting->n_operations, 1);
}

/* --- between two scans ----------------------------------------------------------------------- */

enum { SCAN_INTERVAL_MS = 60000 };

static void remove_object(struct fixture *f, const char *name)
{
	struct err err = ERR_INIT;
	expect_ok(bucket_remove(f->bucket, NULL, str_of(name), &err), err);
}

/* What one fetch asks. */
struct asked {
	struct bucket base;
	struct bucket *inner;
	_Atomic size_t n_scans, n_root_lists, n_gets, n_attrs;
	const char *hidden; /* a folder that listings do not show; NULL */
	bool fails_listing; /* half way */
	bool fails_attrs;
};

struct filtering {
	struct asked *asked;
	bucket_list_fn *fn;
	void *arg;
	size_t n;
};

static bool pass_entry(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct filtering *f = arg;

	if (f->asked->fails_listing && f->n++ == 1)
		return err_set(err, ERR_UNAVAILABLE, "503");
	if (f->asked->hidden && str_starts(entry->name, str_of(f->asked->hidden)))
		return true;
	return f->fn(entry, f->arg, err);
}

static bool asked_list(struct bucket *base, struct ctx *ctx, struct str prefix,
		       enum bucket_list_mode mode, bucket_list_fn *fn, void *arg, struct err *err)
{
	struct asked *a = (struct asked *)base;
	struct filtering filtering = {a, fn, arg, 0};

	*(mode == LIST_RECURSIVE ? &a->n_scans : &a->n_root_lists) += 1;
	return bucket_list(a->inner, ctx, prefix, mode, pass_entry, &filtering, err);
}

static bool asked_get(struct bucket *base, struct ctx *ctx, struct str name, int64_t offset,
		      int64_t length, struct byte_sink *sink, struct err *err)
{
	struct asked *a = (struct asked *)base;

	a->n_gets++;
	return bucket_get(a->inner, ctx, name, offset, length, sink, err);
}

static bool asked_attrs(struct bucket *base, struct ctx *ctx, struct str name,
			struct object_attrs *out, struct err *err)
{
	struct asked *a = (struct asked *)base;

	a->n_attrs++;
	if (a->fails_attrs)
		return err_set(err, ERR_UNAVAILABLE, "503");
	return bucket_attrs(a->inner, ctx, name, out, err);
}

static const char *asked_name(struct bucket *base)
{
	(void)base;
	return "asked";
}

static const struct bucket_ops asked_ops = {
    .list = asked_list, .get = asked_get, .attrs = asked_attrs, .name = asked_name};

static struct asked asked_of(struct fixture *f)
{
	return (struct asked){.base.ops = &asked_ops, .inner = f->bucket};
}

static struct fetcher *seldom_scanning(struct fixture *f, struct asked *asked)
{
	return fetcher_new(&(const struct fetcher_options){.bucket = &asked->base,
							   .data_dir = f->dir,
							   .scan_interval_ms = SCAN_INTERVAL_MS,
							   .keeps_little = true,
							   .clock = &f->clock.base});
}

static void expect_asked(struct asked *a, size_t n_scans, size_t n_root_lists, size_t n_gets,
			 size_t n_attrs)
{
	assert_int_equal(a->n_scans, n_scans);
	assert_int_equal(a->n_root_lists, n_root_lists);
	assert_int_equal(a->n_gets, n_gets);
	assert_int_equal(a->n_attrs, n_attrs);
	a->n_scans = a->n_root_lists = a->n_gets = a->n_attrs = 0;
}

static void an_unchanged_bucket_costs_one_listing_of_its_root(void **state)
{
	struct fixture *f = *state;
	struct asked asked = asked_of(f);

	put_meta(f, A, 1);
	put_meta(f, B, 2);
	struct fetcher *fetcher auto_free(fetcher_free) = seldom_scanning(f, &asked);
	expect_view(fetcher, "A=1 B=2 ");
	expect_asked(&asked, 1, 0, 2, 0);
	for (int i = 1; i < 4; i++) {
		fake_clock_advance(&f->clock, SCAN_INTERVAL_MS / 4);
		expect_view(fetcher, "A=1 B=2 ");
		expect_asked(&asked, 0, 1, 0, 0);
	}
	fake_clock_advance(&f->clock, SCAN_INTERVAL_MS / 4);
	expect_view(fetcher, "A=1 B=2 ");
	expect_asked(&asked, 1, 0, 0, 0);
}

static void a_restart_soon_after_a_scan_costs_no_more(void **state)
{
	struct fixture *f = *state;
	struct asked asked = asked_of(f);

	put_meta(f, A, 1);
	struct fetcher *before = seldom_scanning(f, &asked);
	expect_view(before, "A=1 ");
	fetcher_free(before);
	expect_asked(&asked, 1, 0, 1, 0);
	struct fetcher *soon = seldom_scanning(f, &asked);
	expect_view(soon, "A=1 ");
	fetcher_free(soon);
	expect_asked(&asked, 0, 1, 0, 0);
	fake_clock_advance(&f->clock, SCAN_INTERVAL_MS);
	struct fetcher *late auto_free(fetcher_free) = seldom_scanning(f, &asked);
	expect_view(late, "A=1 ");
	expect_asked(&asked, 1, 0, 0, 0);
}

static void new_blocks_and_completed_uploads_are_seen_at_once(void **state)
{
	struct fixture *f = *state;
	struct asked asked = asked_of(f);
	struct fetcher *fetcher auto_free(fetcher_free) = seldom_scanning(f, &asked);

	put_meta(f, A, 1);
	put(f, B "/index", "x");
	expect_view(fetcher, "A=1 B:partial ");
	put_meta(f, C, 3);
	expect_asked(&asked, 1, 0, 1, 0);
	expect_view(fetcher, "A=1 C=3 B:partial ");
	expect_asked(&asked, 0, 1, 2, 0); /* one for the partial one, too */
	put_meta(f, B, 2);
	expect_view(fetcher, "A=1 B=2 C=3 ");
	expect_asked(&asked, 0, 1, 1, 0);
}

static void a_deleted_block_is_asked_for_before_it_is_gone(void **state)
{
	struct fixture *f = *state;
	struct asked asked = asked_of(f);
	struct fetcher *fetcher auto_free(fetcher_free) = seldom_scanning(f, &asked);
	char *path auto_free(mem_free) = xasprintf("%s/meta-syncer/" A, f->dir);

	put_meta(f, A, 1);
	put_meta(f, B, 2);
	expect_view(fetcher, "A=1 B=2 ");
	expect_asked(&asked, 1, 0, 2, 0);
	asked.hidden = A; /* the listing is late, or lacks a page */
	expect_view(fetcher, "A=1 B=2 ");
	expect_asked(&asked, 0, 1, 0, 1);
	fake_clock_advance(&f->clock, SCAN_INTERVAL_MS);
	expect_view(fetcher, "A=1 B=2 ");
	expect_asked(&asked, 1, 0, 0, 1);
	remove_object(f, A "/meta.json");
	expect_view(fetcher, "B=2 ");
	expect_asked(&asked, 0, 1, 0, 1);
	assert_false(fs_exists(path));
}

static void a_block_that_cannot_be_asked_for_stays(void **state)
{
	struct fixture *f = *state;
	struct asked asked = asked_of(f);
	struct fetcher *fetcher auto_free(fetcher_free) = seldom_scanning(f, &asked);
	struct err err = ERR_INIT;
	struct block_view view;

	put_meta(f, A, 1);
	put_meta(f, B, 2);
	expect_view(fetcher, "A=1 B=2 ");
	remove_object(f, A "/meta.json");
	asked.fails_attrs = true;
	expect_ok(fetcher_fetch(fetcher, NULL, &view, &err), err);
	assert_int_equal(view.metas.n, 2);
	assert_int_equal(view.n_failed, 1);
	block_view_done(&view);
	asked.fails_attrs = false;
	expect_view(fetcher, "B=2 ");
}

static void a_listing_that_breaks_off_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct asked asked = asked_of(f);
	struct fetcher *fetcher auto_free(fetcher_free) = seldom_scanning(f, &asked);
	struct err err = ERR_INIT;
	struct block_view view;

	put_meta(f, A, 1);
	put_meta(f, B, 2);
	expect_view(fetcher, "A=1 B=2 ");
	asked.fails_listing = true;
	for (int i = 0; i < 2; i++) {
		expect_err(fetcher_fetch(fetcher, NULL, &view, &err), err, ERR_UNAVAILABLE, "503");
		fake_clock_advance(&f->clock, SCAN_INTERVAL_MS);
	}
	asked.fails_listing = false;
	expect_view(fetcher, "A=1 B=2 ");
	expect_asked(&asked, 3, 1, 2, 0);
}

static void a_meta_that_vanishes_is_missed_by_the_next_scan_or_by_who_needs_it(void **state)
{
	struct fixture *f = *state;
	struct asked asked = asked_of(f);
	struct fetcher *fetcher auto_free(fetcher_free) = seldom_scanning(f, &asked);

	put_meta(f, A, 1);
	put(f, A "/index", "x");
	put_meta(f, B, 2);
	put(f, B "/index", "x");
	expect_view(fetcher, "A=1 B=2 ");
	remove_object(f, A "/meta.json");
	remove_object(f, B "/meta.json");
	expect_view(fetcher, "A=1 B=2 ");
	struct ulid id;
	assert_true(ulid_parse(STR(A), &id));
	fetcher_suspect(fetcher, id);
	expect_view(fetcher, "B=2 A:partial ");
	fake_clock_advance(&f->clock, SCAN_INTERVAL_MS);
	expect_view(fetcher, "A:partial B:partial ");
}

static void marks_are_seen_by_scans_and_kept_between_them(void **state)
{
	struct fixture *f = *state;
	struct asked asked = asked_of(f);
	struct err err = ERR_INIT;
	struct block_view view;

	put_meta(f, A, 1);
	put_meta(f, B, 2);
	put(f, B "/deletion-mark.json", "{}");
	for (int i = 0; i < 2; i++) { /* the second time from the disk */
		struct fetcher *fetcher auto_free(fetcher_free) = seldom_scanning(f, &asked);
		for (int k = 0; k < 2; k++) {
			expect_ok(fetcher_fetch(fetcher, NULL, &view, &err), err);
			assert_true(view.shows_marks);
			assert_int_equal(view.marked.n, 1);
			assert_int_equal(ulid_str(view.marked.v[0].id)[2], 'B');
			block_view_done(&view);
		}
	}
	assert_int_equal(asked.n_scans, 1);
}

static void what_is_kept_of_a_meta_is_what_a_store_needs(void **state)
{
	struct fixture *f = *state;
	struct asked asked = asked_of(f);
	struct fetcher *fetcher auto_free(fetcher_free) = seldom_scanning(f, &asked);
	struct err err = ERR_INIT;
	struct block_view view;
	const char *json =
	    "{\"version\":1,\"compaction\":{\"level\":2,\"sources\":[\"" A
	    "\"]},\"thanos\":{\"labels\":"
	    "{\"zone\":\"1\"},\"source\":\"sidecar\",\"segment_files\":[\"000001\"],\"files\":[{\"rel_path\":"
	    "\"chunks/000001\",\"size_bytes\":9},{\"rel_path\":\"index\",\"size_bytes\":7}],"
	    "\"index_stats\":{\"chunk_max_size\":5}}}";

	put(f, A "/meta.json", json);
	put(f, B "/meta.json", json);
	expect_ok(fetcher_fetch(fetcher, NULL, &view, &err), err);
	const struct meta *a = view.metas.v[0], *b = view.metas.v[1];
	assert_int_equal(meta_file_size(a, STR("index")), 7);
	assert_int_equal(meta_file_size(a, STR("chunks/000001")), -1);
	assert_int_equal(a->n_segment_files, 0);
	assert_int_equal(a->compaction.n_sources, 1);
	assert_int_equal(a->chunk_max_bytes, 5);
	expect_str(a->source, "sidecar");
	expect_str(labels_get(a->labels, STR("zone")), "1");
	assert_ptr_equal(a->labels.v, b->labels.v);
	block_view_done(&view);
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
	    TEST(an_unchanged_bucket_costs_one_listing_of_its_root),
	    TEST(a_restart_soon_after_a_scan_costs_no_more),
	    TEST(new_blocks_and_completed_uploads_are_seen_at_once),
	    TEST(a_deleted_block_is_asked_for_before_it_is_gone),
	    TEST(a_block_that_cannot_be_asked_for_stays),
	    TEST(a_listing_that_breaks_off_changes_nothing),
	    TEST(a_meta_that_vanishes_is_missed_by_the_next_scan_or_by_who_needs_it),
	    TEST(marks_are_seen_by_scans_and_kept_between_them),
	    TEST(what_is_kept_of_a_meta_is_what_a_store_needs),
	    TEST(a_broken_file_of_the_cache_is_read_anew),
	    TEST(a_block_that_is_gone_is_gone_from_the_cache),
	    TEST(a_meta_that_was_replaced_is_seen_by_the_recursive_listing),
	    TEST(another_version_makes_the_view_incomplete),
	    TEST(any_failing_operation_shows_and_nothing_is_taken_for_gone),
	    TEST(states_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
