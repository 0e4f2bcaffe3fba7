#include "promql/newest.h"

/* Steps are looked at in words of the bitmap: 64 of them. */
enum { WORD_STEPS = 64 };

struct newest_run {
	const struct samples *s;
	int64_t end_ms;  /* of the window of the word's first step */
	int64_t step_ms; /* from the end of one to that of the next */
	int64_t range_ms;
	size_t until;            /* samples not after the windows so far */
	uint32_t at[WORD_STEPS]; /* which sample counts at each step of the word */
};

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

/* Whether the newest samples of all steps of a word are `stride` apart, the first being t_ms[0]. */
static bool is_regular(const struct newest_run *r, const int64_t *t_ms, size_t stride)
{
	int64_t end_ms = r->end_ms;
	bool is_odd = false;

	for (size_t i = 0; i < WORD_STEPS; i++, t_ms += stride, end_ms += r->step_ms)
		is_odd |=
		    (t_ms[0] > end_ms) | (t_ms[1] <= end_ms) | (t_ms[0] <= end_ms - r->range_ms);
	return !is_odd;
}

static bool any_stale(const double *v, size_t stride)
{
	bool any = false;

	for (size_t i = 0; i < WORD_STEPS; i++)
		any |= is_stale_nan(v[i * stride]);
	return any;
}

/* Scrapes come at a pace and so do steps: then there is nothing to search, only to verify. */
static bool take_regular_word(struct newest_run *r)
{
	const struct samples *s = r->s;
	size_t first = count_until(s, r->end_ms, r->until);
	size_t stride = count_until(s, r->end_ms + r->step_ms, first) - first;

	if (first == 0 || stride == 0 || s->n <= stride * (WORD_STEPS - 1) ||
	    first >= s->n - stride * (WORD_STEPS - 1))
		return false;
	first--;
	if (!is_regular(r, s->t_ms + first, stride) || any_stale(s->v + first, stride))
		return false;
	for (size_t i = 0; i < WORD_STEPS; i++)
		r->at[i] = (uint32_t)(first + i * stride);
	r->until = r->at[WORD_STEPS - 1] + 1;
	return true;
}

/* Finds the samples of the next n steps, at most a word of them; gives the steps that have one. */
static uint64_t take_word(struct newest_run *r, size_t n)
{
	const struct samples *s = r->s;
	uint64_t present = 0;

	if (n == WORD_STEPS && take_regular_word(r))
		return ~UINT64_C(0);
	for (size_t i = 0; i < n; i++) {
		int64_t end_ms = r->end_ms + (int64_t)i * r->step_ms;
		r->until = count_until(s, end_ms, r->until);
		if (r->until == 0)
			continue;
		size_t last = r->until - 1;
		if (s->t_ms[last] <= end_ms - r->range_ms || is_stale_nan(s->v[last]))
			continue;
		r->at[i] = (uint32_t)last;
		present |= UINT64_C(1) << i;
	}
	return present;
}

/* Does `use` for each step that has a sample. */
#define EACH_NEWEST(use)                                                                           \
	do {                                                                                       \
		struct newest_run run_ = {                                                         \
		    .s = s,                                                                        \
		    .step_ms = window->pinned ? 0 : steps->step_ms,                                \
		    .range_ms = window->range_ms,                                                  \
		};                                                                                 \
		for (size_t first_ = 0; first_ < steps->n; first_ += WORD_STEPS) {                 \
			size_t left_ = steps->n - first_;                                          \
			size_t n_ = left_ < WORD_STEPS ? left_ : WORD_STEPS;                       \
			run_.end_ms = window_end(window, steps_at(steps, first_));                 \
			uint64_t present_ = take_word(&run_, n_);                                  \
			out->present[first_ / WORD_STEPS] = present_;                              \
			for (size_t i_ = 0; i_ < n_; i_++) {                                       \
				size_t step = first_ + i_, sample = run_.at[i_];                   \
				if (present_ >> i_ & 1) {                                          \
					use;                                                       \
				}                                                                  \
			}                                                                          \
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
