#include "block/block_view.h"

const char *block_state_name(enum block_state state)
{
	static const char *const names[BLOCK_STATE_N] = {
#define BLOCK_STATE_NAME_(name, text) [BLOCK_##name] = text,
	    BLOCK_STATES(BLOCK_STATE_NAME_)
#undef BLOCK_STATE_NAME_
	};
	return names[state];
}

void block_view_done(struct block_view *view)
{
	for (size_t i = 0; i < view->metas.n; i++)
		meta_unref(view->metas.v[i]);
	vec_done(&view->metas);
	vec_done(&view->partial);
	vec_done(&view->marked);
}

void block_view_drop(struct block_view *view, const bool *drop, enum block_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < view->metas.n; i++) {
		if (drop[i]) {
			meta_unref(view->metas.v[i]);
			view->n_in_state[state]++;
		} else {
			view->metas.v[n++] = view->metas.v[i];
		}
	}
	view->metas.n = n;
}
