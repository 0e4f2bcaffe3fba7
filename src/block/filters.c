#include "block/filters.h"

#include "base/arena.h"
#include "base/lock.h"
#include "block/markers.h"
#include "block/workers.h"

static bool *new_drops(struct arena *a, const struct block_view *view)
{
	return ARENA_ARRAY(a, bool, view->metas.n);
}

/* --- time partition ------------------------------------------------------------------------ */

static bool apply_time_partition(struct block_filter *base, struct ctx *ctx,
				 struct block_view *view, struct err *err)
{
	struct time_partition_filter *f = (struct time_partition_filter *)base;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	bool *drop = new_drops(a, view);
	int64_t now_ms = clock_wall_ms(f->clock);
	int64_t min_t_ms = time_or_duration_at(f->min, now_ms);
	int64_t max_t_ms = time_or_duration_at(f->max, now_ms);
	(void)ctx, (void)err;

	for (size_t i = 0; i < view->metas.n; i++) {
		const struct meta *m = view->metas.v[i];
		drop[i] = m->max_t_ms < min_t_ms || m->min_t_ms > max_t_ms;
	}
	block_view_drop(view, drop, BLOCK_TIME_EXCLUDED);
	return true;
}

void time_partition_filter_init(struct time_partition_filter *f, struct time_or_duration min,
				struct time_or_duration max, struct clock *clock)
{
	*f = (struct time_partition_filter){{apply_time_partition}, min, max, clock};
}

/* --- consistency delay --------------------------------------------------------------------- */

static bool waits(const struct meta *m)
{
	return !str_is(m->source, META_SOURCE_COMPACTOR) &&
	       !str_is(m->source, META_SOURCE_COMPACTOR_REPAIR) &&
	       !str_is(m->source, META_SOURCE_BUCKET_REPAIR);
}

static bool apply_consistency_delay(struct block_filter *base, struct ctx *ctx,
				    struct block_view *view, struct err *err)
{
	struct consistency_delay_filter *f = (struct consistency_delay_filter *)base;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	bool *drop = new_drops(a, view);
	int64_t now_ms = clock_wall_ms(f->clock);
	(void)ctx, (void)err;

	for (size_t i = 0; i < view->metas.n; i++) {
		const struct meta *m = view->metas.v[i];
		int64_t since_ms = m->upload_time_ms == META_NO_UPLOAD_TIME ? ulid_time_ms(m->id)
									    : m->upload_time_ms;
		drop[i] = now_ms - since_ms < f->delay_ms && waits(m);
	}
	block_view_drop(view, drop, BLOCK_TOO_FRESH);
	return true;
}

void consistency_delay_filter_init(struct consistency_delay_filter *f, int64_t delay_ms,
				   struct clock *clock)
{
	*f = (struct consistency_delay_filter){{apply_consistency_delay}, delay_ms, clock};
}

/* --- deletion marks ------------------------------------------------------------------------ */

/* The work of several threads on one view. */
struct mark_reading {
	struct deletion_mark_filter *filter;
	struct ctx *ctx;
	struct block_view *view;
	bool *drop;
	_Atomic size_t next;
	struct mutex mu;
	struct err err; /* guarded by mu; the first failure */
};

static void fail_reading(struct mark_reading *r, const struct err *err)
{
	mutex_lock(&r->mu);
	if (r->err.code == ERR_OK)
		r->err = *err;
	mutex_unlock(&r->mu);
	r->next = r->view->metas.n;
}

static void read_mark(struct mark_reading *r, size_t i)
{
	struct deletion_mark_filter *f = r->filter;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct ulid id = r->view->metas.v[i]->id;
	struct err err = ERR_INIT;
	struct block_mark mark;

	if (mark_read(f->bucket, r->ctx, MARK_DELETION, id, a, &mark, &err))
		r->drop[i] = clock_wall_ms(f->clock) - mark.time_s * 1000 > f->delay_ms;
	else if (err.code == ERR_CORRUPT)
		log_warn(f->logger, "a deletion mark cannot be read and is ignored", LOG_ERR(&err));
	else if (err.code != ERR_NOT_FOUND)
		fail_reading(r, &err);
}

static void read_marks(void *arg)
{
	struct mark_reading *r = arg;

	for (;;) {
		size_t i = r->next++;
		if (i >= r->view->metas.n)
			return;
		read_mark(r, i);
	}
}

static bool apply_deletion_marks(struct block_filter *base, struct ctx *ctx,
				 struct block_view *view, struct err *err)
{
	struct deletion_mark_filter *f = (struct deletion_mark_filter *)base;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct mark_reading r = {.filter = f, .ctx = ctx, .view = view, .drop = new_drops(a, view)};

	mutex_init(&r.mu, RANK_LEAF);
	block_workers_run(f->concurrency, view->metas.n, read_marks, &r);
	mutex_done(&r.mu);
	if (r.err.code != ERR_OK) {
		*err = r.err;
		return false;
	}
	block_view_drop(view, r.drop, BLOCK_MARKED_FOR_DELETION);
	return true;
}

void deletion_mark_filter_init(struct deletion_mark_filter *f, struct bucket *bucket,
			       int64_t delay_ms, unsigned concurrency, struct clock *clock,
			       struct logger *logger)
{
	*f = (struct deletion_mark_filter){
	    {apply_deletion_marks}, bucket, delay_ms, concurrency, clock, logger};
}
