#include "objstore/caching_config.h"

#include "base/duration.h"
#include "base/hash.h"
#include "cache/counted_cache.h"

enum { SUBRANGE_MAX_BYTES = 1 << 30 };

struct document {
	struct str type;
	struct yaml_node *config;
	int64_t subrange_bytes, max_requests, metafile_max_bytes;
	int64_t attrs_ttl_ns, subrange_ttl_ns, iter_ttl_ns, exists_ttl_ns, absent_ttl_ns,
	    content_ttl_ns;
};

#define DURATION(name, member)                                                                     \
	YAML_FIELD_DECODED(struct document, name, member, yaml_decode_duration)

static const struct yaml_field fields[] = {
    YAML_FIELD(struct document, "type", type, YAML_STR),
    YAML_FIELD(struct document, "config", config, YAML_NODE),
    YAML_FIELD(struct document, "chunk_subrange_size", subrange_bytes, YAML_I64),
    YAML_FIELD(struct document, "max_chunks_get_range_requests", max_requests, YAML_I64),
    YAML_FIELD_DECODED(struct document, "metafile_max_size", metafile_max_bytes,
		       yaml_decode_byte_size),
    DURATION("chunk_object_attrs_ttl", attrs_ttl_ns),
    DURATION("chunk_subrange_ttl", subrange_ttl_ns),
    DURATION("blocks_iter_ttl", iter_ttl_ns),
    DURATION("metafile_exists_ttl", exists_ttl_ns),
    DURATION("metafile_doesnt_exist_ttl", absent_ttl_ns),
    DURATION("metafile_content_ttl", content_ttl_ns),
};

static void set_defaults(void *out)
{
	*(struct document *)out = (struct document){
	    .subrange_bytes = 16000, /* about as long as the longest chunks */
	    .max_requests = 3,
	    .metafile_max_bytes = 1 << 20,
	    .attrs_ttl_ns = 24 * MS_PER_H * NS_PER_MS,
	    .subrange_ttl_ns = 24 * MS_PER_H * NS_PER_MS,
	    .iter_ttl_ns = 5 * MS_PER_MIN * NS_PER_MS,
	    .exists_ttl_ns = 2 * MS_PER_H * NS_PER_MS,
	    .absent_ttl_ns = 15 * MS_PER_MIN * NS_PER_MS,
	    .content_ttl_ns = 24 * MS_PER_H * NS_PER_MS,
	};
}

static bool validate(const struct yaml_node *node, void *out, struct err *err)
{
	const struct document *d = out;

	return (d->subrange_bytes > 0 && d->subrange_bytes <= SUBRANGE_MAX_BYTES) ||
	       yaml_fail(node, err, "chunk_subrange_size %lld: want 1 to %d",
			 (long long)d->subrange_bytes, SUBRANGE_MAX_BYTES);
}

static const struct yaml_table table =
    YAML_TABLE("storecache.CachingWithBackendConfig", struct document, fields,
	       .set_defaults = set_defaults, .validate = validate);

/* As Thanos: of the text and the path behind it. */
static uint64_t config_hash(struct str yaml, struct str path)
{
	struct buf both auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	buf_append_str(&both, yaml);
	buf_append_str(&both, path);
	return hash_xx64(buf_str(&both));
}

bool caching_config_parse(struct str yaml, struct str path, struct arena *a,
			  struct caching_config *out, struct err *err)
{
	struct yaml_node *root;
	struct document d;

	if (!yaml_parse(yaml, a, &root, err) || !yaml_decode(root, &table, a, &d, err))
		return err_wrap(err, "parsing config YAML file");
	if (!cache_type_parse(d.type, &out->type))
		return err_set(err, ERR_INVALID, "unsupported cache type: %.*s", STR_FMT(d.type));
	out->cache = d.config;
	out->settings = (struct caching_settings){
	    .subrange_bytes = d.subrange_bytes,
	    .max_subrange_requests = d.max_requests,
	    .max_metafile_bytes = d.metafile_max_bytes,
	    .chunk_attrs_ttl_ms = d.attrs_ttl_ns / NS_PER_MS,
	    .chunk_subrange_ttl_ms = d.subrange_ttl_ns / NS_PER_MS,
	    .blocks_iter_ttl_ms = d.iter_ttl_ns / NS_PER_MS,
	    .metafile_exists_ttl_ms = d.exists_ttl_ns / NS_PER_MS,
	    .metafile_absent_ttl_ms = d.absent_ttl_ns / NS_PER_MS,
	    .metafile_content_ttl_ms = d.content_ttl_ns / NS_PER_MS,
	    .config_hash = config_hash(yaml, path),
	};
	return true;
}

bool caching_bucket_from_config(struct str yaml, struct str path,
				const struct cache_context *context, struct bucket *inner,
				struct bucket **out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct cache_context named = *context;
	struct caching_config c;
	struct cache *cache;

	named.name = "caching-bucket";
	if (!caching_config_parse(yaml, path, a, &c, err) ||
	    !cache_from_config(c.type, c.cache, &named, &cache, err)) {
		bucket_close(inner);
		return false;
	}
	/* The one in memory counts for itself. */
	if (c.type == CACHE_MEMCACHED || c.type == CACHE_REDIS)
		cache = counted_cache_new(cache, c.type == CACHE_REDIS ? "redis" : "memcached",
					  context->metrics);
	*out = caching_bucket_new(inner, cache, &c.settings, context->clock, context->metrics);
	return true;
}
