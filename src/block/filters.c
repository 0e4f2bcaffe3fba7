#include "block/filters.h"

#include "base/arena.h"
#include "base/lock.h"
#include "block/markers.h"
#include "block/workers.h"

#include <stdlib.h>
#include <string.h>

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

/* Times of marks that say nothing. */
#define MARK_UNREAD INT64_MIN
#define MARK_NONE   INT64_MAX

struct known_mark {
	struct ulid id;
	int64_t modified_ms; /* of the object */
	int64_t marked_ms;   /* what it says */
};

/* The work of several threads on one view. */
struct mark_reading {
	struct deletion_mark_filter *filter;
	struct ctx *ctx;
	struct known_mark **v; /* those to be read */
	size_t n;
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
	r->next = r->n;
}

static void read_mark(struct mark_reading *r, struct known_mark *known)
{
	struct deletion_mark_filter *f = r->filter;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct block_mark mark;

	if (mark_read(f->bucket, r->ctx, MARK_DELETION, known->id, a, &mark, &err)) {
		known->marked_ms = mark.time_s * 1000;
		return;
	}
	if (err.code != ERR_NOT_FOUND && err.code != ERR_CORRUPT) {
		fail_reading(r, &err);
		return;
	}
	known->marked_ms = MARK_NONE;
	if (err.code == ERR_CORRUPT)
		log_warn(f->logger, "a deletion mark cannot be read and is ignored", LOG_ERR(&err));
}

static void read_marks(void *arg)
{
	struct mark_reading *r = arg;

	for (;;) {
		size_t i = r->next++;
		if (i >= r->n)
			return;
		read_mark(r, r->v[i]);
	}
}

static int known_by_id(const void *key, const void *entry)
{
	return ulid_cmp(*(const struct ulid *)key, ((const struct known_mark *)entry)->id);
}

static struct known_mark *find_mark(const struct deletion_mark_filter *f, struct ulid id)
{
	return f->known.n ? bsearch(&id, f->known.v, f->known.n, sizeof(*f->known.v), known_by_id)
			  : NULL;
}

/* What is known of the marks that the view shows; of all blocks when it does not tell. */
static void expect_marks(struct deletion_mark_filter *f, const struct block_view *view)
{
	struct deletion_mark_filter before = *f;
	size_t n = view->shows_marks ? view->marked.n : view->metas.n;

	memset(&f->known, 0, sizeof(f->known));
	vec_reserve(&f->known, n);
	for (size_t i = 0; i < n; i++) {
		struct known_mark mark = {.modified_ms = INT64_MIN, .marked_ms = MARK_UNREAD};
		mark.id = view->shows_marks ? view->marked.v[i].id : view->metas.v[i]->id;
		const struct known_mark *known =
		    view->shows_marks ? find_mark(&before, mark.id) : NULL;
		if (view->shows_marks)
			mark.modified_ms = view->marked.v[i].modified_ms;
		if (known && known->marked_ms != MARK_NONE &&
		    known->modified_ms == mark.modified_ms)
			mark.marked_ms = known->marked_ms;
		vec_push(&f->known, mark);
	}
	vec_done(&before.known);
}

static bool read_unread(struct deletion_mark_filter *f, struct ctx *ctx,
			const struct block_view *view, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct mark_reading r = {.filter = f, .ctx = ctx};

	r.v = ARENA_ARRAY(a, struct known_mark *, view->metas.n);
	for (size_t i = 0; i < view->metas.n; i++) {
		struct known_mark *mark = find_mark(f, view->metas.v[i]->id);
		if (mark && mark->marked_ms == MARK_UNREAD)
			r.v[r.n++] = mark;
	}
	mutex_init(&r.mu, RANK_LEAF);
	block_workers_run(f->concurrency, r.n, read_marks, &r);
	mutex_done(&r.mu);
	if (r.err.code == ERR_OK)
		return true;
	*err = r.err;
	return false;
}

static bool apply_deletion_marks(struct block_filter *base, struct ctx *ctx,
				 struct block_view *view, struct err *err)
{
	struct deletion_mark_filter *f = (struct deletion_mark_filter *)base;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	bool *drop = new_drops(a, view);

	expect_marks(f, view);
	if (!read_unread(f, ctx, view, err))
		return false;
	int64_t now_ms = clock_wall_ms(f->clock);
	for (size_t i = 0; i < view->metas.n; i++) {
		const struct known_mark *mark = find_mark(f, view->metas.v[i]->id);
		drop[i] =
		    mark && mark->marked_ms != MARK_NONE && now_ms - mark->marked_ms > f->delay_ms;
	}
	block_view_drop(view, drop, BLOCK_MARKED_FOR_DELETION);
	return true;
}

void deletion_mark_filter_init(struct deletion_mark_filter *f, struct bucket *bucket,
			       int64_t delay_ms, unsigned concurrency, struct clock *clock,
			       struct logger *logger)
{
	*f = (struct deletion_mark_filter){.base.apply = apply_deletion_marks,
					   .bucket = bucket,
					   .delay_ms = delay_ms,
					   .concurrency = concurrency,
					   .clock = clock,
					   .logger = logger};
}

void deletion_mark_filter_done(struct deletion_mark_filter *f)
{
	vec_done(&f->known);
}
