#include "objstore/caching.h"

#include "base/alloc.h"
#include "base/time_text.h"
#include "codec/json.h"
#include "codec/json_writer.h"
#include "objstore/caching_internal.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	LISTING_MAX_BYTES = 64 << 20, /* a longer one is not kept */
	POOL_THREADS = 64,
};

/* --- which names ---------------------------------------------------------------------------- */

/* <...>/chunks/<digits> */
static bool is_chunk_file(struct str name)
{
	size_t n = name.n;

	while (n > 0 && name.p[n - 1] >= '0' && name.p[n - 1] <= '9')
		n--;
	return n < name.n && str_ends(str_from(name.p, n), STR("/chunks/"));
}

static bool is_meta_file(struct str name)
{
	return str_ends(name, STR("/meta.json")) || str_ends(name, STR("/deletion-mark.json"));
}

/* --- keys and times ------------------------------------------------------------------------- */

struct str caching_key(struct arena *a, const char *verb, struct str name)
{
	return str_of(arena_printf(a, "%s:%.*s", verb, STR_FMT(name)));
}

static int64_t now_ms(const struct caching *c)
{
	return clock_monotonic_ns(c->clock) / 1000000;
}

/* What was true at `then_ms` counts for `ttl_ms` from then on. */
static void keep(struct caching *c, struct str key, struct str value, int64_t then_ms,
		 int64_t ttl_ms)
{
	cache_set(c->cache, key, value, ttl_ms - (now_ms(c) - then_ms));
}

/* --- listing -------------------------------------------------------------------------------- */

static bool replay_listing(const struct json *names, bucket_list_fn *fn, void *arg, struct err *err)
{
	for (const struct json *v = names ? names->first : NULL; v; v = v->next) {
		struct bucket_entry entry = {.name = v->text};
		if (!fn(&entry, arg, err))
			return false;
	}
	return true;
}

/* A list of names, or null for an empty one, as Go writes it. */
static bool parse_listing(struct str text, struct arena *a, const struct json **out)
{
	const struct json *root;
	struct err ignored = ERR_INIT;

	if (!json_parse(text, a, &root, &ignored) ||
	    (root->type != JSON_ARRAY && root->type != JSON_NULL))
		return false;
	for (const struct json *v = root->first; v; v = v->next)
		if (v->type != JSON_STRING || v->text.n == 0)
			return false;
	*out = root;
	return true;
}

struct listing {
	struct json_writer json;
	bucket_list_fn *fn;
	void *arg;
};

static bool note_entry(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct listing *l = arg;

	json_put_str(&l->json, entry->name);
	return l->fn(entry, l->arg, err);
}

static bool list_and_keep(struct caching *c, struct ctx *ctx, struct str key, bucket_list_fn *fn,
			  void *arg, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(LISTING_MAX_BYTES);
	struct listing l = {.fn = fn, .arg = arg};
	int64_t then_ms = now_ms(c);

	json_writer_init(&l.json, &text, JSON_ESCAPE_HTML);
	json_begin_array(&l.json);
	if (!bucket_list(c->inner, ctx, STR(""), LIST_DIRECTORY, note_entry, &l, err))
		return false;
	json_end_array(&l.json);
	if (!text.overflowed)
		keep(c, key, buf_str(&text), then_ms, c->settings.blocks_iter_ttl_ms);
	return true;
}

/* Recursive listings go through: who asks for them wants attributes, which are not kept. */
static bool caching_list(struct bucket *b, struct ctx *ctx, struct str prefix,
			 enum bucket_list_mode mode, bucket_list_fn *fn, void *arg, struct err *err)
{
	struct caching *c = (struct caching *)b;
	const struct json *names;
	struct str text;

