#include "objstore/caching.h"

#include "cache/memory.h"
#include "objstore/inmem.h"
#include "objstore/metered.h"
#include "tests/lib/expect.h"

#include <stdio.h>

#define META  STR("01D/meta.json")
#define CHUNK STR("01D/chunks/000001")

enum { CHUNK_BYTES = 1005, PART_BYTES = 100 };

/* A bucket of two blocks' files behind a cache, and what counts the requests that reach it. */
struct rig {
	struct fake_clock clock;
	struct metrics *m;
	struct cache *cache; /* borrowed from the bucket */
	struct bucket *b;
	char chunk[CHUNK_BYTES];
};

static void rig_init(struct rig *r, int64_t max_requests)
{
	struct err err = ERR_INIT;

	fake_clock_init(&r->clock, 1700000000500);
	r->m = metrics_new();
	struct bucket *inner =
	    metered_bucket_new(inmem_bucket_new(&r->clock.base), &r->clock.base, r->m);
	for (int i = 0; i < CHUNK_BYTES; i++)
		r->chunk[i] = (char)(i * 7);
	expect_ok(bucket_put_bytes(inner, NULL, META, STR("{}"), PUT_REPLACE, &err), err);
	expect_ok(bucket_put_bytes(inner, NULL, CHUNK, str_from(r->chunk, CHUNK_BYTES), PUT_REPLACE,
				   &err),
		  err);
	r->cache = memory_cache_as_cache(memory_cache_new(
	    &(struct memory_cache_options){.max_bytes = 1 << 20, .clock = &r->clock.base}));
	r->b = caching_bucket_new(inner, r->cache,
				  &(struct caching_settings){
				      .subrange_bytes = PART_BYTES,
				      .max_subrange_requests = max_requests,
				      .max_metafile_bytes = 100,
				      .chunk_attrs_ttl_ms = 5000,
				      .chunk_subrange_ttl_ms = 6000,
				      .blocks_iter_ttl_ms = 1000,
				      .metafile_exists_ttl_ms = 2000,
				      .metafile_absent_ttl_ms = 3000,
				      .metafile_content_ttl_ms = 4000,
				      .config_hash = 77,
				  },
				  &r->clock.base, r->m);
}

static void rig_done(struct rig *r)
{
	bucket_close(r->b);
	metrics_free(r->m);
}

static int requests(struct rig *r, const char *operation)
{
	return (int)counter_value(
	    counter_at(metrics_counters(r->m, "thanos_objstore_bucket_operations_total", "",
					"bucket", "operation"),
		       "inmem", operation));
}

static double rule(struct rig *r, const char *what, const char *operation, const char *config)
{
	char name[128];

	snprintf(name, sizeof(name), "%s_total", what);
	return counter_value(
	    counter_at(metrics_counters(r->m, name, "", "operation", "config"), operation, config));
}

#define HITS(r, op, config)    rule(r, "thanos_store_bucket_cache_operation_hits", op, config)
#define REFUSED(r, op, config) rule(r, "athanor_store_bucket_cache_items_refused", op, config)

static double range_bytes(struct rig *r, const char *what, const char *origin)
{
	char name[128];

	snprintf(name, sizeof(name), "thanos_store_bucket_cache_getrange_%s_bytes_total", what);
	return counter_value(
	    counter_at(metrics_counters(r->m, name, "", "origin", "config"), origin, "chunks"));
}

static void expect_kept(struct rig *r, const char *key, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str value;

	if (!cache_get(r->cache, NULL, str_of(key), a, &value))
		fail_msg("%s is not in the cache", key);
	expect_str(value, want);
}

static void expect_range(struct rig *r, int64_t offset, int64_t length)
{
	struct buf got auto_done(buf_done) = BUF_INIT(2 * CHUNK_BYTES);
	struct err err = ERR_INIT;
	int64_t left = offset < CHUNK_BYTES ? CHUNK_BYTES - offset : 0;

	expect_ok(bucket_get_bytes(r->b, NULL, CHUNK, offset, length, &got, &err), err);
	assert_int_equal(got.n, length < left ? length : left);
	if (got.n)
		assert_memory_equal(got.p, r->chunk + offset, got.n);
}

/* --- meta files ----------------------------------------------------------------------------- */

static void expect_meta(struct rig *r)
{
	struct buf got auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;

	expect_ok(bucket_get_bytes(r->b, NULL, META, 0, BUCKET_TO_END, &got, &err), err);
	expect_str(buf_str(&got), "{}");
}

