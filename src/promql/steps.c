#include "promql/steps.h"

struct step_series step_series_copy(struct arena *a, const struct step_series *s, size_t n)
{
	struct step_series copy = *s;

	copy.labels = labels_copy(a, s->labels);
	copy.v = arena_alloc(a, n * sizeof(*copy.v));
	memcpy(copy.v, s->v, n * sizeof(*copy.v));
	copy.present = arena_alloc(a, bits_words(n) * sizeof(*copy.present));
	memcpy(copy.present, s->present, bits_words(n) * sizeof(*copy.present));
	if (s->hist) {
		copy.hist = arena_alloc(a, n * sizeof(*copy.hist));
		memcpy(copy.hist, s->hist, n * sizeof(*copy.hist));
	}
	return copy;
}
