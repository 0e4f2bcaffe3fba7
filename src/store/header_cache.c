#include "store/header_cache.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "block/block_id.h"
#include "block/object_source.h"
#include "store/header_cache_internal.h"

#include <stdlib.h>
#include <sys/resource.h>

enum { DEFAULT_BUDGET_BYTES = 256 << 20, DEFAULT_THREADS = 20, OPEN_HEADERS_MAX = 4096 };

/* --- life of a cache ----------------------------------------------------------------------- */

#define PREFIX      "thanos_bucket_store_indexheader_"
#define N_OF(array) (sizeof(array) / sizeof(*(array)))

static void register_metrics(struct header_metrics *out, struct metrics *m)
{
	static const double load[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1,  2,
				      5,    15,   30,   60,  90,  120, 300};
	static const double download[] = {0.1, 0.2, 0.5, 1, 2, 5, 15, 30, 60, 90, 120, 300};

	out->loads = metrics_counter(m, PREFIX "lazy_load_total",
				     "Total number of index-header lazy load operations.");
	out->load_failures =
	    metrics_counter(m, PREFIX "lazy_load_failed_total",
			    "Total number of failed index-header lazy load operations.");
	out->unloads = metrics_counter(m, PREFIX "lazy_unload_total",
				       "Total number of index-header lazy unload operations.");
	metrics_counter(m, PREFIX "lazy_unload_failed_total",
			"Total number of failed index-header lazy unload operations.");
	out->lazy_load_seconds = metrics_histogram(
	    m, PREFIX "lazy_load_duration_seconds",
	    "Duration of the index-header lazy loading in seconds.", load, N_OF(load));
	out->load_seconds =
	    metrics_histogram(m, PREFIX "load_duration_seconds",
			      "Duration of the index-header loading in seconds.", load, N_OF(load));
	out->download_seconds =
	    metrics_histogram(m, PREFIX "download_duration_seconds",
			      "Duration of the index-header download from objstore in seconds.",
			      download, N_OF(download));
}

/* An open header keeps its file open, and most files are to be left to connections. */
static size_t max_open_headers(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur / 4 > OPEN_HEADERS_MAX)
		return OPEN_HEADERS_MAX;
	return files.rlim_cur / 4 + 1;
}

struct header_cache *header_cache_new(const struct header_cache_options *options)
{
	struct header_cache *c = NEW(struct header_cache);

	c->options = *options;
	if (c->options.budget_bytes == 0)
		c->options.budget_bytes = DEFAULT_BUDGET_BYTES;
	if (c->options.n_threads == 0)
		c->options.n_threads = DEFAULT_THREADS;
	if (!c->options.clock)
		c->options.clock = &clock_system;
	if (options->metrics)
		register_metrics(&c->metrics, options->metrics);
	c->pool = pool_new(&(const struct pool_options){
	    .name = "headers", .max_threads = c->options.n_threads, .max_backlog = SIZE_MAX / 2});
	c->ctx = ctx_new(NULL, CTX_NO_DEADLINE);
	c->n_open_max = max_open_headers();
	c->last = &c->first;
	mutex_init(&c->mu, RANK_CACHE);
	return c;
}

void header_cache_stop(struct header_cache *c)
{
	struct err ignored = ERR_INIT;

	ctx_cancel(c->ctx, ERR_CANCELED, "the store is being stopped");
	pool_drain(c->pool, NULL, &ignored);
}

void header_cache_free(struct header_cache *c)
{
	if (!c)
		return;
	header_cache_stop(c);
	pool_free(c->pool);
	ctx_free(c->ctx);
	mutex_done(&c->mu);
	free(c);
}

void header_observe_since(struct header_cache *c, struct histogram_metric *m, int64_t start_ns)
{
	histogram_metric_observe(m,
				 (double)(clock_monotonic_ns(c->options.clock) - start_ns) / 1e9);
}

/* --- open headers. All with mu held -------------------------------------------------------- */

static void unlink_idle(struct header_cache *c, struct block_header *h)
{
	*(h->newer ? &h->newer->older : &c->newest) = h->older;
	*(h->older ? &h->older->newer : &c->oldest) = h->newer;
	h->newer = h->older = NULL;
}

static void link_idle(struct header_cache *c, struct block_header *h)
{
	h->idle_since_ns = clock_monotonic_ns(c->options.clock);
	h->older = c->newest;
	*(c->newest ? &c->newest->newer : &c->oldest) = h;
	c->newest = h;
}

static void close_header(struct header_cache *c, struct block_header *h)
{
	c->used_bytes -= h->open_bytes;
	c->n_open--;
	tracker_release(c->options.memory, (int64_t)h->open_bytes);
	counter_inc(c->metrics.unloads);
	index_header_close(h->open);
	byte_source_close(h->index);
	h->open = NULL;
	h->index = NULL;
}