static void a_meta_file_is_read_once_in_its_time(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;

	rig_init(&r, 3);
	expect_meta(&r);
	expect_meta(&r);

	assert_int_equal(requests(&r, "get"), 1);
	assert_int_equal(HITS(&r, "get", "meta.jsons"), 1);
	expect_kept(&r, "content:01D/meta.json", "{}");
	expect_kept(&r, "exists:01D/meta.json", "true");
	fake_clock_advance(&r.clock, 4000);
	expect_meta(&r);
	assert_int_equal(requests(&r, "get"), 2);
}

static void a_large_meta_file_is_not_kept(void **state)
{
	struct rig r auto_done(rig_done);
	char large[101] = {0};
	struct buf got auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	(void)state;

	rig_init(&r, 3);
	expect_ok(
	    bucket_put_bytes(r.b, NULL, META, str_from(large, sizeof(large)), PUT_REPLACE, &err),
	    err);
	for (int i = 0; i < 2; i++)
		expect_ok(bucket_get_bytes(r.b, NULL, META, 0, BUCKET_TO_END, &got, &err), err);
	assert_int_equal(requests(&r, "get"), 2);
}

static void absence_is_remembered(void **state)
{
	struct rig r auto_done(rig_done);
	struct str mark = STR("01D/deletion-mark.json");
	struct buf got auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	bool exists = true;
	(void)state;

	rig_init(&r, 3);
	for (int i = 0; i < 3; i++)
		expect_err(bucket_get_bytes(r.b, NULL, mark, 0, BUCKET_TO_END, &got, &err), err,
			   ERR_NOT_FOUND, "01D/deletion-mark.json");
	expect_ok(bucket_exists(r.b, NULL, mark, &exists, &err), err);
	assert_false(exists);
	assert_int_equal(requests(&r, "get"), 1);
	assert_int_equal(requests(&r, "exists"), 0);
	expect_kept(&r, "exists:01D/deletion-mark.json", "false");

	fake_clock_advance(&r.clock, 3000);
	expect_ok(bucket_exists(r.b, NULL, mark, &exists, &err), err);
	expect_ok(bucket_exists(r.b, NULL, META, &exists, &err), err);
	expect_ok(bucket_exists(r.b, NULL, META, &exists, &err), err);
	assert_true(exists);
	assert_int_equal(requests(&r, "exists"), 2);
	assert_int_equal(HITS(&r, "exists", "meta.jsons"), 2);
}

/* Who doubts that a block is still there asks for these. */
static void attributes_of_a_meta_file_are_asked_for_each_time(void **state)
{
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	struct object_attrs attrs;
	bool exists;
	(void)state;

	rig_init(&r, 3);
	expect_ok(bucket_exists(r.b, NULL, META, &exists, &err), err);
	expect_ok(bucket_attrs(r.b, NULL, META, &attrs, &err), err);
	expect_ok(bucket_remove(r.b, NULL, META, &err), err);
	expect_err(bucket_attrs(r.b, NULL, META, &attrs, &err), err, ERR_NOT_FOUND, "meta.json");
	expect_ok(bucket_exists(r.b, NULL, META, &exists, &err), err);
	assert_true(exists);
}

static void other_files_go_through(void **state)
{
	struct rig r auto_done(rig_done);
	struct str names[] = {STR("01D/index"), STR("01D/chunks/000001.tmp"), STR("chunks/000001"),
			      STR("01D/chunks/"), STR("meta.json")};
	struct buf got auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	struct object_attrs attrs;
	bool exists;
	(void)state;

	rig_init(&r, 3);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		for (int k = 0; k < 2; k++) {
			bucket_get_bytes(r.b, NULL, names[i], 0, BUCKET_TO_END, &got, &err);
			bucket_get_bytes(r.b, NULL, names[i], 0, 5, &got, &err);
			bucket_exists(r.b, NULL, names[i], &exists, &err);
			bucket_attrs(r.b, NULL, names[i], &attrs, &err);
		}

	assert_int_equal(requests(&r, "get"), 10);
	assert_int_equal(requests(&r, "get_range"), 10);
	assert_int_equal(requests(&r, "exists"), 10);
	assert_int_equal(requests(&r, "attributes"), 10);
}

/* --- the listing of the root ---------------------------------------------------------------- */

static bool note_name(const struct bucket_entry *entry, void *arg, struct err *err)
{
	(void)err;
	buf_append_str(arg, entry->name);
	buf_putc(arg, ' ');
	return true;
}

static bool stop(const struct bucket_entry *entry, void *arg, struct err *err)
{
	(void)entry, (void)arg;
	return err_set(err, ERR_LIMIT, "enough");
}

static void expect_listing(struct rig *r, struct str prefix, enum bucket_list_mode mode,
			   const char *want)
{
	struct buf names auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;

	expect_ok(bucket_list(r->b, NULL, prefix, mode, note_name, &names, &err), err);
	expect_str(buf_str(&names), want);
}

