#include "block/overlap_groups.h"

#include "base/duration.h"

#include <inttypes.h>
#include <stdlib.h>

struct member {
	struct str group;
	const struct meta *meta;
};

struct meta_list {
	const struct meta **v;
	size_t n, cap;
};

static int by_group_and_time(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int c = str_cmp(x->group, y->group);

	if (c)
		return c;
	if (x->meta->min_t_ms != y->meta->min_t_ms)
		return x->meta->min_t_ms < y->meta->min_t_ms ? -1 : 1;
	return ulid_cmp(x->meta->id, y->meta->id);
}

/* Those that have not ended when this one begins. Returns whether one has ended. */
static bool drop_ended(struct meta_list *pending, int64_t now_ms)
{
	size_t n = 0;

	for (size_t i = 0; i < pending->n; i++)
		if (now_ms < pending->v[i]->max_t_ms)
			pending->v[n++] = pending->v[i];
	bool some_ended = n < pending->n;
	pending->n = n;
	return some_ended;
}

static struct overlap finish(struct str group, const struct meta_list *metas)
{
	struct overlap o = {
	    .group = group, .max_t_ms = INT64_MAX, .metas = metas->v, .n = metas->n};

	for (size_t i = 0; i < metas->n; i++) {
		if (metas->v[i]->max_t_ms < o.max_t_ms)
			o.max_t_ms = metas->v[i]->max_t_ms;
		if (metas->v[i]->min_t_ms > o.min_t_ms)
			o.min_t_ms = metas->v[i]->min_t_ms;
	}
	return o;
}

static void push_overlap(struct overlap_list *out, struct str group, const struct meta_list *metas,
			 struct arena *a)
{
	if (metas->n > 0)
		ARENA_PUSH(a, out, finish(group, metas));
}

/* One group: `members` ascend in time. An overlap goes on as long as no block of it has ended. */
static void find_overlaps(const struct member *members, size_t n, struct arena *a,
			  struct overlap_list *out)
{
	struct meta_list pending = {0}, current = {0};
	bool goes_on = true;

	ARENA_PUSH(a, &pending, members[0].meta);
	for (size_t i = 1; i < n; i++) {
		const struct meta *m = members[i].meta;
		goes_on &= !drop_ended(&pending, m->min_t_ms);
		if (pending.n > 0 && !(goes_on && current.n > 0)) {
			push_overlap(out, members[0].group, &current, a);
			current = (struct meta_list){0};
			for (size_t k = 0; k < pending.n; k++)
				ARENA_PUSH(a, &current, pending.v[k]);
		}
		if (pending.n > 0) {
			ARENA_PUSH(a, &current, m);
			goes_on = true;
		}
		ARENA_PUSH(a, &pending, m);
	}
	push_overlap(out, members[0].group, &current, a);
}

struct overlap_list overlap_groups(const struct block_view *view, struct arena *a)
{
	struct member *members = ARENA_ARRAY(a, struct member, view->metas.n);
	struct overlap_list out = {0};

	for (size_t i = 0; i < view->metas.n; i++)
		members[i] = (struct member){meta_group_key(view->metas.v[i], a), view->metas.v[i]};
	if (view->metas.n > 0)
		qsort(members, view->metas.n, sizeof(*members), by_group_and_time);
	for (size_t begin = 0, end; begin < view->metas.n; begin = end) {
		for (end = begin + 1; end < view->metas.n; end++)
			if (!str_eq(members[end].group, members[begin].group))
				break;
		find_overlaps(members + begin, end - begin, a, &out);
	}
	return out;
}

/* Whole seconds. */
static struct duration_text range_text(int64_t min_t_ms, int64_t max_t_ms)
{
	int64_t ms, ns;

	if (__builtin_sub_overflow(max_t_ms, min_t_ms, &ms) ||
	    __builtin_mul_overflow(ms / MS_PER_S, NS_PER_S, &ns))
		ns = INT64_MAX;
	return duration_text(ns);
}

void overlap_format(const struct overlap *o, struct buf *out)
{
	buf_printf(out,
		   "[mint: %" PRId64 ", maxt: %" PRId64 ", range: %s, blocks: %zu]: ", o->min_t_ms,
		   o->max_t_ms, range_text(o->min_t_ms, o->max_t_ms).s, o->n);
	for (size_t i = 0; i < o->n; i++) {
		const struct meta *m = o->metas[i];
		buf_printf(out, "%s<ulid: %s, mint: %" PRId64 ", maxt: %" PRId64 ", range: %s>",
			   i > 0 ? ", " : "", ulid_str(m->id), m->min_t_ms, m->max_t_ms,
			   range_text(m->min_t_ms, m->max_t_ms).s);
	}
}
