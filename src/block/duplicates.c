/* duplicates.c - the filter of blocks whose sources are all in another block of their group.
 *
 * Within a group, by number of sources descending and then by id, a block is dropped when one kept
 * before it has all of its sources. Only kept blocks that share the first source can be that one,
 * so those are what is looked at.
 */
#include "base/arena.h"
#include "base/map.h"
#include "block/filters.h"

#include <stdlib.h>

struct candidate {
	size_t index; /* in the view */
	const struct meta *meta;
	struct str group;
};

/* The kept blocks that have one source. */
struct holders {
	const struct meta **v;
	size_t n, cap;
};

static int by_group_and_size(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	size_t n_x = x->meta->compaction.n_sources, n_y = y->meta->compaction.n_sources;
	int c = str_cmp(x->group, y->group);

	if (c)
		return c;
	if (n_x != n_y)
		return n_x > n_y ? -1 : 1;
	return ulid_cmp(x->meta->id, y->meta->id);
}

static bool has_source(const struct meta *m, struct ulid source)
{
	for (size_t i = 0; i < m->compaction.n_sources; i++)
		if (ulid_cmp(m->compaction.sources[i], source) == 0)
			return true;
	return false;
}

static bool covers(const struct meta *parent, const struct meta *child)
{
	for (size_t i = 0; i < child->compaction.n_sources; i++)
		if (!has_source(parent, child->compaction.sources[i]))
			return false;
	return true;
}

static struct str source_key(const struct ulid *source)
{
	return str_from(source->bytes, sizeof(source->bytes));
}

static bool is_covered(const struct map *by_source, const struct meta *m)
{
	if (m->compaction.n_sources == 0)
		return by_source->n > 0; /* any kept block has all of none */

	const struct holders *h = map_get(by_source, source_key(&m->compaction.sources[0]));
	for (size_t i = 0; h && i < h->n; i++)
		if (covers(h->v[i], m))
			return true;
	return false;
}

static void keep(struct map *by_source, const struct meta *m, struct arena *a)
{
	for (size_t i = 0; i < m->compaction.n_sources; i++) {
		void **slot = map_slot(by_source, source_key(&m->compaction.sources[i]));
		if (!*slot)
			*slot = ARENA_NEW(a, struct holders);
		struct holders *h = *slot;
		ARENA_PUSH(a, h, m);
	}
}

static void filter_group(const struct candidate *v, size_t n, bool *drop)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct map by_source = {0};

	for (size_t i = 0; i < n; i++) {
		drop[v[i].index] = is_covered(&by_source, v[i].meta);
		if (!drop[v[i].index])
			keep(&by_source, v[i].meta, a);
	}
	map_done(&by_source);
}

static bool apply_duplicates(struct block_filter *f, struct ctx *ctx, struct block_view *view,
			     struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	size_t n = view->metas.n;
	bool *drop = ARENA_ARRAY(a, bool, n);
	struct candidate *all = ARENA_ARRAY(a, struct candidate, n);
	(void)f, (void)ctx, (void)err;

	for (size_t i = 0; i < n; i++)
		all[i] =
		    (struct candidate){i, view->metas.v[i], meta_group_key(view->metas.v[i], a)};
	if (n)
		qsort(all, n, sizeof(*all), by_group_and_size);
	for (size_t from = 0, to; from < n; from = to) {
		for (to = from + 1; to < n && str_eq(all[from].group, all[to].group); to++)
			;
		filter_group(all + from, to - from, drop);
	}
	block_view_drop(view, drop, BLOCK_DUPLICATE);
	return true;
}

void duplicate_filter_init(struct duplicate_filter *f)
{
	f->base.apply = apply_duplicates;
}
