#include "compaction/read_ahead.h"

#include "base/alloc.h"
#include "base/lock.h"

#include <stdlib.h>

/* Bytes [at, at + n) of the source. */
struct piece {
	uint8_t *p;
	uint64_t at;
	size_t n;
};

struct read_ahead {
	struct byte_source base; /* first, so that the two pointers convert */
	struct byte_source *below;
	struct pool *pool;
	struct ctx *ctx;
	size_t piece_bytes;
	struct piece now;
	struct piece next; /* the loader's while it loads; n is 0 when it has failed */
	struct mutex mu;
	pthread_cond_t ended;
	bool is_loading; /* guarded by mu */
};

static bool is_in(const struct piece *piece, uint64_t offset)
{
	return offset >= piece->at && offset - piece->at < piece->n;
}

static bool load(struct read_ahead *r, struct piece *piece, uint64_t at, struct err *err)
{
	uint64_t left = r->base.size_bytes - at;
	size_t n = left < r->piece_bytes ? (size_t)left : r->piece_bytes;

	if (!piece->p)
		piece->p = xmalloc(r->base.size_bytes < r->piece_bytes ? (size_t)r->base.size_bytes
								       : r->piece_bytes);
	piece->at = at;
	piece->n = 0;
	if (!byte_source_read(r->below, r->ctx, at, piece->p, n, err))
		return false;
	piece->n = n;
	return true;
}

/* --- the other thread ---------------------------------------------------------------------------
 */

/* Why it failed is found out again when the piece is wanted. */
static void load_next(void *arg)
{
	struct read_ahead *r = arg;
	struct err ignored = ERR_INIT;

	load(r, &r->next, r->next.at, &ignored);
	MUTEX_HOLD(&r->mu);
	r->is_loading = false;
	pthread_cond_signal(&r->ended);
}

static void wait_for_loader(struct read_ahead *r)
{
	MUTEX_HOLD(&r->mu);
	while (r->is_loading)
		pthread_cond_wait(&r->ended, &r->mu.os);
}

/* Nobody is loading. */
static void begin_loading(struct read_ahead *r, uint64_t at)
{
	struct err ignored = ERR_INIT;

	r->next.at = at;
	r->next.n = 0;
	if (at >= r->base.size_bytes)
		return;
	r->is_loading = true;
	if (!pool_submit(r->pool, load_next, r, &ignored))
		r->is_loading = false; /* then it is read when it is wanted */
}

/* --- the reader ---------------------------------------------------------------------------------
 */

static bool move_to(struct read_ahead *r, uint64_t offset, struct err *err)
{
	wait_for_loader(r);
	if (is_in(&r->next, offset)) {
		struct piece was = r->now;
		r->now = r->next;
		r->next = was;
	} else if (!load(r, &r->now, offset, err)) {
		return false;
	}
	begin_loading(r, r->now.at + r->now.n);
	return true;
}

/* At the end there is nothing to hold: many sources are read one after the other. */
static void drop_pieces(struct read_ahead *r)
{
	wait_for_loader(r);
	free(r->now.p);
	free(r->next.p);
	r->now = r->next = (struct piece){0};
}

static bool read_ahead_read(struct byte_source *base, struct ctx *ctx, uint64_t offset, void *to,
			    size_t n, struct err *err)
{
	struct read_ahead *r = (struct read_ahead *)base;

	while (n > 0) {
		if (!ctx_check(ctx, err) || (!is_in(&r->now, offset) && !move_to(r, offset, err)))
			return false;
		size_t skip = (size_t)(offset - r->now.at);
		size_t part = r->now.n - skip < n ? r->now.n - skip : n;
		memcpy(to, r->now.p + skip, part);
		to = (uint8_t *)to + part;
		offset += part;
		n -= part;
	}
	if (offset == r->base.size_bytes)
		drop_pieces(r);
	return true;
}

static void read_ahead_close(struct byte_source *base)
{
	struct read_ahead *r = (struct read_ahead *)base;

	drop_pieces(r);
	byte_source_close(r->below);
	mutex_done(&r->mu);
	pthread_cond_destroy(&r->ended);
	free(r);
}

static const struct byte_source_ops read_ahead_ops = {read_ahead_read, read_ahead_close};

struct byte_source *read_ahead_new(struct byte_source *src, size_t piece_bytes, struct pool *pool,
				   struct ctx *ctx)
{
	struct read_ahead *r = NEW(struct read_ahead);

	*r = (struct read_ahead){
	    .base = {.ops = &read_ahead_ops, .name = src->name, .size_bytes = src->size_bytes},
	    .below = src,
	    .pool = pool,
	    .ctx = ctx,
	    .piece_bytes = piece_bytes,
	};
	mutex_init(&r->mu, RANK_LEAF);
	ctx_cond_init(&r->ended);
	return &r->base;
}
