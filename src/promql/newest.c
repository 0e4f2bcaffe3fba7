#include "promql/newest.h"

/* The number of samples not after t_ms, `from` of which are known not to be. */
static size_t count_until(const struct samples *s, int64_t t_ms, size_t from)
{
	/* The next step is usually a few samples on; the first one may be anywhere. */
	size_t i = from, stride = 1;
	while (i < s->n && s->t_ms[i] <= t_ms) {
		from = i + 1;
		i += stride;
		stride *= 2;
	}
	size_t end = i < s->n ? i : s->n;
	while (from < end) {
		size_t mid = from + (end - from) / 2;
		if (s->t_ms[mid] <= t_ms)
			from = mid + 1;
		else
			end = mid;
	}
	return from;
}

/* Calls with the index of the sample that counts at each step that has one. */
#define EACH_NEWEST(use)                                                                           \
	do {                                                                                       \
		size_t until_ = 0;                                                                 \
		bits_clear_all(out->present, steps->n);                                            \
		for (size_t step = 0; step < steps->n; step++) {                                   \
			int64_t end_ms_ = window_end(window, steps_at(steps, step));               \
			until_ = count_until(s, end_ms_, until_);                                  \
			if (until_ == 0)                                                           \
				continue;                                                          \
			size_t sample = until_ - 1;                                                \
			if (s->t_ms[sample] <= end_ms_ - window->range_ms ||                       \
			    is_stale_nan(s->v[sample]))                                            \
				continue;                                                          \
			bits_set(out->present, step);                                              \
			use;                                                                       \
		}                                                                                  \
	} while (0)

bool newest_samples(const struct samples *s, const struct plan_window *window,
		    const struct steps *steps, struct step_series *out)
{
	if (out->hist) {
		EACH_NEWEST(out->v[step] = s->v[sample]; out->hist[step] = s->hist[sample]);
		return bits_any(out->present, steps->n);
	}
	EACH_NEWEST(out->v[step] = s->v[sample]);
	return bits_any(out->present, steps->n);
}

bool newest_sample_times(const struct samples *s, const struct plan_window *window,
			 const struct steps *steps, struct step_series *out)
{
	EACH_NEWEST(out->v[step] = (double)s->t_ms[sample] / 1000;
		    if (out->hist) out->hist[step] = s->hist[sample]);
	return bits_any(out->present, steps->n);
}

bool newest_start_times(const struct samples *s, const struct plan_window *window,
			const struct steps *steps, struct step_series *out)
{
	EACH_NEWEST(out->v[step] = s->st_ms ? (double)s->st_ms[sample] / 1000 : 0;
		    if (out->hist) out->hist[step] = s->hist[sample]);
	return bits_any(out->present, steps->n);
}
