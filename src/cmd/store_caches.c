#include "cmd/store_caches.h"

#include "model/matcher_cache.h"
#include "objstore/caching_config.h"
#include "store/index_cache_config.h"

const struct flag_spec STORE_CACHE_FLAGS[4] = {
    {.name = "index-cache-size",
     FLAG_BYTES(struct store_cache_flags, index_cache_bytes),
     .default_text = "250MB",
     .help = "Maximum size of items held in the in-memory index cache. Ignored if "
	     "--index-cache.config or --index-cache.config-file option is specified."},
    {.name = "index-cache.config",
     FLAG_CONTENT(struct store_cache_flags, index_cache),
     .help = "YAML file that contains index cache configuration. See format details: "
	     "https://thanos.io/tip/components/store.md/#index-cache"},
    {.name = "store.caching-bucket.config",
     FLAG_CONTENT(struct store_cache_flags, caching_bucket),
     .help = "YAML that contains configuration for caching bucket. Experimental feature, with "
	     "high risk of changes. See format details: "
	     "https://thanos.io/tip/components/store.md/#caching-bucket",
     .attrs = FLAG_HIDDEN},
    {.name = "matcher-cache-size",
     FLAG_INT(struct store_cache_flags, max_matchers),
     .default_text = "0",
     .help = "Max number of cached matchers items. Using 0 disables caching."},
};

bool store_caching_bucket(const struct store_cache_flags *f, const struct cache_context *context,
			  struct bucket *inner, struct bucket **out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct bucket *b auto_free(bucket_close) = inner;
	const char *path = f->caching_bucket.path ? f->caching_bucket.path : "";
	struct str yaml;

	if (!flag_content_load(&f->caching_bucket, a, &yaml, err))
		return err_wrap(err, "get caching bucket configuration");
	if (yaml.n == 0) {
		*out = take(b);
		return true;
	}
	return caching_bucket_from_config(yaml, str_of(path), context, take(b), out, err) ||
	       err_wrap(err, "create caching bucket");
}

bool store_index_cache(const struct store_cache_flags *f, const struct cache_context *context,
		       struct index_cache **out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str yaml;

	if (!flag_content_load(&f->index_cache, a, &yaml, err))
		return err_wrap(err, "get content of index cache configuration");
	bool ok = yaml.n ? index_cache_from_config(yaml, context, out, err)
			 : index_cache_of_size(f->index_cache_bytes, context, out, err);
	return ok || err_wrap(err, "create index cache");
}

struct matcher_cache *store_matcher_cache(const struct store_cache_flags *f, struct metrics *m)
{
	return f->max_matchers > 0 ? matcher_cache_new((size_t)f->max_matchers, m) : NULL;
}
