/* header_warmer.c - brings index-headers here before a request has to wait for them. */
#include "base/alloc.h"
#include "base/fs.h"
#include "block/block_times.h"
#include "block/workers.h"
#include "store/bucket_store_internal.h"

#include <stdlib.h>

/* Beside the blocks' folders, which only have ULIDs as names. */
#define USE_FILENAME "block-use"

enum { TICK_MAX_MS = 60000, TICK_MIN_MS = 10, TICKS_PER_IDLE_TIMEOUT = 10, SAVE_EVERY_MS = 300000 };

/* --- what was used ------------------------------------------------------------------------- */

static char *use_path(const struct bucket_store *s)
{
	return xasprintf("%s/" USE_FILENAME, s->options.data_dir);
}

/* Blocks that were not used since the start are as warm as they were before it. */
static void restore_use(const struct block_catalog *c, const struct block_times *used)
{
	for (size_t i = 0; used->v.n && i < c->blocks.n; i++) {
		struct block_header *h = store_block_header(c->blocks.v[i]);
		if (block_header_used_ms(h) == 0)
			block_header_set_used_ms(
			    h, block_times_get(used, store_block_id(c->blocks.v[i]), 0));
	}
}

static void read_use(struct bucket_store *s, struct block_times *out)
{
	struct err err = ERR_INIT;

	if (!s->options.data_dir)
		return;
	char *path auto_free(mem_free) = use_path(s);
	if (!block_times_read(path, out, &err) && err.code != ERR_NOT_FOUND)
		log_warn(s->options.logger,
			 "which blocks were used is forgotten, the file cannot be read",
			 LOG_ERR(&err));
}

static void save_use(struct bucket_store *s)
{
	struct block_catalog *c auto_free(block_catalog_unref) = bucket_store_catalog(s);
	struct block_times used = {.at_ms = clock_wall_ms(s->options.clock)};
	struct err err = ERR_INIT;

	if (!s->options.data_dir)
		return;
	for (size_t i = 0; i < c->blocks.n; i++) {
		int64_t ms = block_header_used_ms(store_block_header(c->blocks.v[i]));
		if (ms > 0)
			vec_push(&used.v, (struct block_time){store_block_id(c->blocks.v[i]), ms});
	}
	char *path auto_free(mem_free) = use_path(s);
	if (!fs_mkdirs(s->options.data_dir, &err) || !block_times_write(&used, path, &err))
		log_warn(s->options.logger, "which blocks were used could not be saved",
			 LOG_ERR(&err));
	block_times_done(&used);
}

/* --- one pass ------------------------------------------------------------------------------ */

struct candidate {
	struct store_block *block; /* of the catalog */
	int64_t used_ms;           /* requests go on meanwhile */
};

/* The work of several threads on one catalog. */
struct pass {
	struct bucket_store *store;
	struct ctx *ctx;
	uint64_t n_catalogs; /* when it began: a new one ends it */
	struct candidate *v;
	size_t n;
	_Atomic size_t next;
};

/* Used last first, then newest data first. */
static int by_warmth(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	int64_t max_x = store_block_meta(x->block)->max_t_ms;
	int64_t max_y = store_block_meta(y->block)->max_t_ms;

	if (x->used_ms != y->used_ms)
		return x->used_ms > y->used_ms ? -1 : 1;
	if (max_x != max_y)
		return max_x > max_y ? -1 : 1;
	return ulid_cmp(store_block_id(x->block), store_block_id(y->block));
}

static bool is_outdated(const struct pass *p)
{
	struct bucket_store *s = p->store;

	MUTEX_HOLD(&s->mu);
	return s->n_catalogs != p->n_catalogs;
}

static void warm_block(struct pass *p, struct store_block *b)
{
	struct bucket_store *s = p->store;
	struct block_header *h = store_block_header(b);
	bool has_room = header_cache_has_room(s->headers);
	bool to_open = has_room && (s->options.warming == WARM_OPEN || !s->options.data_dir);
	struct err err = ERR_INIT;

	if (!to_open && (!s->options.data_dir || block_header_is_on_disk(h)))
		return;
	if (block_header_prepare(h, to_open ? HEADER_OPEN : HEADER_ON_DISK, p->ctx, &err) ||
	    ctx_done(p->ctx))
		return;
	counter_inc(s->metrics.block_load_failures);
	log_warn(s->options.logger, "loading block failed",
		 LOG_STR("id", ulid_str(store_block_id(b))), LOG_ERR(&err));
}

