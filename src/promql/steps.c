#include "promql/steps.h"

/* Steps next to each other often have the same one. */
static void copy_histograms(struct arena *a, const struct step_series *s, size_t n,
			    struct histogram **out)
{
	const struct histogram *last = NULL;
	struct histogram *last_copy = NULL;

	for (size_t i = bits_next(s->present, n, 0); i < n; i = bits_next(s->present, n, i + 1)) {
		if (!s->hist[i])
			continue;
		if (s->hist[i] != last) {
			last = s->hist[i];
			last_copy = histogram_copy(a, last);
		}
		out[i] = last_copy;
	}
}

bool step_series_drop_histograms(struct step_series *s, size_t n)
{
	bool any = false;

	if (!s->hist)
		return false;
	for (size_t i = bits_next(s->present, n, 0); i < n; i = bits_next(s->present, n, i + 1)) {
		if (!s->hist[i])
			continue;
		bits_clear(s->present, i);
		any = true;
	}
	s->hist = NULL;
	return any;
}

struct step_series step_series_copy(struct arena *a, const struct step_series *s, size_t n)
{
	struct step_series copy = *s;

	copy.labels = labels_copy(a, s->labels);
	copy.v = arena_alloc(a, n * sizeof(*copy.v));
	memcpy(copy.v, s->v, n * sizeof(*copy.v));
	copy.present = arena_alloc(a, bits_words(n) * sizeof(*copy.present));
	memcpy(copy.present, s->present, bits_words(n) * sizeof(*copy.present));
	if (s->hist) {
		copy.hist = ARENA_ARRAY(a, struct histogram *, n);
		copy_histograms(a, s, n, copy.hist);
	}
	return copy;
}