static void the_root_is_listed_once_in_its_time(void **state)
{
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	(void)state;

	rig_init(&r, 3);
	expect_listing(&r, STR(""), LIST_DIRECTORY, "01D/ ");
	expect_ok(bucket_put_bytes(r.b, NULL, STR("01E/meta.json"), STR("{}"), PUT_REPLACE, &err),
		  err);
	expect_listing(&r, STR(""), LIST_DIRECTORY, "01D/ ");
	expect_err(bucket_list(r.b, NULL, STR(""), LIST_DIRECTORY, stop, NULL, &err), err,
		   ERR_LIMIT, "enough");

	assert_int_equal(requests(&r, "iter"), 1);
	assert_int_equal(HITS(&r, "iter", "blocks-iter"), 2);
	expect_kept(&r, "iter::77", "[\"01D/\"]");
	fake_clock_advance(&r.clock, 1000);
	expect_listing(&r, STR(""), LIST_DIRECTORY, "01D/ 01E/ ");
}

static void other_listings_go_through(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;

	rig_init(&r, 3);
	for (int i = 0; i < 2; i++) {
		expect_listing(&r, STR("01D"), LIST_DIRECTORY, "01D/chunks/ 01D/meta.json ");
		expect_listing(&r, STR(""), LIST_RECURSIVE, "01D/chunks/000001 01D/meta.json ");
	}
	assert_int_equal(requests(&r, "iter"), 4);
}

static void a_listing_that_was_cut_short_is_not_kept(void **state)
{
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	(void)state;

	rig_init(&r, 3);
	expect_err(bucket_list(r.b, NULL, STR(""), LIST_DIRECTORY, stop, NULL, &err), err,
		   ERR_LIMIT, "enough");
	expect_listing(&r, STR(""), LIST_DIRECTORY, "01D/ ");
	assert_int_equal(requests(&r, "iter"), 2);
}

/* --- chunk files ---------------------------------------------------------------------------- */

static void all_ranges_are_what_the_bucket_has(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;

	rig_init(&r, 3);
	for (int64_t offset = 0; offset < CHUNK_BYTES + 50; offset += 37)
		for (int64_t length = 1; length < 2 * CHUNK_BYTES; length += 83)
			expect_range(&r, offset, length);
	expect_range(&r, CHUNK_BYTES - 1, INT64_MAX - 1);
	assert_int_equal(range_bytes(&r, "fetched", "bucket"), CHUNK_BYTES);
	assert_int_equal(requests(&r, "attributes"), 1);
}

static void a_range_is_kept_in_parts(void **state)
{
	struct rig r auto_done(rig_done);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str part;
	(void)state;

	rig_init(&r, 3);
	expect_range(&r, 950, 20);
	expect_range(&r, 990, 15);

	assert_int_equal(requests(&r, "get_range"), 2);
	assert_int_equal(range_bytes(&r, "fetched", "bucket"), 105);
	assert_int_equal(range_bytes(&r, "fetched", "cache"), 100);
	assert_int_equal(100 * HITS(&r, "get_range", "chunks"), 50);
	assert_true(cache_get(r.cache, NULL, STR("subrange:01D/chunks/000001:900:1000"), a, &part));
	assert_true(
	    cache_get(r.cache, NULL, STR("subrange:01D/chunks/000001:1000:1005"), a, &part));
	assert_memory_equal(part.p, r.chunk + 1000, 5);
	expect_kept(&r, "attrs:01D/chunks/000001",
		    "{\"size\":1005,\"last_modified\":\"2023-11-14T22:13:20.5Z\"}");
	fake_clock_advance(&r.clock, 6000);
	expect_range(&r, 950, 20);
	assert_int_equal(requests(&r, "get_range"), 3);
}

/* Parts 1, 3, 5 and 9 are there; 0, 2, 4, 6 to 8 and 10 are not. */
static void punch(struct rig *r)
{
	static const int there[] = {1, 3, 5, 9};

	for (size_t i = 0; i < sizeof(there) / sizeof(*there); i++)
		expect_range(r, there[i] * PART_BYTES, 1);
	assert_int_equal(requests(r, "get_range"), 4);
}

static void without_a_limit_each_hole_is_one_request(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;

	rig_init(&r, 0);
	punch(&r);
	expect_range(&r, 0, CHUNK_BYTES);
	assert_int_equal(requests(&r, "get_range"), 4 + 5);
	assert_int_equal(range_bytes(&r, "refetched", "cache"), 0);
}

