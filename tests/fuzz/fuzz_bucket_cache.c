/* Values of a bucket's cache that somebody else wrote: whatever they are, a read of the bucket
 * either fails or gives what the bucket has, or what the value of a meta file says. */
#include "base/assert.h"
#include "cache/memory.h"
#include "objstore/caching.h"
#include "objstore/inmem.h"

#define CHUNK STR("01D/chunks/000001")

static bool note_name(const struct bucket_entry *entry, void *arg, struct err *err)
{
	size_t *n = arg;
	(void)err;

	assert(entry->name.n > 0);
	(*n)++;
	return true;
}

static struct bucket *behind_cache_with(struct str value)
{
	struct bucket *inner = inmem_bucket_new(&clock_system);
	struct err err = ERR_INIT;
	static const char *const keys[] = {
	    "iter::0",
	    "exists:01D/meta.json",
	    "attrs:01D/chunks/000001",
	    "subrange:01D/chunks/000001:0:4",
	    "subrange:01D/chunks/000001:4:8",
	};

	assert(bucket_put_bytes(inner, NULL, CHUNK, STR("12345678"), PUT_REPLACE, &err));
	struct cache *cache = memory_cache_as_cache(
	    memory_cache_new(&(struct memory_cache_options){.max_bytes = 1 << 20, .n_parts = 1}));
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		cache_set(cache, str_of(keys[i]), value, INT64_MAX);
	return caching_bucket_new(
	    inner, cache,
	    &(struct caching_settings){.subrange_bytes = 4, .max_metafile_bytes = 100},
	    &clock_system, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bucket *b auto_free(bucket_close) = behind_cache_with(str_from(data, size));
	struct buf got auto_done(buf_done) = BUF_INIT(1000);
	struct object_attrs attrs;
	struct err err = ERR_INIT;
	size_t n = 0;
	bool exists;

	assert(bucket_list(b, NULL, STR(""), LIST_DIRECTORY, note_name, &n, &err));
	assert(bucket_exists(b, NULL, STR("01D/meta.json"), &exists, &err));
	assert(bucket_attrs(b, NULL, CHUNK, &attrs, &err));
	assert(attrs.size_bytes >= 0);
	if (bucket_get_bytes(b, NULL, CHUNK, 1, 6, &got, &err))
		assert(got.n <= 6);
	else
		assert(err.code == ERR_CORRUPT);
	return 0;
}
