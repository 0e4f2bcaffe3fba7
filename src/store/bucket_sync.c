/* bucket_sync.c - keeps the bucket store's catalog like the bucket. */
#include "base/alloc.h"
#include "base/fs.h"
#include "block/workers.h"
#include "store/bucket_store_internal.h"

#include <inttypes.h>
#include <stdlib.h>

/* The work of several threads on one view. */
struct load {
	struct bucket_store *store;
	struct ctx *ctx;
	const struct block_view *view;
	const struct block_catalog *before;
	struct store_block **blocks; /* one per meta; NULL: could not be loaded */
	_Atomic size_t next;
};

static char *block_dir(const struct bucket_store *s, struct ulid id)
{
	return xasprintf("%s/%s", s->options.data_dir, ulid_str(id));
}

static void remove_dir(const struct bucket_store *s, struct ulid id)
{
	struct err err = ERR_INIT;

	if (!s->options.data_dir)
		return;
	char *dir auto_free(mem_free) = block_dir(s, id);
	if (!fs_remove_tree(dir, &err))
		log_warn(s->options.logger, "failed to remove the folder of a block",
			 LOG_ERR(&err));
}

static struct store_block *load_block(struct load *l, struct meta *meta)
{
	struct bucket_store *s = l->store;
	struct store_block_options options = {
	    .bucket = s->options.bucket, .data_dir = s->options.data_dir, .headers = s->headers};
	int64_t start_ns = clock_monotonic_ns(s->options.clock);
	struct err err = ERR_INIT;

	counter_inc(s->metrics.block_loads);
	struct store_block *b = store_block_open(&options, meta, l->ctx, &err);
	int64_t took_ns = clock_monotonic_ns(s->options.clock) - start_ns;
	if (!b) {
		counter_inc(s->metrics.block_load_failures);
		remove_dir(s, meta->id);
		log_warn(s->options.logger, "loading block failed",
			 LOG_DURATION_NS("elapsed", took_ns), LOG_STR("id", ulid_str(meta->id)),
			 LOG_ERR(&err));
		return NULL;
	}
	histogram_metric_observe(s->metrics.block_load_seconds, (double)took_ns / 1e9);
	gauge_set(s->metrics.last_loaded_s, (double)clock_wall_ms(s->options.clock) / 1e3);
	log_info(s->options.logger, "loaded new block", LOG_DURATION_NS("elapsed", took_ns),
		 LOG_STR("id", ulid_str(meta->id)));
	return b;
}

static void load_blocks(void *arg)
{
	struct load *l = arg;

	for (;;) {
		size_t i = l->next++;
		if (i >= l->view->metas.n)
			return;
		struct meta *meta = l->view->metas.v[i];
		struct store_block *known = block_catalog_find(l->before, meta->id);
		l->blocks[i] = known ? store_block_ref(known) : load_block(l, meta);
	}
}

/* Blocks that an incomplete view does not show may be there all the same. */
static void keep_unseen(struct load *l, struct store_block **all, size_t *n)
{
	const struct catalog_blocks *before = &l->before->blocks;

	for (size_t i = 0, k = 0; i < before->n; i++) {
		struct ulid id = store_block_id(before->v[i]);
		while (k < l->view->metas.n && ulid_cmp(l->view->metas.v[k]->id, id) < 0)
			k++;
		if (k == l->view->metas.n || ulid_cmp(l->view->metas.v[k]->id, id) != 0)
			all[(*n)++] = store_block_ref(before->v[i]);
	}
}

static void drop_missing(struct bucket_store *s, const struct block_catalog *before,
			 const struct block_catalog *after)
{
	for (size_t i = 0; i < before->blocks.n; i++) {
		struct ulid id = store_block_id(before->blocks.v[i]);
		if (block_catalog_find(after, id))
			continue;
		counter_inc(s->metrics.block_drops);
		log_info(s->options.logger, "dropped outdated block",
			 LOG_STR("block", ulid_str(id)));
		store_block_drop(before->blocks.v[i]);
	}
}