static void too_many_holes_are_read_together(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;

	rig_init(&r, 3);
	punch(&r);
	expect_range(&r, 0, CHUNK_BYTES);
	assert_int_equal(requests(&r, "get_range"), 4 + 1);
	assert_int_equal(range_bytes(&r, "refetched", "cache"), 4 * PART_BYTES);
}

static void what_lies_far_apart_stays_apart(void **state)
{
	struct rig r auto_done(rig_done);
	(void)state;

	rig_init(&r, 2);
	for (int i = 3; i < 9; i++)
		expect_range(&r, i * PART_BYTES, 1);
	expect_range(&r, PART_BYTES, 1);
	int before = requests(&r, "get_range");
	expect_range(&r, 0, CHUNK_BYTES); /* missing: 0, 2, 9 and 10 */
	assert_int_equal(requests(&r, "get_range") - before, 2);
	assert_int_equal(range_bytes(&r, "refetched", "cache"), PART_BYTES);
}

static void a_failure_of_the_bucket_is_reported(void **state)
{
	struct rig r auto_done(rig_done);
	struct buf got auto_done(buf_done) = BUF_INIT(1000);
	struct err err = ERR_INIT;
	(void)state;

	rig_init(&r, 3);
	expect_range(&r, 0, 1);
	expect_ok(bucket_remove(r.b, NULL, CHUNK, &err), err);
	expect_err(bucket_get_bytes(r.b, NULL, CHUNK, 0, 500, &got, &err), err, ERR_NOT_FOUND,
		   "01D/chunks/000001");
	expect_err(bucket_get_bytes(r.b, NULL, STR("01F/chunks/000001"), 0, 500, &got, &err), err,
		   ERR_NOT_FOUND, "01F/chunks/000001");
}

/* --- values that are not what they should be ------------------------------------------------ */

static void broken_values_are_absent_and_counted(void **state)
{
	struct rig r auto_done(rig_done);
	struct err err = ERR_INIT;
	bool exists;
	(void)state;

	rig_init(&r, 3);
	cache_set(r.cache, STR("iter::77"), STR("[\"01D/\",5]"), 9000);
	cache_set(r.cache, STR("exists:01D/meta.json"), STR("perhaps"), 9000);
	cache_set(r.cache, STR("attrs:01D/chunks/000001"), STR("{\"size\":-5}"), 9000);
	cache_set(r.cache, STR("subrange:01D/chunks/000001:0:100"), STR("short"), 9000);

	expect_listing(&r, STR(""), LIST_DIRECTORY, "01D/ ");
	expect_ok(bucket_exists(r.b, NULL, META, &exists, &err), err);
	assert_true(exists);
	expect_range(&r, 0, 150);
	assert_int_equal(REFUSED(&r, "iter", "blocks-iter"), 1);
	assert_int_equal(REFUSED(&r, "exists", "meta.jsons"), 1);
	assert_int_equal(REFUSED(&r, "attributes", "chunks"), 1);
	assert_int_equal(REFUSED(&r, "get_range", "chunks"), 1);
}

static void attributes_that_promise_too_much_are_an_error(void **state)
{
	struct rig r auto_done(rig_done);
	struct buf got auto_done(buf_done) = BUF_INIT(10000);
	struct err err = ERR_INIT;
	(void)state;

	rig_init(&r, 3);
	cache_set(r.cache, STR("attrs:01D/chunks/000001"), STR("{\"size\":2000}"), 9000);
	expect_err(bucket_get_bytes(r.b, NULL, CHUNK, 900, 500, &got, &err), err, ERR_CORRUPT,
		   "ends at byte 1005, it should have 2000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_meta_file_is_read_once_in_its_time),
	    cmocka_unit_test(a_large_meta_file_is_not_kept),
	    cmocka_unit_test(absence_is_remembered),
	    cmocka_unit_test(attributes_of_a_meta_file_are_asked_for_each_time),
	    cmocka_unit_test(other_files_go_through),
	    cmocka_unit_test(the_root_is_listed_once_in_its_time),
	    cmocka_unit_test(other_listings_go_through),
	    cmocka_unit_test(a_listing_that_was_cut_short_is_not_kept),
	    cmocka_unit_test(all_ranges_are_what_the_bucket_has),
	    cmocka_unit_test(a_range_is_kept_in_parts),
	    cmocka_unit_test(without_a_limit_each_hole_is_one_request),
	    cmocka_unit_test(too_many_holes_are_read_together),
	    cmocka_unit_test(what_lies_far_apart_stays_apart),
	    cmocka_unit_test(a_failure_of_the_bucket_is_reported),
	    cmocka_unit_test(broken_values_are_absent_and_counted),
	    cmocka_unit_test(attributes_that_promise_too_much_are_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
