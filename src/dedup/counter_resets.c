#include "dedup/counter_resets.h"

#include <math.h>

size_t counter_resets_apply(struct counter_resets *state, int64_t *t_ms, double *v, size_t n)
{
	struct counter_resets r = *state; /* in registers */
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (isnan(v[i]))
			continue;
		if (r.is_started && t_ms[i] <= r.last_t_ms) {
			if (t_ms[i] == r.last_t_ms)
				r.last_v = v[i]; /* what the last value really was */
			continue;
		}
		if (!r.is_started)
			r.total = v[i];
		else
			r.total += v[i] >= r.last_v ? v[i] - r.last_v : v[i];
		r.is_started = true;
		r.last_t_ms = t_ms[i];
		r.last_v = v[i];
		t_ms[kept] = t_ms[i];
		v[kept++] = r.total;
	}
	*state = r;
	return kept;
}
