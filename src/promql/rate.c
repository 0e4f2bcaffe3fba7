#include "promql/rate.h"

#include "promql/duration.h"
#include "promql/window_cursor.h"

#include <math.h>

/* --- resets ----------------------------------------------------------------------------------- */

struct reset_list {
	uint32_t *at; /* sample i is smaller than the one before it */
	size_t n;
	size_t next; /* the first that may be in the window */
};

static void find_resets(const struct samples *s, struct arena *a, struct reset_list *out)
{
	size_t cap = 0;

	*out = (struct reset_list){0};
	for (size_t i = 1; i < s->n; i++) {
		if (!(s->v[i] < s->v[i - 1]))
			continue;
		if (out->n == cap) {
			size_t more = cap ? cap * 2 : 16;
			out->at =
			    arena_grow(a, out->at, cap * sizeof(*out->at), more * sizeof(*out->at));
			cap = more;
		}
		out->at[out->n++] = (uint32_t)i;
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

bool rate_windows(const struct samples *s, enum rate_kind kind, const struct plan_window *window,
		  const struct steps *steps, struct arena *scratch, struct step_series *out)
{
	bool is_counter = kind != RATE_DELTA;
	double per_seconds = kind == RATE_PER_SECOND ? seconds_of_ms(window->range_ms) : 0;
	struct arena_mark mark = arena_mark(scratch);
	struct window_cursor w = {.t_ms = s->t_ms, .n = s->n};
	struct reset_list resets = {0};
	struct factors f = {0};
	bool any = false;

	if (is_counter)
		find_resets(s, scratch, &resets);
	bits_clear_all(out->present, steps->n);
	for (size_t step = 0; step < steps->n; step++) {
		int64_t end_ms = window_end(window, steps_at(steps, step));
		int64_t start_ms = end_ms - window->range_ms;
		window_cursor_move(&w, start_ms, end_ms);
		if (w.to - w.from < 2)
			continue;

		double first = s->v[w.from];
		double increase = s->v[w.to - 1] - first;
		if (is_counter)
			increase = add_resets(&resets, s->v, w.from, w.to, increase);
		struct shape shape = {
		    .to_start_ms = s->t_ms[w.from] - start_ms,
		    .to_end_ms = end_ms - s->t_ms[w.to - 1],
		    .sampled_ms = s->t_ms[w.to - 1] - s->t_ms[w.from],
		    .n = w.to - w.from,
		};
		if (!same_shape(&shape, &f.shape))
			factors_compute(&f, &shape, per_seconds);
		double factor =
		    is_counter ? counter_factor(&f, first, increase, per_seconds) : f.factor;
		out->v[step] = increase * factor;
		bits_set(out->present, step);
		any = true;
	}
	arena_rewind(scratch, mark);
	return any;
}
