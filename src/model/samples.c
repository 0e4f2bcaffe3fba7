#include "model/samples.h"

void samples_reserve(struct arena *a, struct samples *s, size_t n)
{
	if (n <= s->cap)
		return;
	size_t cap = s->cap * 2 > n ? s->cap * 2 : n;
	s->t_ms = arena_grow(a, s->t_ms, s->cap * sizeof(*s->t_ms), cap * sizeof(*s->t_ms));
	s->v = arena_grow(a, s->v, s->cap * sizeof(*s->v), cap * sizeof(*s->v));
	if (s->hist)
		s->hist = arena_grow(a, s->hist, s->cap * sizeof(*s->hist), cap * sizeof(*s->hist));
	if (s->st_ms)
		s->st_ms =
		    arena_grow(a, s->st_ms, s->cap * sizeof(*s->st_ms), cap * sizeof(*s->st_ms));
	s->cap = cap;
}
