/* header_load.c - a header is made and opened by one thread at a time, however many want it. */
#include "base/alloc.h"
#include "store/header_cache_internal.h"

#include <stdlib.h>

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
		header_add_open(c, l->of, open, l->n_askers);
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
	header_observe_since(c, c->metrics.lazy_load_seconds, start_ns);
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
	char *path auto_free(mem_free) = header_path(h);
	l->is_in_folder = path != NULL;
	mutex_unlock(&c->mu);

	bool ok = ctx_check(l->ctx, &err) && header_reach(h, path, goal, l->ctx, &open, &err);
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
		header_free(h);
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
			header_begin_use(c, h);
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

bool header_load(struct block_header *h, struct load_wish wish, struct ctx *ctx, struct err *err)
{
	bool reached = false;

	while (!reached)
		if (!load_once(h, wish, ctx, &reached, err))
			return false;
	return true;
}

/* --- dropped blocks ------------------------------------------------------------------------ */

/* The folder is then free for another block of that id: who comes later works in memory. */
/* Whoever works in the folder is stopped first, so that the folder is free for another block of
 * that id. */
void header_load_stop(struct block_header *h)
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
}
