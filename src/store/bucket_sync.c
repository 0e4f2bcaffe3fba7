/* bucket_sync.c - keeps the bucket store's catalog like the bucket. */
#include "base/alloc.h"
#include "base/fs.h"
#include "base/vec.h"
#include "store/bucket_store_internal.h"

#include <inttypes.h>
#include <stdlib.h>

/* A view on its way to be a catalog. */
struct sync {
	struct bucket_store *store;
	const struct block_view *view;
	const struct block_catalog *before;
	VEC(struct store_block *) blocks; /* each a reference */
	size_t n_new;
};

static void add_new(struct sync *sync, struct meta *meta)
{
	struct bucket_store *s = sync->store;
	struct store_block_options options = {.bucket = s->options.bucket, .headers = s->headers};
	int64_t start_ns = clock_monotonic_ns(s->options.clock);
	struct err err = ERR_INIT;

	counter_inc(s->metrics.block_loads);
	struct store_block *b = store_block_open(&options, meta, &err);
	int64_t took_ns = clock_monotonic_ns(s->options.clock) - start_ns;
	if (!b) {
		counter_inc(s->metrics.block_load_failures);
		log_warn(s->options.logger, "loading block failed",
			 LOG_DURATION_NS("elapsed", took_ns), LOG_STR("id", ulid_str(meta->id)),
			 LOG_ERR(&err));
		return;
	}
	vec_push(&sync->blocks, b);
	sync->n_new++;
	histogram_metric_observe(s->metrics.block_load_seconds, (double)took_ns / 1e9);
	log_debug(s->options.logger, "loaded new block", LOG_STR("id", ulid_str(meta->id)));
}

/* Both ascend by id. A block whose meta.json was replaced is another one. */
static void match_blocks(struct sync *sync)
{
	const struct catalog_blocks *before = &sync->before->blocks;
	bool is_complete = sync->view->n_failed == 0;
	size_t k = 0;

	for (size_t i = 0; i < sync->view->metas.n; i++) {
		struct meta *meta = sync->view->metas.v[i];
		int c = -1;
		for (; k < before->n; k++) {
			c = ulid_cmp(store_block_id(before->v[k]), meta->id);
			if (c >= 0)
				break;
			if (!is_complete) /* what it does not show may be there all the same */
				vec_push(&sync->blocks, store_block_ref(before->v[k]));
		}
		bool is_known = k < before->n && c == 0;
		bool is_same = is_known && store_block_meta(before->v[k]) == meta;
		if (is_same)
			vec_push(&sync->blocks, store_block_ref(before->v[k]));
		if (is_known && !is_same)
			store_block_drop(before->v[k]);
		if (!is_same)
			add_new(sync, meta);
		k += is_known;
	}
	for (; !is_complete && k < before->n; k++)
		vec_push(&sync->blocks, store_block_ref(before->v[k]));
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
	s->n_catalogs++;
	pthread_cond_broadcast(&s->changed);
	mutex_unlock(&s->mu);
	gauge_set(s->metrics.blocks_loaded, (double)c->n_served);
	drop_missing(s, before, c);
	block_catalog_unref(before);
}

static void sync_view(struct bucket_store *s, const struct block_view *view)
{
	struct block_catalog *before auto_free(block_catalog_unref) = bucket_store_catalog(s);
	struct sync sync = {.store = s, .view = view, .before = before};

	match_blocks(&sync);
	if (sync.n_new) {
		gauge_set(s->metrics.last_loaded_s, (double)clock_wall_ms(s->options.clock) / 1e3);
		log_info(s->options.logger, "loaded new blocks", LOG_UINT("blocks", sync.n_new),
			 LOG_UINT("all", sync.blocks.n));
	}
	replace_catalog(s, block_catalog_new(sync.blocks.v, sync.blocks.n));
	for (size_t i = 0; i < sync.blocks.n; i++)
		store_block_unref(sync.blocks.v[i]);
	vec_done(&sync.blocks);
}

