#include "promql/rate.h"

#include "promql/duration.h"
#include "promql/pair.h"
#include "promql/start_times.h"
#include "promql/windows.h"

#include <math.h>

/* --- resets ----------------------------------------------------------------------------------- */

struct reset_list {
	uint32_t *at; /* sample i is smaller than the one before it, or of another life */
	size_t n;
	size_t next; /* the first that may be in the window */
};

enum { SCAN_SAMPLES = 64 };

/* Almost always none, and then without a branch per sample. */
static bool any_reset(const double *v)
{
	int any = 0;

	for (size_t i = 0; i < SCAN_SAMPLES; i++)
		any |= v[i + 1] < v[i];
	return any;
}

static void find_resets(const struct samples *s, struct arena *a, struct reset_list *out)
{
	size_t cap = 0;

	*out = (struct reset_list){0};
	for (size_t i = 1; i < s->n; i++) {
		if (!s->st_ms && s->n - i >= SCAN_SAMPLES && !any_reset(s->v + i - 1)) {
			i += SCAN_SAMPLES - 1;
			continue;
		}
		size_t end = s->n - i > SCAN_SAMPLES ? i + SCAN_SAMPLES : s->n;
		for (; i < end; i++) {
			if (!sample_is_reset(s, i))
				continue;
			if (out->n == cap) {
				size_t more = cap ? cap * 2 : 16;
				out->at = arena_grow(a, out->at, cap * sizeof(*out->at),
						     more * sizeof(*out->at));
				cap = more;
			}
			out->at[out->n++] = (uint32_t)i;
		}
		i--;
	}
}

/* What the resets between samples [from, to) took away. */
static double add_resets(struct reset_list *resets, const double *v, size_t from, size_t to,
			 double sum)
{
	while (resets->next < resets->n && resets->at[resets->next] <= from)
		resets->next++;
	for (size_t i = resets->next; i < resets->n && resets->at[i] < to; i++)
		sum += v[resets->at[i] - 1];
	return sum;
}

/* --- windows ---------------------------------------------------------------------------------- */

/* Windows are computed by words of the bitmap: 64 of them. */
enum { WORD_STEPS = 64 };

/* What all windows of a series share. */
struct rate_run {
	const struct samples *s;
	enum rate_kind kind;
	int64_t range_ms;
	double per_seconds; /* 1: not a rate */
	struct windows windows;
	int64_t end_ms;  /* of the first window */
	int64_t step_ms; /* from there to the next one's */
	struct reset_list resets;
};

/* Windows with at least two samples, as columns. */
struct word {
	double first[WORD_STEPS];
	double increase[WORD_STEPS]; /* or decrease, of a gauge */
	double to_start_ms[WORD_STEPS];
	double to_end_ms[WORD_STEPS];
	double sampled_ms[WORD_STEPS];
	double gaps[WORD_STEPS]; /* between samples */
	double rate[WORD_STEPS]; /* the result */
	uint8_t step[WORD_STEPS];
	size_t n;
};

static inline void set_window(struct rate_run *r, struct word *word, size_t i, size_t step)
{
	size_t from = r->windows.from[step], to = r->windows.to[step];
	int64_t end_ms = r->end_ms + (int64_t)step * r->step_ms;
	const int64_t *t_ms = r->s->t_ms;
	const double *v = r->s->v;

	word->first[i] = v[from];
	word->increase[i] = v[to - 1] - v[from];
	if (r->kind != RATE_DELTA)
		word->increase[i] = add_resets(&r->resets, v, from, to, word->increase[i]);
	word->to_start_ms[i] = (double)(t_ms[from] - (end_ms - r->range_ms));
	word->to_end_ms[i] = (double)(end_ms - t_ms[to - 1]);
	word->sampled_ms[i] = (double)(t_ms[to - 1] - t_ms[from]);
	word->gaps[i] = (double)(to - from - 1);
}

/* --- extrapolation ---------------------------------------------------------------------------- */

/* A gap that is not much longer than those between samples is filled up; behind a longer one the
 * series is taken to begin or end half way to the next sample. */
