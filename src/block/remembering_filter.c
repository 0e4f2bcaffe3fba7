#include "block/remembering_filter.h"

#include <stdlib.h>

/* Filters keep the order of what they keep. */
static void compare(struct remembering_filter *f, const struct ulid *before, size_t n,
		    const struct block_view *after)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (k < after->metas.n && ulid_cmp(after->metas.v[k]->id, before[i]) == 0)
			k++;
		else
			vec_push(&f->dropped, before[i]);
	}
}

static bool apply(struct block_filter *base, struct ctx *ctx, struct block_view *view,
		  struct err *err)
{
	struct remembering_filter *f = (struct remembering_filter *)base;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	size_t n = view->metas.n;
	struct ulid *before = ARENA_ARRAY(a, struct ulid, n);

	for (size_t i = 0; i < n; i++)
		before[i] = view->metas.v[i]->id;
	vec_clear(&f->dropped);
	if (!f->inner->apply(f->inner, ctx, view, err))
		return false;
	compare(f, before, n, view);
	return true;
}

void remembering_filter_init(struct remembering_filter *f, struct block_filter *inner)
{
	*f = (struct remembering_filter){.base.apply = apply, .inner = inner};
}

void remembering_filter_done(struct remembering_filter *f)
{
	vec_done(&f->dropped);
}
