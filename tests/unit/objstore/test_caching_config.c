#include "objstore/caching_config.h"

#include "objstore/inmem.h"
#include "tests/lib/expect.h"

static bool parse(const char *yaml, const char *path, struct caching_config *out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);

	return caching_config_parse(str_of(yaml), str_of(path), a, out, err);
}

static void what_is_not_mentioned_has_its_default(void **state)
{
	struct caching_config c;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(parse("type: in-memory", "", &c, &err), err);

	assert_int_equal(c.type, CACHE_IN_MEMORY);
	assert_int_equal(c.settings.subrange_bytes, 16000);
	assert_int_equal(c.settings.max_subrange_requests, 3);
	assert_int_equal(c.settings.max_metafile_bytes, 1 << 20);
	assert_int_equal(c.settings.chunk_attrs_ttl_ms, 24 * 3600 * 1000);
	assert_int_equal(c.settings.chunk_subrange_ttl_ms, 24 * 3600 * 1000);
	assert_int_equal(c.settings.blocks_iter_ttl_ms, 5 * 60 * 1000);
	assert_int_equal(c.settings.metafile_exists_ttl_ms, 2 * 3600 * 1000);
	assert_int_equal(c.settings.metafile_absent_ttl_ms, 15 * 60 * 1000);
	assert_int_equal(c.settings.metafile_content_ttl_ms, 24 * 3600 * 1000);
}

static void all_of_it_can_be_set(void **state)
{
	struct caching_config c;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(parse("type: MEMCACHED\n"
			"config: {addresses: [a:1]}\n"
			"chunk_subrange_size: 1000\n"
			"max_chunks_get_range_requests: 5\n"
			"metafile_max_size: 2MB\n"
			"chunk_object_attrs_ttl: 1s\n"
			"chunk_subrange_ttl: 2s\n"
			"blocks_iter_ttl: 3s\n"
			"metafile_exists_ttl: 4s\n"
			"metafile_doesnt_exist_ttl: 5s\n"
			"metafile_content_ttl: 6s\n",
			"", &c, &err),
		  err);

	assert_int_equal(c.type, CACHE_MEMCACHED);
	assert_non_null(c.cache);
	assert_int_equal(c.settings.subrange_bytes, 1000);
	assert_int_equal(c.settings.max_subrange_requests, 5);
	assert_int_equal(c.settings.max_metafile_bytes, 2 << 20);
	assert_int_equal(c.settings.chunk_attrs_ttl_ms, 1000);
	assert_int_equal(c.settings.chunk_subrange_ttl_ms, 2000);
	assert_int_equal(c.settings.blocks_iter_ttl_ms, 3000);
	assert_int_equal(c.settings.metafile_exists_ttl_ms, 4000);
	assert_int_equal(c.settings.metafile_absent_ttl_ms, 5000);
	assert_int_equal(c.settings.metafile_content_ttl_ms, 6000);
}

/* xxHash64 of the text and the path behind it, as other stores have it. */
static void configurations_are_told_apart_by_text_and_path(void **state)
{
	struct caching_config c;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(parse("type: IN-MEMORY", "", &c, &err), err);
	assert_true(c.settings.config_hash == UINT64_C(8819519564050194710));
	expect_ok(parse("type: IN-MEMORY", "/etc/cache.yml", &c, &err), err);
	assert_true(c.settings.config_hash == UINT64_C(3269933352976785224));
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct caching_config c;
	struct err err = ERR_INIT;
	(void)state;

	expect_err(parse("type: DISK", "", &c, &err), err, ERR_INVALID,
		   "unsupported cache type: DISK");
	expect_err(parse("type: IN-MEMORY\nmetafile_ttl: 1s", "", &c, &err), err, ERR_INVALID,
		   "field metafile_ttl not found in type storecache.CachingWithBackendConfig");
	expect_err(parse("type: IN-MEMORY\nchunk_subrange_size: 0", "", &c, &err), err, ERR_INVALID,
		   "chunk_subrange_size 0: want 1 to 1073741824");
	expect_err(parse("type: IN-MEMORY\nblocks_iter_ttl: 5 minutes", "", &c, &err), err,
		   ERR_INVALID, "line 2");
}

static void the_bucket_is_taken_on_failure_too(void **state)
{
	struct cache_context context = {.clock = &clock_system};
	struct bucket *b auto_free(bucket_close) = NULL;
	struct err err = ERR_INIT;
	(void)state;

	expect_err(caching_bucket_from_config(STR("type: GROUPCACHE"), STR(""), &context,
					      inmem_bucket_new(&clock_system), &b, &err),
		   err, ERR_UNSUPPORTED, "GROUPCACHE");
	expect_ok(caching_bucket_from_config(STR("type: IN-MEMORY"), STR(""), &context,
					     inmem_bucket_new(&clock_system), &b, &err),
		  err);
	assert_string_equal(bucket_name(b), "caching: inmem");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_not_mentioned_has_its_default),
	    cmocka_unit_test(all_of_it_can_be_set),
	    cmocka_unit_test(configurations_are_told_apart_by_text_and_path),
	    cmocka_unit_test(what_makes_no_sense_is_refused),
	    cmocka_unit_test(the_bucket_is_taken_on_failure_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
