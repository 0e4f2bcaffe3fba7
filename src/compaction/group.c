#include "compaction/group.h"

#include <stdlib.h>

struct keyed_block {
	struct str key;
	const struct meta *meta;
};

static int by_key_and_time(const void *a, const void *b)
{
	const struct keyed_block *x = a, *y = b;
	int c = str_cmp(x->key, y->key);

	if (c)
		return c;
	if (x->meta->min_t_ms != y->meta->min_t_ms)
		return x->meta->min_t_ms < y->meta->min_t_ms ? -1 : 1;
	return ulid_cmp(x->meta->id, y->meta->id);
}

static struct compaction_group make_group(const struct keyed_block *v, size_t n, struct arena *a)
{
	struct compaction_group g = {
	    .key = v->key,
	    .labels = v->meta->labels,
	    .resolution_ms = v->meta->resolution_ms,
	    .blocks = arena_alloc(a, n * sizeof(*g.blocks)),
	    .n = n,
	};

	for (size_t i = 0; i < n; i++)
		g.blocks[i] = v[i].meta;
	return g;
}

struct compaction_groups compaction_groups_of(const struct block_view *view, struct arena *a)
{
	size_t n = view->metas.n;
	struct keyed_block *all = ARENA_ARRAY(a, struct keyed_block, n);
	struct compaction_groups groups = {0};

	for (size_t i = 0; i < n; i++)
		all[i] =
		    (struct keyed_block){meta_group_key(view->metas.v[i], a), view->metas.v[i]};
	if (n)
		qsort(all, n, sizeof(*all), by_key_and_time);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && str_eq(all[i].key, all[end].key);)
			end++;
		struct compaction_group g = make_group(all + i, end - i, a);
		ARENA_PUSH(a, &groups, g);
	}
	return groups;
}