	if (prefix.n > 0 || mode != LIST_DIRECTORY)
		return bucket_list(c->inner, ctx, prefix, mode, fn, arg, err);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str key = str_of(arena_printf(a, "iter::%" PRIu64, c->settings.config_hash));
	counter_inc(c->rules[CACHE_LIST].requests);
	if (cache_get(c->cache, ctx, key, a, &text)) {
		if (parse_listing(text, a, &names)) {
			counter_inc(c->rules[CACHE_LIST].hits);
			return replay_listing(names, fn, arg, err);
		}
		counter_inc(c->rules[CACHE_LIST].refused);
	}
	return list_and_keep(c, ctx, key, fn, arg, err);
}

/* --- existence ------------------------------------------------------------------------------ */

/* As Go reads a bool. */
static bool parse_bool(struct str s, bool *out)
{
	static const char *const texts[] = {"0", "f", "F", "false", "FALSE", "False",
					    "1", "t", "T", "true",  "TRUE",  "True"};
	size_t n = sizeof(texts) / sizeof(*texts);

	for (size_t i = 0; i < n; i++) {
		if (!str_is(s, texts[i]))
			continue;
		*out = i >= n / 2;
		return true;
	}
	return false;
}

static void keep_existence(struct caching *c, struct str key, bool exists, int64_t then_ms)
{
	keep(c, key, exists ? STR("true") : STR("false"), then_ms,
	     exists ? c->settings.metafile_exists_ttl_ms : c->settings.metafile_absent_ttl_ms);
}

static bool caching_exists(struct bucket *b, struct ctx *ctx, struct str name, bool *out,
			   struct err *err)
{
	struct caching *c = (struct caching *)b;
	struct str text;

	if (!is_meta_file(name))
		return bucket_exists(c->inner, ctx, name, out, err);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str key = caching_key(a, "exists", name);
	counter_inc(c->rules[CACHE_EXISTS].requests);
	if (cache_get(c->cache, ctx, key, a, &text)) {
		if (parse_bool(text, out)) {
			counter_inc(c->rules[CACHE_EXISTS].hits);
			return true;
		}
		counter_inc(c->rules[CACHE_EXISTS].refused);
	}
	int64_t then_ms = now_ms(c);
	if (!bucket_exists(c->inner, ctx, name, out, err))
		return false;
	keep_existence(c, key, *out, then_ms);
	return true;
}

/* --- contents ------------------------------------------------------------------------------- */

/* Copies what goes by, unless it is too much. */
struct copying_sink {
	struct byte_sink base; /* first, so that the two pointers convert */
	struct byte_sink *to;
	struct buf copy;
};

static bool copying_write(struct byte_sink *base, const void *p, size_t n, struct err *err)
{
	struct copying_sink *sink = (struct copying_sink *)base;

	buf_append(&sink->copy, p, n);
	return byte_sink_write(sink->to, p, n, err);
}

struct meta_keys {
	struct str content, exists;
};

static bool get_and_keep(struct caching *c, struct ctx *ctx, struct str name,
			 const struct meta_keys *keys, struct byte_sink *sink, struct err *err)
{
	struct copying_sink copying = {.base.write = copying_write, .to = sink};
	int64_t then_ms = now_ms(c);

	buf_init(&copying.copy, (size_t)c->settings.max_metafile_bytes, NULL);
	bool ok = bucket_get(c->inner, ctx, name, 0, BUCKET_TO_END, &copying.base, err);
	if (ok || err->code == ERR_NOT_FOUND)
		keep_existence(c, keys->exists, ok, then_ms);
	if (ok && !copying.copy.overflowed)
		keep(c, keys->content, buf_str(&copying.copy), then_ms,
		     c->settings.metafile_content_ttl_ms);
	buf_done(&copying.copy);
	return ok;
}

