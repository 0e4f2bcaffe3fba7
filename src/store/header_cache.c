#include "store/header_cache.h"

#include "base/alloc.h"
#include "base/ctx.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/pool.h"
#include "block/block_id.h"
#include "block/object_source.h"
#include "store/watched_source.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { DEFAULT_BUDGET_BYTES = 256 << 20, DEFAULT_THREADS = 20, OPEN_HEADERS_MAX = 4096 };

#define IMAGE_MAX_BYTES ((size_t)4 << 30) /* of a header that is kept in memory */

struct header_load;

struct block_header {
	struct source_watcher watcher; /* of the index; first, so that the two pointers convert */
	struct header_cache *cache;
	struct ulid id;
	int64_t index_bytes; /* 0: not known */
	_Atomic size_t n_refs;
	_Atomic int64_t used_ms;
	_Atomic bool is_dropped;
	_Atomic bool is_broken;

	/* Guarded by the cache's mutex. */
	struct index_header *open; /* NULL: not open */
	struct byte_source *index; /* the whole index, in the bucket, while it is open */
	struct header_load *load;  /* waiting for a thread, or under way; NULL: none */
	size_t open_bytes;
	size_t n_users;
	int64_t idle_since_ns;
	struct block_header *newer, *older; /* open ones nobody uses, in the order of last use */
};

/* Making or opening one header. Guarded by the cache's mutex. */
struct header_load {
	struct block_header *of; /* a reference */
	enum header_goal goal;
	bool is_urgent;
	bool is_done;
	size_t n_refs;   /* the work's own, and of each who waits */
	size_t n_askers; /* of those who wait, who will use it: each gets its use with the end */
	enum header_goal reached;
	bool is_void;      /* the block was dropped meanwhile: it is to be tried again in memory */
	bool is_in_folder; /* it works there now */
	struct ctx *ctx;
	struct err err; /* ERR_OK: it went well */
	pthread_cond_t ended;
	struct header_load *next; /* waiting for a thread */
};

struct header_metrics {
	struct counter *loads, *load_failures, *unloads;
	struct histogram_metric *lazy_load_seconds, *load_seconds, *download_seconds;
};

struct header_cache {
	struct header_cache_options options;
	struct header_metrics metrics;
	struct pool *pool;
	struct ctx *ctx; /* of all loads */
	struct mutex mu;
	size_t used_bytes; /* of all open headers */
	size_t n_open, n_open_max;
	struct block_header *newest; /* of those that nobody uses */
	struct block_header *oldest;
	struct header_load *first; /* waiting for a thread */
	struct header_load **last;
};

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

static void begin_use(struct header_cache *c, struct block_header *h)
{
	if (h->n_users++ == 0)
		unlink_idle(c, h);
}

