#include "dedup/overlap_split.h"

struct chunk_chain *overlap_split(struct arena *a, const struct chunk *chunks, size_t n_chunks,
				  size_t *n)
{
	struct {
		struct chunk_chain *v;
		size_t n, cap;
	} chains = {0};

	for (size_t i = 0; i < n_chunks; i++) {
		size_t c = 0;
		while (c < chains.n &&
		       chains.v[c].v[chains.v[c].n - 1]->max_t_ms >= chunks[i].min_t_ms)
			c++;
		if (c == chains.n)
			ARENA_PUSH(a, &chains, (struct chunk_chain){0});
		ARENA_PUSH(a, &chains.v[c], &chunks[i]);
	}
	*n = chains.n;
	return chains.v;
}