static inline pair gap_at_end(pair gap, pair average)
{
	return pair_pick(gap >= average * 1.1, average / 2, gap);
}

/* What to multiply the increases of two windows with. */
static inline pair factor_of(const struct word *word, size_t i, bool is_counter, double per_seconds)
{
	pair to_start = pair_load(word->to_start_ms + i) / 1000;
	pair to_end = pair_load(word->to_end_ms + i) / 1000;
	pair sampled = pair_load(word->sampled_ms + i) / 1000;
	pair average = sampled / pair_load(word->gaps + i);

	to_start = gap_at_end(to_start, average);
	to_end = gap_at_end(to_end, average);
	if (is_counter) {
		/* It cannot have been negative: where its line meets zero in the gap before the
		 * first sample, it began there. */
		pair first = pair_load(word->first + i), increase = pair_load(word->increase + i);
		pair to_zero = sampled * (first / increase);
		pair_mask began = (increase > 0) & (first >= 0) & (to_zero < to_start);
		to_start = pair_pick(began, to_zero, to_start);
	}
	return (sampled + to_start + to_end) / sampled / per_seconds;
}

/* Of an odd number of windows, the last is computed with what lies behind it. */
static void extrapolate(struct word *word, bool is_counter, double per_seconds)
{
	for (size_t i = 0; i < word->n; i += 2) {
		pair rate =
		    pair_load(word->increase + i) * factor_of(word, i, is_counter, per_seconds);
		pair_store(word->rate + i, rate);
	}
}

/* --- start timestamps ------------------------------------------------------------------------- */

/* Whether the counter began in the window, before its first sample. */
static inline bool begins_inside(const struct rate_run *r, size_t from, int64_t start_ms)
{
	const int64_t *st_ms = r->s->st_ms;

	return st_ms && r->kind != RATE_DELTA && st_ms[from] != 0 && st_ms[from] > start_ms &&
	       st_ms[from] < r->s->t_ms[from];
}

/* It was zero then, so that nothing is left to extrapolate at the start. */
static double rate_since_start(struct rate_run *r, size_t from, size_t to, int64_t end_ms)
{
	const struct samples *s = r->s;
	double increase = s->v[to - 1] - s->v[from];
	double average = 0, to_end = (double)(end_ms - s->t_ms[to - 1]) / 1000;

	increase = add_resets(&r->resets, s->v, from, to, increase) + s->v[from];
	if (to - from > 1)
		average =
		    (double)(s->t_ms[to - 1] - s->t_ms[from]) / 1000 / (double)(to - from - 1);
	if (to_end >= average * 1.1)
		to_end = average / 2;
	double sampled = (double)(s->t_ms[to - 1] - s->st_ms[from]) / 1000;
	double factor = sampled != 0 ? (sampled + to_end) / sampled : 1;
	return increase * (factor / r->per_seconds);
}

/* --- a word of windows ------------------------------------------------------------------------ */

/* Any windows; gives those that have a value. */
static uint64_t rate_word(struct rate_run *r, size_t step, size_t n, double *out)
{
	struct word word;
	uint64_t present = 0;

	word.n = 0;
	for (size_t i = 0; i < n; i++) {
		size_t from = r->windows.from[step + i], to = r->windows.to[step + i];
		int64_t end_ms = r->end_ms + (int64_t)(step + i) * r->step_ms;
		if (to > from && begins_inside(r, from, end_ms - r->range_ms)) {
			out[i] = rate_since_start(r, from, to, end_ms);
		} else if (to - from >= 2) {
			set_window(r, &word, word.n, step + i);
			word.step[word.n++] = (uint8_t)i;
		} else {
			continue;
		}
		present |= UINT64_C(1) << i;
	}
	extrapolate(&word, r->kind != RATE_DELTA, r->per_seconds);
	for (size_t i = 0; i < word.n; i++)
		out[word.step[i]] = word.rate[i];
	return present;
}