bool bucket_store_sync(struct bucket_store *s, struct ctx *ctx, struct err *err)
{
	struct block_view view;

	if (!fetcher_fetch(s->options.fetcher, ctx, &view, err))
		return err_wrap(err, "sync blocks");
	sync_view(s, &view);
	size_t n_failed = view.n_failed;
	if (n_failed)
		*err = view.failure;
	block_view_done(&view);
	return n_failed == 0 ||
	       err_wrap(err, "sync blocks: incomplete view, %zu missing", n_failed);
}

/* --- at start ------------------------------------------------------------------------------ */

static void remove_dir(const struct bucket_store *s, struct ulid id)
{
	struct err err = ERR_INIT;
	char *dir auto_free(mem_free) = xasprintf("%s/%s", s->options.data_dir, ulid_str(id));

	if (!fs_remove_tree(dir, &err))
		log_warn(s->options.logger, "failed to remove the folder of a block",
			 LOG_ERR(&err));
}

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
	int64_t n_retries = retry_interval_ms > 0 ? give_up_after_ms / retry_interval_ms : 0;

	while (!bucket_store_sync(s, ctx, err)) {
		if (n_retries-- <= 0 || ctx_done(ctx))
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

/* --- again and again ------------------------------------------------------------------------ */

/* The same blocks, with those that became broken or were healed in their places. */
static void take_health(struct bucket_store *s)
{
	struct block_catalog *before auto_free(block_catalog_unref) = bucket_store_catalog(s);
	struct block_catalog *after = block_catalog_new(before->blocks.v, before->blocks.n);

	log_info(s->options.logger, "blocks became broken or were healed",
		 LOG_UINT("served", after->n_served), LOG_UINT("all", after->blocks.n));
	replace_catalog(s, after);
}

enum reason { REASON_TIME, REASON_HEALTH, REASON_SUSPICION };

/* What to do next. `may_hurry`: a suspicion may lead to a sync before it is time. */
static enum reason wait_for_reason(struct bucket_store *s, struct ctx *ctx, int64_t until_ns,
				   bool may_hurry)
{
	enum reason reason = REASON_TIME;
	struct ctx_waker waker;

	ctx_waker_start(&waker, ctx, &s->changed, &s->mu.os);
	mutex_lock(&s->mu);
	while (!s->is_health_new && !(may_hurry && s->is_sync_wanted) &&
	       clock_monotonic_ns(&clock_system) < until_ns &&
	       ctx_wait_until(ctx, until_ns, &s->changed, &s->mu.os))
		;
	if (s->is_health_new)
		reason = REASON_HEALTH;
	else if (may_hurry && s->is_sync_wanted)
		reason = REASON_SUSPICION;
	s->is_health_new = false;
	if (reason != REASON_HEALTH)
		s->is_sync_wanted = false;
	mutex_unlock(&s->mu);
	ctx_waker_stop(&waker);
	return reason;
}

static void sync_and_log(struct bucket_store *s, struct ctx *ctx)
{
	struct err err = ERR_INIT;

	if (!ctx_done(ctx) && !bucket_store_sync(s, ctx, &err) && !ctx_done(ctx))
		log_warn(s->options.logger, "syncing blocks failed", LOG_ERR(&err));
}

/* Until it is time for the next sync. */
static void look_out(struct bucket_store *s, struct ctx *ctx, int64_t until_ns)
{
	bool may_hurry = true;

	while (!ctx_done(ctx)) {
		switch (wait_for_reason(s, ctx, until_ns, may_hurry)) {
		case REASON_TIME:
			return;
		case REASON_HEALTH:
			take_health(s);
			break;
		case REASON_SUSPICION:
			may_hurry = false;
			sync_and_log(s, ctx);
			break;
		}
	}
}

void bucket_store_run(struct bucket_store *s, struct ctx *ctx, int64_t interval_ms)
{
	while (!ctx_done(ctx)) {
		look_out(s, ctx,
			 clock_monotonic_ns(&clock_system) + interval_ms * INT64_C(1000000));
		sync_and_log(s, ctx);
	}
}