static void warm_blocks(void *arg)
{
	struct pass *p = arg;

	for (;;) {
		size_t i = p->next++;
		if (i >= p->n || ctx_done(p->ctx) || is_outdated(p))
			return;
		warm_block(p, p->v[i].block);
		header_cache_close_idle(p->store->headers);
	}
}

static bool is_to_be_warmed(const struct bucket_store *s, struct store_block *b)
{
	return s->options.warming != WARM_NOTHING ||
	       block_header_is_broken(store_block_header(b)); /* it may have been healed */
}

/* Requests find threads of the cache free: a quarter of them has nothing to do with this. */
static void warm_catalog(struct bucket_store *s, struct ctx *ctx, const struct block_catalog *c,
			 uint64_t n_catalogs)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct pass p = {.store = s, .ctx = ctx, .n_catalogs = n_catalogs};
	unsigned n_threads =
	    s->options.block_sync_concurrency - s->options.block_sync_concurrency / 4;

	p.v = ARENA_ARRAY(a, struct candidate, c->blocks.n);
	for (size_t i = 0; i < c->blocks.n; i++) {
		struct store_block *b = c->blocks.v[i];
		if (is_to_be_warmed(s, b))
			p.v[p.n++] =
			    (struct candidate){b, block_header_used_ms(store_block_header(b))};
	}
	if (p.n)
		qsort(p.v, p.n, sizeof(*p.v), by_warmth);
	block_workers_run(n_threads, p.n, warm_blocks, &p);
}

/* --- again and again ----------------------------------------------------------------------- */

static int64_t tick_ms(const struct bucket_store *s)
{
	int64_t ms = s->options.header_idle_timeout_ms / TICKS_PER_IDLE_TIMEOUT;

	if (ms <= 0 || ms > TICK_MAX_MS)
		return TICK_MAX_MS;
	return ms < TICK_MIN_MS ? TICK_MIN_MS : ms;
}

/* Until there is another catalog than that one, or for a tick. */
static void wait_for_catalog(struct bucket_store *s, struct ctx *ctx, uint64_t n_catalogs)
{
	int64_t until_ns = clock_monotonic_ns(&clock_system) + tick_ms(s) * INT64_C(1000000);
	struct ctx_waker waker;

	ctx_waker_start(&waker, ctx, &s->changed, &s->mu.os);
	mutex_lock(&s->mu);
	while (s->n_catalogs == n_catalogs && clock_monotonic_ns(&clock_system) < until_ns &&
	       ctx_wait_until(ctx, until_ns, &s->changed, &s->mu.os))
		;
	mutex_unlock(&s->mu);
	ctx_waker_stop(&waker);
}

static uint64_t count_catalogs(struct bucket_store *s)
{
	MUTEX_HOLD(&s->mu);
	return s->n_catalogs;
}

static void warm_newest_catalog(struct bucket_store *s, struct ctx *ctx, uint64_t n_catalogs,
				const struct block_times *used)
{
	struct block_catalog *c auto_free(block_catalog_unref) = bucket_store_catalog(s);

	restore_use(c, used);
	warm_catalog(s, ctx, c, n_catalogs);
}

void bucket_store_warm(struct bucket_store *s, struct ctx *ctx)
{
	struct block_times used = BLOCK_TIMES_INIT;
	int64_t saved_ns = clock_monotonic_ns(s->options.clock);
	uint64_t warmed = 0;

	read_use(s, &used);
	while (!ctx_done(ctx)) {
		uint64_t n_catalogs = count_catalogs(s);
		if (n_catalogs != warmed) {
			warm_newest_catalog(s, ctx, n_catalogs, &used);
			warmed = n_catalogs;
		}
		header_cache_close_idle(s->headers);
		int64_t now_ns = clock_monotonic_ns(s->options.clock);
		if (now_ns - saved_ns >= SAVE_EVERY_MS * INT64_C(1000000)) {
			save_use(s);
			saved_ns = now_ns;
		}
		wait_for_catalog(s, ctx, warmed);
	}
	save_use(s);
	block_times_done(&used);
}