static void add_open(struct header_cache *c, struct block_header *h, struct index_header *open,
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

/* Without mu: nobody has it any more. */
static void free_header(struct block_header *h)
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

/* --- making and opening -------------------------------------------------------------------- */

static char *folder_of(const struct block_header *h)
{
	const char *data_dir = h->cache->options.data_dir;

	return data_dir ? xasprintf("%s/%s", data_dir, ulid_str(h->id)) : NULL;
}

static char *path_of(const struct block_header *h)
{
	const char *data_dir = h->cache->options.data_dir;

	return data_dir && !h->is_dropped
		   ? xasprintf("%s/%s/index-header", data_dir, ulid_str(h->id))
		   : NULL;
}

static struct byte_source *open_index(struct block_header *h, struct ctx *ctx, struct err *err)
{
	struct header_cache *c = h->cache;
	struct object_path name = block_object_path(h->id, INDEX_FILENAME);
	struct object_attrs attrs = {.size_bytes = h->index_bytes};

	if (attrs.size_bytes <= 0 &&
	    !bucket_attrs(c->options.bucket, ctx, str_of(name.s), &attrs, err))
		return NULL;
	return object_source_new(c->options.bucket, str_of(name.s), (uint64_t)attrs.size_bytes);
}

static void observe_since(struct header_cache *c, struct histogram_metric *m, int64_t start_ns)
{
	histogram_metric_observe(m,
				 (double)(clock_monotonic_ns(c->options.clock) - start_ns) / 1e9);
}

static bool make_file(struct block_header *h, const char *path, struct ctx *ctx, struct err *err)
{
	struct header_cache *c = h->cache;
	int64_t start_ns = clock_monotonic_ns(c->options.clock);
	struct byte_source *index auto_free(byte_source_close) = open_index(h, ctx, err);

	if (!index || !index_header_write(index, ctx, path, err))
		return false;
	observe_since(c, c->metrics.download_seconds, start_ns);
	return true;
}

struct buf_sink {
	struct byte_sink base; /* first, so that the two pointers convert */
	struct buf *to;
};

static bool buf_sink_write(struct byte_sink *base, const void *p, size_t n, struct err *err)
{
	return buf_append(((struct buf_sink *)base)->to, p, n) ||
	       err_set(err, ERR_LIMIT, "an index-header of more than %zu bytes", IMAGE_MAX_BYTES);
}

static struct index_header *open_in_memory(struct block_header *h, struct ctx *ctx, struct err *err)
{
	struct header_cache *c = h->cache;
	struct buf image auto_done(buf_done) = BUF_INIT(IMAGE_MAX_BYTES);
	struct buf_sink sink = {{buf_sink_write}, &image};
	int64_t start_ns = clock_monotonic_ns(c->options.clock);
	struct byte_source *index auto_free(byte_source_close) = open_index(h, ctx, err);

	if (!index || !index_header_copy(index, ctx, &sink.base, err))
		return NULL;
	observe_since(c, c->metrics.download_seconds, start_ns);
	return index_header_of_copy(byte_source_of_buf("index-header", &image),
				    c->options.keep_every, ctx, err);
}

/* A file that belongs to another index is as good as a damaged one. */
static struct index_header *open_file(struct block_header *h, const char *path, struct ctx *ctx,
				      struct err *err)
{
	struct header_cache *c = h->cache;
	int64_t start_ns = clock_monotonic_ns(c->options.clock);
	struct index_header *open =
	    index_header_open(path, "index-header", c->options.keep_every, ctx, err);

	if (!open)
		return NULL;
	if (h->index_bytes > 0 && open->index_bytes != (uint64_t)h->index_bytes) {
		err_set(err, ERR_CORRUPT, "index-header: of an index of %lu bytes, want %ld",
			open->index_bytes, h->index_bytes);
		index_header_close(open);
		return NULL;
	}
	observe_since(c, c->metrics.load_seconds, start_ns);
	return open;
}

static struct index_header *open_or_make_file(struct block_header *h, const char *path,
					      struct ctx *ctx, struct err *err)
{
	struct index_header *open = open_file(h, path, ctx, err);

	if (open || (err->code != ERR_NOT_FOUND && err->code != ERR_CORRUPT))
		return open;
	if (err->code == ERR_CORRUPT)
		log_warn(h->cache->options.logger,
			 "an index-header cannot be used and is made anew",
			 LOG_STR("block", ulid_str(h->id)), LOG_ERR(err));
	return make_file(h, path, ctx, err) ? open_file(h, path, ctx, err) : NULL;
}

static void remove_folder(const struct block_header *h)
{
	struct err ignored = ERR_INIT;
	char *folder auto_free(mem_free) = folder_of(h);

	if (folder)
		fs_remove_tree(folder, &ignored); /* the next start tries again */
}

/* Without a path in memory. *open stays NULL where its file was all that was wanted. */
static bool reach(struct block_header *h, const char *path, enum header_goal goal, struct ctx *ctx,
		  struct index_header **open, struct err *err)
{
	if (path && goal == HEADER_ON_DISK)
		return fs_exists(path) || make_file(h, path, ctx, err);
	*open = path ? open_or_make_file(h, path, ctx, err) : open_in_memory(h, ctx, err);
	return *open != NULL;
}

/* --- loads --------------------------------------------------------------------------------- */

static void unref_load(struct header_load *l)
{
	if (--l->n_refs > 0)
		return;
	pthread_cond_destroy(&l->ended);
	ctx_free(l->ctx);
	free(l);
}

/* Take an urgent one if there is any. With mu held. */
static struct header_load *take_load(struct header_cache *c)
{
	struct header_load **at = &c->first;

	while (*at && !(*at)->is_urgent)
		at = &(*at)->next;
	if (!*at)
		at = &c->first;
	struct header_load *l = *at;
	if (!l)
		return NULL;
	*at = l->next;
	if (!l->next)
		c->last = at;
	return l;
}

/* The work is done: hand the header to those who wait for it. With mu held. */
static void end_load(struct header_cache *c, struct header_load *l, struct index_header *open)
{
	l->is_done = true;
	l->of->load = NULL;
	l->reached = open ? HEADER_OPEN : HEADER_ON_DISK;
	if (open)
		add_open(c, l->of, open, l->n_askers);
	pthread_cond_broadcast(&l->ended);
	unref_load(l);
}

static bool says_broken(enum err_code code)
{
	return code == ERR_CORRUPT || code == ERR_UNSUPPORTED || code == ERR_NOT_FOUND;
}

static void tell_health(struct block_header *h, const struct err *err)
{
	struct header_cache *c = h->cache;
	bool was_broken = h->is_broken;

	if (err->code != ERR_OK && !says_broken(err->code))
		return; /* the bucket's trouble, not the block's */
	h->is_broken = err->code != ERR_OK;
	if (h->is_broken != was_broken && c->options.on_health)
		c->options.on_health(c->options.arg);
}

static void count_load(struct header_cache *c, bool ok, int64_t start_ns)
{
	counter_inc(c->metrics.loads);
	if (!ok)
		counter_inc(c->metrics.load_failures);
	observe_since(c, c->metrics.lazy_load_seconds, start_ns);
}

static void run_load(void *arg)
{
	struct header_cache *c = arg;
	struct index_header *open = NULL;
	struct err err = ERR_INIT;
	int64_t start_ns = clock_monotonic_ns(c->options.clock);

	mutex_lock(&c->mu);
	struct header_load *l = take_load(c);
	enum header_goal goal = l->goal;
	struct block_header *h = l->of;
	char *path auto_free(mem_free) = path_of(h);
	l->is_in_folder = path != NULL;
	mutex_unlock(&c->mu);

	bool ok = ctx_check(l->ctx, &err) && reach(h, path, goal, l->ctx, &open, &err);
	if (ok)
		err = ERR_INIT;
	count_load(c, ok, start_ns);
	if (err.code == ERR_NOT_FOUND)
		block_header_tell_missing(h);
	bool is_void = !ok && path && h->is_dropped;
	if (!is_void)
		tell_health(h, &err);
	mutex_lock(&c->mu);
	l->err = err;
	l->is_void = is_void;
	l->is_in_folder = false;
	end_load(c, l, open);
	/* Before anyone learns of the end: who then gives back its reference gives back the last.
	 */
	bool is_last = --h->n_refs == 0;
	mutex_unlock(&c->mu);
	if (is_last)
		free_header(h);
}

/* With mu held; the caller submits run_load() afterwards if *begun. */
static struct header_load *join_load(struct header_cache *c, struct block_header *h,
				     enum header_goal goal, bool is_urgent, bool *begun)
{
	struct header_load *l = h->load;

	*begun = !l;
	if (!l) {
		l = NEW(struct header_load);
		l->of = h;
		h->n_refs++;
		l->n_refs = 1;
		ctx_cond_init(&l->ended);
		l->ctx = ctx_new(c->ctx, CTX_NO_DEADLINE);
		h->load = l;
		*c->last = l;
		c->last = &l->next;
	}
	l->is_urgent |= is_urgent;
	if (goal > l->goal)
		l->goal = goal; /* in vain when it runs already */
	return l;
}

static void submit(struct header_cache *c)
{
	struct err err = ERR_INIT;

	if (!pool_submit(c->pool, run_load, c, &err))
		run_load(c); /* no thread to be had, or the cache is being stopped */
}

struct load_wish {
	enum header_goal goal;
	bool is_urgent;
	bool to_use; /* the header is to be used then */
};

/* Wait for it; true when it went well. */
static bool wait_load(struct header_cache *c, struct header_load *l, struct load_wish wish,
		      struct ctx *ctx, bool *reached, struct err *err)
{
	struct ctx_waker waker;

	ctx_waker_start(&waker, ctx, &l->ended, &c->mu.os);
	mutex_lock(&c->mu);
	while (!l->is_done && ctx_wait(ctx, &l->ended, &c->mu.os))
		;
	bool is_done = l->is_done;
	bool ok = is_done && (l->err.code == ERR_OK || l->is_void);
	*reached = ok && !l->is_void && l->reached >= wish.goal;
	if (!is_done)
		l->n_askers -= wish.to_use;
	else if (!ok)
		*err = l->err;
	mutex_unlock(&c->mu);
	ctx_waker_stop(&waker);
	return is_done ? ok : ctx_check(ctx, err);
}

/* One load, which may have been begun for less than what is wished: look at *reached. */
static bool load_once(struct block_header *h, struct load_wish wish, struct ctx *ctx, bool *reached,
		      struct err *err)
{
	struct header_cache *c = h->cache;
	bool begun;

	mutex_lock(&c->mu);
	*reached = h->open != NULL;
	if (*reached) {
		if (wish.to_use)
			begin_use(c, h);
		mutex_unlock(&c->mu);
		return true;
	}
	struct header_load *l = join_load(c, h, wish.goal, wish.is_urgent, &begun);
	l->n_refs++;
	l->n_askers += wish.to_use;
	mutex_unlock(&c->mu);
	if (begun)
		submit(c);
	bool ok = wait_load(c, l, wish, ctx, reached, err);
	mutex_lock(&c->mu);
	unref_load(l);
	mutex_unlock(&c->mu);
	return ok;
}

static bool load(struct block_header *h, struct load_wish wish, struct ctx *ctx, struct err *err)
{
	bool reached = false;

	while (!reached)
		if (!load_once(h, wish, ctx, &reached, err))
			return false;
	return true;
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
		free_header(h);
}

const struct index_header *block_header_get(struct block_header *h, struct ctx *ctx,
					    struct err *err)
{
	if (!load(h, (struct load_wish){HEADER_OPEN, .is_urgent = true, .to_use = true}, ctx, err))
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
	return load(h, (struct load_wish){.goal = goal}, ctx, err);
}

bool block_header_is_on_disk(const struct block_header *h)
{
	char *path auto_free(mem_free) = path_of(h);

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

/* Whoever works in the folder is stopped first, so that the folder is free for another block of
 * that id. */
void block_header_drop(struct block_header *h)
{
	struct header_cache *c = h->cache;

	mutex_lock(&c->mu);
	h->is_dropped = true;
	struct header_load *l = h->load && h->load->is_in_folder ? h->load : NULL;
	if (l)
		l->n_refs++;
	mutex_unlock(&c->mu);
	if (l) {
		ctx_cancel(l->ctx, ERR_CANCELED, "the block was dropped");
		mutex_lock(&c->mu);
		while (!l->is_done)
			pthread_cond_wait(&l->ended, &c->mu.os);
		unref_load(l);
		mutex_unlock(&c->mu);
	}
	remove_folder(h);
}
