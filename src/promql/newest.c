#include "promql/newest.h"

#include "base/assert.h"
#include "promql/step_counts.h"

/* Steps are looked at in words of the bitmap: 64 of them. */
enum { WORD_STEPS = 64 };

struct newest_run {
	const struct samples *s; /* at least one */
	int64_t step_ms;         /* from the end of one window to that of the next */
	int64_t range_ms;
	struct step_counter counter;
	uint32_t counts[WORD_STEPS]; /* of samples not after each step of the word */
};

/* Finds the samples of the next n steps, at most a word of them, the first of whose windows ends at
 * end_ms; gives the steps that have one. */
static uint64_t take_word(struct newest_run *r, int64_t end_ms, size_t n)
{
	const struct samples *s = r->s;
	uint64_t present = 0;

	step_counts(&r->counter, end_ms, r->step_ms, r->counts, n);
	for (size_t i = 0; i < n; i++) {
		size_t last = r->counts[i] ? r->counts[i] - 1 : 0;
		int64_t start_ms = end_ms + (int64_t)i * r->step_ms - r->range_ms;
		bool has =
		    (r->counts[i] > 0) & (s->t_ms[last] > start_ms) & !is_stale_nan(s->v[last]);
		present |= (uint64_t)has << i;
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
		    .counter = {.t_ms = s->t_ms, .n = s->n},                                       \
		};                                                                                 \
		bits_clear_all(out->present, s->n ? 0 : steps->n);                                 \
		assert(s->n <= UINT32_MAX);                                                        \
		for (size_t first_ = 0; s->n && first_ < steps->n; first_ += WORD_STEPS) {         \
			size_t left_ = steps->n - first_;                                          \
			size_t n_ = left_ < WORD_STEPS ? left_ : WORD_STEPS;                       \
			int64_t end_ms_ = window_end(window, steps_at(steps, first_));             \
			uint64_t present_ = take_word(&run_, end_ms_, n_);                         \
			out->present[first_ / WORD_STEPS] = present_;                              \
			for (size_t i_ = 0; i_ < n_; i_++) {                                       \
				if (!(present_ >> i_ & 1))                                         \
					continue;                                                  \
				size_t step = first_ + i_, sample = run_.counts[i_] - 1;           \
				use;                                                               \
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