static void replace_catalog(struct bucket_store *s, struct block_catalog *c)
{
	mutex_lock(&s->mu);
	struct block_catalog *before = s->catalog;
	s->catalog = c;
	mutex_unlock(&s->mu);
	gauge_set(s->metrics.blocks_loaded, (double)c->blocks.n);
	drop_missing(s, before, c);
	block_catalog_unref(before);
}

static void sync_view(struct bucket_store *s, struct ctx *ctx, const struct block_view *view)
{
	struct block_catalog *before auto_free(block_catalog_unref) = bucket_store_catalog(s);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct load l = {.store = s, .ctx = ctx, .view = view, .before = before};
	size_t n = 0;

	l.blocks = ARENA_ARRAY(a, struct store_block *, view->metas.n);
	block_workers_run(s->options.block_sync_concurrency, view->metas.n, load_blocks, &l);
	struct store_block **all =
	    ARENA_ARRAY(a, struct store_block *, view->metas.n + before->blocks.n);
	for (size_t i = 0; i < view->metas.n; i++)
		if (l.blocks[i])
			all[n++] = l.blocks[i];
	if (view->n_failed)
		keep_unseen(&l, all, &n);
	replace_catalog(s, block_catalog_new(all, n));
	for (size_t i = 0; i < n; i++)
		store_block_unref(all[i]);
}

bool bucket_store_sync(struct bucket_store *s, struct ctx *ctx, struct err *err)
{
	struct block_view view;

	if (!fetcher_fetch(s->options.fetcher, ctx, &view, err))
		return err_wrap(err, "sync blocks");
	sync_view(s, ctx, &view);
	size_t n_failed = view.n_failed;
	if (n_failed)
		*err = view.failure;
	block_view_done(&view);
	return n_failed == 0 ||
	       err_wrap(err, "sync blocks: incomplete view, %zu missing", n_failed);
}

/* --- at start ------------------------------------------------------------------------------ */

static void remove_unknown_dirs(struct bucket_store *s)
{
	struct block_catalog *c auto_free(block_catalog_unref) = bucket_store_catalog(s);
	struct fs_names names auto_done(fs_names_done) = {0};
	struct err err = ERR_INIT;
	struct ulid id;

	if (!s->options.data_dir || !fs_list(s->options.data_dir, &names, &err))
		return;
	for (size_t i = 0; i < names.n; i++)
		if (ulid_parse(str_of(names.v[i]), &id) && !block_catalog_find(c, id))
			remove_dir(s, id);
}

bool bucket_store_initial_sync(struct bucket_store *s, struct ctx *ctx, int64_t retry_interval_ms,
			       int64_t give_up_after_ms, struct err *err)
{
	int64_t end_ns = clock_monotonic_ns(s->options.clock) + give_up_after_ms * INT64_C(1000000);

	while (!bucket_store_sync(s, ctx, err)) {
		if (clock_monotonic_ns(s->options.clock) + retry_interval_ms * 1000000 > end_ns)
			return err_wrap(err, "initial sync");
		log_warn(s->options.logger, "initial sync failed, it is tried again", LOG_ERR(err));
		if (!ctx_sleep_ms(ctx, retry_interval_ms))
			return ctx_check(ctx, err);
	}
	remove_unknown_dirs(s);
	mutex_lock(&s->mu);
	s->is_ready = true;
	mutex_unlock(&s->mu);
	return true;
}

void bucket_store_run(struct bucket_store *s, struct ctx *ctx, int64_t interval_ms)
{
	while (ctx_sleep_ms(ctx, interval_ms)) {
		struct err err = ERR_INIT;
		if (!bucket_store_sync(s, ctx, &err) && !ctx_done(ctx))
			log_warn(s->options.logger, "syncing blocks failed", LOG_ERR(&err));
	}
}