static bool get_meta_file(struct caching *c, struct ctx *ctx, struct str name,
			  struct byte_sink *sink, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct meta_keys keys = {caching_key(a, "content", name), caching_key(a, "exists", name)};
	struct str found[2];
	bool exists;

	counter_inc(c->rules[CACHE_GET].requests);
	cache_get_multi(c->cache, ctx, (const struct str[]){keys.content, keys.exists}, 2, a,
			found);
	if (found[0].p) {
		counter_inc(c->rules[CACHE_GET].hits);
		return byte_sink_write(sink, found[0].p, found[0].n, err);
	}
	if (found[1].p && parse_bool(found[1], &exists) && !exists) {
		counter_inc(c->rules[CACHE_GET].hits);
		return err_set(err, ERR_NOT_FOUND, "object %.*s: not there, the cache says",
			       STR_FMT(name));
	}
	return get_and_keep(c, ctx, name, &keys, sink, err);
}

static bool caching_get(struct bucket *b, struct ctx *ctx, struct str name, int64_t offset,
			int64_t length, struct byte_sink *sink, struct err *err)
{
	struct caching *c = (struct caching *)b;

	if (length != BUCKET_TO_END && offset >= 0 && length > 0 && is_chunk_file(name))
		return caching_get_range(c, ctx, name, offset, length, sink, err);
	if (length == BUCKET_TO_END && offset == 0 && is_meta_file(name))
		return get_meta_file(c, ctx, name, sink, err);
	return bucket_get(c->inner, ctx, name, offset, length, sink, err);
}

/* --- attributes ----------------------------------------------------------------------------- */

/* {"size":1,"last_modified":"2026-11-22T23:00:00.123Z"} */
static void write_attrs(struct buf *out, const struct object_attrs *attrs)
{
	struct json_writer w;

	json_writer_init(&w, out, JSON_ESCAPE_HTML);
	json_begin_object(&w);
	json_key(&w, "size");
	json_put_i64(&w, attrs->size_bytes);
	json_key(&w, "last_modified");
	json_put_cstr(&w, time_str_ms(attrs->modified_ms));
	json_end_object(&w);
}

static bool parse_attrs(struct str text, struct arena *a, struct object_attrs *out)
{
	struct err ignored = ERR_INIT;
	struct object_attrs attrs = {0};
	const struct json *root, *size;
	struct str modified = {0};

	if (!json_parse(text, a, &root, &ignored) || !json_require(root, "size", &size, &ignored) ||
	    !json_to_i64(size, &attrs.size_bytes, &ignored) || attrs.size_bytes < 0 ||
	    !json_to_str(json_get(root, "last_modified"), &modified, &ignored))
		return false;
	if (modified.n && !time_parse(modified, &attrs.modified_ms, &ignored))
		return false;
	*out = attrs;
	return true;
}

bool caching_attrs(struct caching *c, struct ctx *ctx, struct str name, struct object_attrs *out,
		   struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct str key = caching_key(a, "attrs", name), value;

	counter_inc(c->rules[CACHE_ATTRIBUTES].requests);
	if (cache_get(c->cache, ctx, key, a, &value)) {
		if (parse_attrs(value, a, out)) {
			counter_inc(c->rules[CACHE_ATTRIBUTES].hits);
			return true;
		}
		counter_inc(c->rules[CACHE_ATTRIBUTES].refused);
	}
	if (!bucket_attrs(c->inner, ctx, name, out, err))
		return false;
	write_attrs(&text, out);
	cache_set(c->cache, key, buf_str(&text), c->settings.chunk_attrs_ttl_ms);
	return true;
}

static bool attrs_of(struct bucket *b, struct ctx *ctx, struct str name, struct object_attrs *out,
		     struct err *err)
{
	struct caching *c = (struct caching *)b;

	return is_chunk_file(name) ? caching_attrs(c, ctx, name, out, err)
				   : bucket_attrs(c->inner, ctx, name, out, err);
}

/* --- what goes through ---------------------------------------------------------------------- */

static struct bucket_writer *caching_put(struct bucket *b, struct ctx *ctx, struct str name,
					 enum bucket_put_mode mode, struct err *err)
{
	return bucket_put(((struct caching *)b)->inner, ctx, name, mode, err);
}