/* Whether samples `stride` apart, one for each step of a word, are as far apart as the steps. */
static bool keep_pace(const int64_t *t_ms, size_t stride, int64_t step_ms)
{
	uint64_t odd = 0;

	for (size_t i = 1; i < WORD_STEPS; i++)
		odd |= (uint64_t)t_ms[i * stride] - (uint64_t)t_ms[0] - i * (uint64_t)step_ms;
	return odd == 0;
}

/* Whether a column of sample numbers goes up by `stride`. */
static bool is_even(const uint32_t *at, size_t stride)
{
	uint32_t odd = 0;

	for (uint32_t i = 1; i < WORD_STEPS; i++)
		odd |= at[i] - at[0] - i * (uint32_t)stride;
	return odd == 0;
}

static bool has_reset(struct reset_list *resets, size_t from, size_t to)
{
	while (resets->next < resets->n && resets->at[resets->next] <= from)
		resets->next++;
	return resets->next < resets->n && resets->at[resets->next] < to;
}

/* Whether samples lie in the same places of all windows of a word, and no reset in any. */
static bool is_uniform(struct rate_run *r, size_t step)
{
	const uint32_t *from = r->windows.from + step, *to = r->windows.to + step;
	size_t stride = from[1] - from[0];
	const int64_t *t_ms = r->s->t_ms;

	return !r->s->st_ms && to[0] >= from[0] + 2 && is_even(from, stride) &&
	       is_even(to, stride) && keep_pace(t_ms + from[0], stride, r->step_ms) &&
	       keep_pace(t_ms + to[0] - 1, stride, r->step_ms) &&
	       !has_reset(&r->resets, from[0], to[WORD_STEPS - 1]);
}

/* Scrapes that are on time, as most are, give all windows one factor, unless a counter began
 * shortly before one of them: false, then. Whether it may have is decided without a division. */
static bool rate_uniform_word(struct rate_run *r, size_t step, double *out)
{
	const double *first = r->s->v + r->windows.from[step];
	const double *last = r->s->v + r->windows.to[step] - 1;
	size_t stride = r->windows.from[step + 1] - r->windows.from[step];
	bool is_near_zero = false;
	struct word word;

	set_window(r, &word, 0, step);
	set_window(r, &word, 1, step + 1);
	double factor = factor_of(&word, 0, false, r->per_seconds)[0];
	double margin = word.to_start_ms[0] * (1 + 1e-9);
	for (size_t i = 0; i < WORD_STEPS; i++, first += stride, last += stride) {
		double increase = *last - *first;
		bool is_far =
		    (increase > 1e-250) & (*first * word.sampled_ms[0] > margin * increase);
		is_near_zero |= (increase > 0) & (*first >= 0) & !is_far;
		out[i] = increase * factor;
	}
	return r->kind == RATE_DELTA || !is_near_zero;
}

bool rate_windows(const struct samples *s, enum rate_kind kind, const struct plan_window *window,
		  const struct steps *steps, struct arena *scratch, struct step_series *out)
{
	struct arena_mark mark = arena_mark(scratch);
	struct rate_run r = {
	    .s = s,
	    .kind = kind,
	    .range_ms = window->range_ms,
	    .per_seconds = kind == RATE_PER_SECOND ? seconds_of_ms(window->range_ms) : 1,
	    .windows = windows_find(s, window, steps, scratch),
	    .end_ms = window_end(window, steps->start_ms),
	    .step_ms = window->pinned ? 0 : steps->step_ms,
	};

	if (kind != RATE_DELTA)
		find_resets(s, scratch, &r.resets);
	for (size_t step = 0; step < steps->n; step += WORD_STEPS) {
		size_t left = steps->n - step;
		size_t n = left < WORD_STEPS ? left : WORD_STEPS;
		bool is_done = n == WORD_STEPS && is_uniform(&r, step) &&
			       rate_uniform_word(&r, step, out->v + step);
		out->present[step / 64] =
		    is_done ? ~UINT64_C(0) : rate_word(&r, step, n, out->v + step);
	}
	arena_rewind(scratch, mark);
	return bits_any(out->present, steps->n);
}
