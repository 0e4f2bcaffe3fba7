#include "promql/rate.h"

#include "promql/duration.h"
#include "promql/start_times.h"
#include "promql/window_cursor.h"

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

/* --- extrapolation ---------------------------------------------------------------------------- */

/* The shape of a window: where its samples lie in it. Samples that come regularly give the same
 * shape again and again, and the divisions below are most of the work. */
struct shape {
	int64_t to_start_ms;
	int64_t to_end_ms;
	int64_t sampled_ms;
	size_t n;
};

struct factors {
	struct shape shape;
	double to_start; /* all in seconds */
	double to_end;
	double sampled;
	double factor; /* unless the counter would go below zero */
};

static double factor_of(const struct factors *f, double to_start, double per_seconds)
{
	double factor = 1;
	if (f->sampled != 0)
		factor = (f->sampled + to_start + f->to_end) / f->sampled;
	return per_seconds != 0 ? factor / per_seconds : factor;
}

static void factors_compute(struct factors *f, const struct shape *shape, double per_seconds)
{
	f->shape = *shape;
	f->to_start = (double)shape->to_start_ms / 1000;
	f->to_end = (double)shape->to_end_ms / 1000;
	f->sampled = (double)shape->sampled_ms / 1000;
	double average = f->sampled / (double)(shape->n - 1);
	double threshold = average * 1.1;
	/* A gap that is not much longer than those between samples is filled up; behind a longer
	 * one the series is taken to begin or end half way to the next sample. */
	if (f->to_start >= threshold)
		f->to_start = average / 2;
	if (f->to_end >= threshold)
		f->to_end = average / 2;
	f->factor = factor_of(f, f->to_start, per_seconds);
}

/* A counter cannot have been negative: where its line meets zero in the gap before the first
 * sample, it began there. */
static double counter_factor(const struct factors *f, double first, double increase,
			     double per_seconds)
{
	if (!(increase > 0) || !(first >= 0))
		return f->factor;
	/* Clearly further away than the gap, without a division. */
	if (increase > 1e-250 && first * f->sampled > f->to_start * increase * (1 + 1e-9))
		return f->factor;
	double to_zero = f->sampled * (first / increase);
	if (!(to_zero < f->to_start))
		return f->factor;
	return factor_of(f, to_zero, per_seconds);
}

static bool same_shape(const struct shape *a, const struct shape *b)
{
	return a->to_start_ms == b->to_start_ms && a->to_end_ms == b->to_end_ms &&
	       a->sampled_ms == b->sampled_ms && a->n == b->n;
}

/* What all windows of a series share. */
struct rate_run {
	const struct samples *s;
	enum rate_kind kind;
	int64_t range_ms;
	double per_seconds; /* 0: not a rate */
	struct window_cursor window;
	struct reset_list resets;
	struct factors factors;
};

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
	double average = 0;
	struct factors f = {.to_end = (double)(end_ms - s->t_ms[to - 1]) / 1000};

	increase = add_resets(&r->resets, s->v, from, to, increase) + s->v[from];
	if (to - from > 1)
		average =
		    (double)(s->t_ms[to - 1] - s->t_ms[from]) / 1000 / (double)(to - from - 1);
	if (f.to_end >= average * 1.1)
		f.to_end = average / 2;
	f.sampled = (double)(s->t_ms[to - 1] - s->st_ms[from]) / 1000;
	return increase * factor_of(&f, 0, r->per_seconds);
}

/* False: the window ending there has fewer than two samples. */
static inline bool rate_of_window(struct rate_run *r, int64_t end_ms, double *out)
{
	const struct samples *s = r->s;
	int64_t start_ms = end_ms - r->range_ms;

	window_cursor_move(&r->window, start_ms, end_ms);
	size_t from = r->window.from, to = r->window.to;
	if (to > from && begins_inside(r, from, start_ms)) {
		*out = rate_since_start(r, from, to, end_ms);
		return true;
	}
	if (to - from < 2)
		return false;
	double first = s->v[from];
	double increase = s->v[to - 1] - first;
	if (r->kind != RATE_DELTA)
		increase = add_resets(&r->resets, s->v, from, to, increase);
	struct shape shape = {
	    .to_start_ms = s->t_ms[from] - start_ms,
	    .to_end_ms = end_ms - s->t_ms[to - 1],
	    .sampled_ms = s->t_ms[to - 1] - s->t_ms[from],
	    .n = to - from,
	};
	if (!same_shape(&shape, &r->factors.shape))
		factors_compute(&r->factors, &shape, r->per_seconds);
	double factor = r->factors.factor;
	if (r->kind != RATE_DELTA)
		factor = counter_factor(&r->factors, first, increase, r->per_seconds);
	*out = increase * factor;
	return true;
}

bool rate_windows(const struct samples *s, enum rate_kind kind, const struct plan_window *window,
		  const struct steps *steps, struct arena *scratch, struct step_series *out)
{
	struct arena_mark mark = arena_mark(scratch);
	struct rate_run r = {
	    .s = s,
	    .kind = kind,
	    .range_ms = window->range_ms,
	    .per_seconds = kind == RATE_PER_SECOND ? seconds_of_ms(window->range_ms) : 0,
	    .window = {.t_ms = s->t_ms, .n = s->n},
	};
	int64_t end_ms = window_end(window, steps->start_ms);
	int64_t forward_ms = window->pinned ? 0 : steps->step_ms;
	uint64_t any = 0;

	if (kind != RATE_DELTA)
		find_resets(s, scratch, &r.resets);
	for (size_t w = 0; w < bits_words(steps->n); w++) {
		size_t end = w * 64 + 64 < steps->n ? w * 64 + 64 : steps->n;
		uint64_t word = 0;
		for (size_t step = w * 64; step < end; step++, end_ms += forward_ms)
			if (rate_of_window(&r, end_ms, &out->v[step]))
				word |= UINT64_C(1) << (step % 64);
		out->present[w] = word;
		any |= word;
	}
	arena_rewind(scratch, mark);
	return any != 0;
}
