/* parquet_filter.c - the filter of blocks whose data is also there as Parquet files.
 *
 * Every `meta.pb` of the other bucket is a protobuf message that tells, in its field 6, the ids of
 * the blocks that it was made from. Its files are cut at days (UTC), while blocks need not be: a
 * block goes only when the converted blocks together cover all of the days it reaches into.
 */
#include "base/arena.h"
#include "base/duration.h"
#include "base/lock.h"
#include "base/vec.h"
#include "block/filters.h"
#include "block/workers.h"
#include "codec/pb_wire.h"

#include <stdlib.h>

#define META_PB STR("meta.pb")

enum { META_PB_MAX_BYTES = 16 << 20, CONVERTED_FROM = 6 };

/* Beyond these a time is not rounded to a day. */
#define DAYS_MIN_T_MS (INT64_MIN + MS_PER_DAY)
#define DAYS_MAX_T_MS (INT64_MAX - MS_PER_DAY)

/* The work of several threads on the files of the bucket. */
struct reading {
	struct parquet_filter *filter;
	struct ctx *ctx;
	struct arena *a; /* of the names */
	struct str_list names;
	_Atomic size_t next;
	struct mutex mu;
	VEC(struct ulid) converted; /* guarded by mu */
	struct err err;             /* guarded by mu; the first failure */
};

/* --- which blocks were converted ------------------------------------------------------------- */

static bool add_name(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct reading *r = arg;
	(void)err;

	if (str_eq(entry->name, META_PB) || str_ends(entry->name, STR("/meta.pb")))
		ARENA_PUSH(r->a, &r->names, arena_str(r->a, entry->name));
	return true;
}

static bool add_converted(struct reading *r, struct str message, struct err *err)
{
	struct pb_reader reader = pb_reader(message);
	struct ulid id;

	while (pb_next(&reader)) {
		if (reader.key != PB_BYTES(CONVERTED_FROM))
			continue;
		if (!ulid_parse(reader.bytes, &id))
			return err_set(err, ERR_CORRUPT, "\"%.*s\" is no block's id",
				       STR_FMT(reader.bytes));
		mutex_lock(&r->mu);
		vec_push(&r->converted, id);
		mutex_unlock(&r->mu);
	}
	return pb_reader_end(&reader, "meta.pb", err);
}

static void read_file(struct reading *r, struct str name)
{
	struct buf message auto_done(buf_done) = BUF_INIT(META_PB_MAX_BYTES);
	struct err err = ERR_INIT;

	if (bucket_get_bytes(r->filter->bucket, r->ctx, name, 0, BUCKET_TO_END, &message, &err) &&
	    add_converted(r, buf_str(&message), &err))
		return;
	err_wrap(&err, "read parquet metadata %.*s", STR_FMT(name));
	mutex_lock(&r->mu);
	if (r->err.code == ERR_OK)
		r->err = err;
	mutex_unlock(&r->mu);
	r->next = r->names.n;
}

static void read_files(void *arg)
{
	struct reading *r = arg;

	for (;;) {
		size_t i = r->next++;
		if (i >= r->names.n)
			return;
		read_file(r, r->names.v[i]);
	}
}

static int by_id(const void *a, const void *b)
{
	return ulid_cmp(*(const struct ulid *)a, *(const struct ulid *)b);
}

static bool read_converted(struct reading *r, struct err *err)
{
	if (!bucket_list(r->filter->bucket, r->ctx, STR(""), LIST_RECURSIVE, add_name, r, err))
		return err_wrap(err, "iterate bucket for parquet metadata");
	block_workers_run(r->filter->concurrency, r->names.n, read_files, r);
	if (r->err.code != ERR_OK) {
		*err = r->err;
		return false;
	}
	if (r->converted.n > 0)
		qsort(r->converted.v, r->converted.n, sizeof(*r->converted.v), by_id);
	return true;
}

/* --- which of them may go -------------------------------------------------------------------- */

/* A converted block that is in the view. */
struct converted {
	size_t index;
	int64_t min_t_ms, max_t_ms;
};

struct converted_list {
	struct converted *v;
	size_t n, cap;
};

static int by_time(const void *a, const void *b)
{
	const struct converted *x = a, *y = b;

	return (x->min_t_ms > y->min_t_ms) - (x->min_t_ms < y->min_t_ms);
}

static struct converted_list find_converted(const struct reading *r, const struct block_view *view)
{
	struct converted_list found = {0};

	for (size_t i = 0; i < view->metas.n && r->converted.n > 0; i++) {
		const struct meta *m = view->metas.v[i];
		if (bsearch(&m->id, r->converted.v, r->converted.n, sizeof(*r->converted.v), by_id))
			ARENA_PUSH(r->a, &found, (struct converted){i, m->min_t_ms, m->max_t_ms});
	}
	if (found.n > 0)
		qsort(found.v, found.n, sizeof(*found.v), by_time);
	return found;
}

static int64_t day_begin(int64_t t_ms)
{
	int64_t rest = t_ms % MS_PER_DAY;

	return t_ms - rest - (rest < 0 ? MS_PER_DAY : 0);
}

/* Whether [min_t_ms, max_t_ms] covers all days of the block; its last millisecond may be missing,
 * as in Thanos. */
static bool covers_days_of(int64_t min_t_ms, int64_t max_t_ms, const struct converted *c)
{
	if (c->min_t_ms < DAYS_MIN_T_MS || c->max_t_ms > DAYS_MAX_T_MS)
		return false;
	int64_t first = day_begin(c->min_t_ms), last = day_begin(c->max_t_ms);
	int64_t end = last == c->max_t_ms ? last : last + MS_PER_DAY;
	return min_t_ms <= first && max_t_ms >= end - 1;
}

/* Blocks without a gap between them are a run; each block is in one. */
static void mark_covered(const struct converted_list *list, bool *drop)
{
	for (size_t begin = 0, end; begin < list->n; begin = end) {
		int64_t max_t_ms = list->v[begin].max_t_ms;
		for (end = begin + 1; end < list->n && list->v[end].min_t_ms <= max_t_ms; end++)
			if (list->v[end].max_t_ms > max_t_ms)
				max_t_ms = list->v[end].max_t_ms;
		for (size_t i = begin; i < end; i++)
			drop[list->v[i].index] =
			    covers_days_of(list->v[begin].min_t_ms, max_t_ms, &list->v[i]);
	}
}

/* --- the filter ------------------------------------------------------------------------------ */

static bool apply_parquet(struct block_filter *base, struct ctx *ctx, struct block_view *view,
			  struct err *err)
{
	struct parquet_filter *f = (struct parquet_filter *)base;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct reading r = {.filter = f, .ctx = ctx, .a = a};
	bool *drop = ARENA_ARRAY(a, bool, view->metas.n);

	if (!f->bucket)
		return true;
	mutex_init(&r.mu, RANK_LEAF);
	bool ok = read_converted(&r, err);
	if (ok) {
		struct converted_list found = find_converted(&r, view);
		mark_covered(&found, drop);
		block_view_drop(view, drop, BLOCK_PARQUET_CONVERTED);
	}
	mutex_done(&r.mu);
	vec_done(&r.converted);
	return ok;
}

void parquet_filter_init(struct parquet_filter *f, struct bucket *bucket, unsigned concurrency)
{
	*f = (struct parquet_filter){{apply_parquet}, bucket, concurrency};
}