static bool is_over_budget(const struct header_cache *c)
{
	struct tracker *t = c->options.memory;

	return c->used_bytes > c->options.budget_bytes || c->n_open > c->n_open_max ||
	       (t && t->limit_bytes > 0 && t->used_bytes > t->limit_bytes);
}

static bool is_idle_too_long(const struct header_cache *c, const struct block_header *h)
{
	int64_t timeout_ms = c->options.idle_timeout_ms;

	return timeout_ms > 0 && clock_monotonic_ns(c->options.clock) - h->idle_since_ns >=
				     timeout_ms * INT64_C(1000000);
}

static void close_oldest(struct header_cache *c)
{
	struct block_header *h = c->oldest;

	unlink_idle(c, h);
	close_header(c, h);
}

static void close_beyond_budget(struct header_cache *c)
{
	while (c->oldest && is_over_budget(c))
		close_oldest(c);
}

void header_begin_use(struct header_cache *c, struct block_header *h)
{
	if (h->n_users++ == 0)
		unlink_idle(c, h);
}

void header_add_open(struct header_cache *c, struct block_header *h, struct index_header *open,
		     size_t n_users)
{
	struct object_path name = block_object_path(h->id, INDEX_FILENAME);

	h->open = open;
	h->index = watched_source_new(
	    object_source_new(c->options.bucket, str_of(name.s), open->index_bytes), &h->watcher);
	h->open_bytes = index_header_memory_bytes(open);
	h->n_users = n_users;
	c->used_bytes += h->open_bytes;
	c->n_open++;
	tracker_charge(c->options.memory, (int64_t)h->open_bytes);
	if (n_users == 0)
		link_idle(c, h);
	close_beyond_budget(c);
}

void header_free(struct block_header *h)
{
	struct header_cache *c = h->cache;

	mutex_lock(&c->mu);
	if (h->open) {
		unlink_idle(c, h);
		close_header(c, h);
	}
	mutex_unlock(&c->mu);
	free(h);
}

void header_cache_close_idle(struct header_cache *c)
{
	MUTEX_HOLD(&c->mu);
	close_beyond_budget(c);
	while (c->oldest && is_idle_too_long(c, c->oldest))
		close_oldest(c);
}

bool header_cache_has_room(struct header_cache *c)
{
	struct tracker *t = c->options.memory;

	MUTEX_HOLD(&c->mu);
	return c->used_bytes < c->options.budget_bytes / 2 && c->n_open < c->n_open_max / 2 &&
	       (!t || t->limit_bytes <= 0 || t->used_bytes < t->limit_bytes / 2);
}

/* --- one block's --------------------------------------------------------------------------- */

void block_header_tell_missing(struct block_header *h)
{
	const struct header_cache_options *o = &h->cache->options;

	if (o->on_missing)
		o->on_missing(o->arg, h->id);
}

static void index_is_missing(struct source_watcher *w)
{
	block_header_tell_missing((struct block_header *)w);
}

struct block_header *block_header_new(struct header_cache *c, struct ulid id, int64_t index_bytes)
{
	struct block_header *h = NEW(struct block_header);

	h->watcher.on_missing = index_is_missing;
	h->cache = c;
	h->id = id;
	h->index_bytes = index_bytes;
	h->n_refs = 1;
	return h;
}

void block_header_unref(struct block_header *h)
{
	if (h && --h->n_refs == 0)
		header_free(h);
}

const struct index_header *block_header_get(struct block_header *h, struct ctx *ctx,
					    struct err *err)
{
	if (!header_load(h, (struct load_wish){HEADER_OPEN, .is_urgent = true, .to_use = true}, ctx,
			 err))
		return NULL;
	h->used_ms = clock_wall_ms(h->cache->options.clock);
	return h->open;
}

void block_header_put(struct block_header *h)
{
	struct header_cache *c = h->cache;

	MUTEX_HOLD(&c->mu);
	if (--h->n_users == 0)
		link_idle(c, h);
	close_beyond_budget(c);
}

struct byte_source *block_header_index(struct block_header *h)
{
	return h->index;
}

bool block_header_prepare(struct block_header *h, enum header_goal goal, struct ctx *ctx,
			  struct err *err)
{
	return header_load(h, (struct load_wish){.goal = goal}, ctx, err);
}

bool block_header_is_on_disk(const struct block_header *h)
{
	char *path auto_free(mem_free) = header_path(h);

	return path && fs_exists(path);
}

bool block_header_is_broken(const struct block_header *h)
{
	return h->is_broken;
}

int64_t block_header_used_ms(const struct block_header *h)
{
	return h->used_ms;
}

void block_header_set_used_ms(struct block_header *h, int64_t used_ms)
{
	h->used_ms = used_ms;
}

void block_header_drop(struct block_header *h)
{
	header_load_stop(h);
	header_remove_folder(h);
}