static bool caching_remove(struct bucket *b, struct ctx *ctx, struct str name, struct err *err)
{
	return bucket_remove(((struct caching *)b)->inner, ctx, name, err);
}

static const char *caching_name(struct bucket *b)
{
	return ((struct caching *)b)->name;
}

static void caching_close(struct bucket *b)
{
	struct caching *c = (struct caching *)b;

	pool_free(c->pool);
	cache_close(c->cache);
	bucket_close(c->inner);
	free(c->name);
	free(c);
}

static const struct bucket_ops caching_ops = {
    .list = caching_list,
    .get = caching_get,
    .attrs = attrs_of,
    .put = caching_put,
    .exists = caching_exists,
    .remove = caching_remove,
    .name = caching_name,
    .close = caching_close,
};

/* --- making it ------------------------------------------------------------------------------ */

static const struct {
	const char *operation, *config;
} rule_names[CACHE_N_RULES] = {
    [CACHE_LIST] = {"iter", "blocks-iter"},        [CACHE_GET] = {"get", "meta.jsons"},
    [CACHE_EXISTS] = {"exists", "meta.jsons"},     [CACHE_GET_RANGE] = {"get_range", "chunks"},
    [CACHE_ATTRIBUTES] = {"attributes", "chunks"},
};

#define PREFIX "thanos_store_bucket_cache_"

static void make_metrics(struct caching *c, struct metrics *m)
{
	struct family *requests = metrics_counters(
	    m, PREFIX "operation_requests_total",
	    "Number of requested operations matching given config.", "operation", "config");
	struct family *hits = metrics_counters(
	    m, PREFIX "operation_hits_total",
	    "Number of operations served from cache for given config.", "operation", "config");
	struct family *refused = metrics_counters(
	    m, "athanor_store_bucket_cache_items_refused_total",
	    "Items from the cache that were not what they should be.", "operation", "config");
	struct family *requested =
	    metrics_counters(m, PREFIX "getrange_requested_bytes_total",
			     "Total number of bytes requested via GetRange.", "config");
	struct family *fetched =
	    metrics_counters(m, PREFIX "getrange_fetched_bytes_total",
			     "Total number of bytes fetched because of GetRange operation. Data "
			     "from bucket is then stored to cache.",
			     "origin", "config");
	struct family *refetched =
	    metrics_counters(m, PREFIX "getrange_refetched_bytes_total",
			     "Total number of bytes re-fetched from storage because of GetRange "
			     "operation, despite being in cache already.",
			     "origin", "config");

	for (int i = 0; i < CACHE_N_RULES; i++) {
		const char *operation = rule_names[i].operation, *config = rule_names[i].config;
		c->rules[i].requests = counter_at(requests, operation, config);
		c->rules[i].hits = counter_at(hits, operation, config);
		c->rules[i].refused = counter_at(refused, operation, config);
	}
	c->requested_bytes = counter_at(requested, "chunks");
	c->cached_bytes = counter_at(fetched, "cache", "chunks");
	c->fetched_bytes = counter_at(fetched, "bucket", "chunks");
	c->refetched_bytes = counter_at(refetched, "cache", "chunks");
}

struct bucket *caching_bucket_new(struct bucket *inner, struct cache *cache,
				  const struct caching_settings *settings, struct clock *clock,
				  struct metrics *m)
{
	struct caching *c = NEW(struct caching);

	c->base.ops = &caching_ops;
	c->inner = inner;
	c->cache = cache;
	c->settings = *settings;
	c->clock = clock;
	c->name = xasprintf("caching: %s", bucket_name(inner));
	c->pool = pool_new(&(struct pool_options){
	    .name = "cachefill",
	    .max_threads = POOL_THREADS,
	});
	make_metrics(c, m);
	return &c->base;
}
