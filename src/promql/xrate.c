#include "promql/xrate.h"

#include "promql/window_cursor.h"

/* Samples [from, to); the first one may lie before the window. */
struct extended {
	int64_t start_ms;
	int64_t end_ms;
	size_t from;
	size_t to;
	double sampled_ms;
	double average_ms; /* between samples; NaN of a single one */
};

static void measure(struct extended *e, const struct samples *s)
{
	e->sampled_ms = (double)(s->t_ms[e->to - 1] - s->t_ms[e->from]);
	e->average_ms = e->sampled_ms / (double)(e->to - e->from - 1);
}

static bool is_constant(const struct samples *s, const struct extended *e)
{
	for (size_t i = e->from + 1; i < e->to; i++)
		if (s->v[i] != s->v[i - 1])
			return false;
	return true;
}

static double increase_of(const struct samples *s, const struct extended *e, bool is_counter)
{
	double increase = s->v[e->to - 1] - s->v[e->from], lost = 0;

	for (size_t i = e->from + 1; i < e->to && is_counter; i++)
		if (s->v[i] < s->v[i - 1])
			lost += s->v[i - 1];
	return increase + lost;
}

static double xincrease(const struct samples *s, const struct extended *e)
{
	int64_t range_ms = e->end_ms - e->start_ms;

	/* It appeared in this window: all of it is increase. */
	if (is_constant(s, e) && e->end_ms <= s->t_ms[0] + range_ms)
		return s->v[e->from];
	return increase_of(s, e, true);
}

static double xrate(const struct samples *s, struct extended *e, enum rate_kind kind)
{
	double range_s = (double)((e->end_ms - e->start_ms) / 1000);

	/* A sample too far before the window says nothing about its start. Of two samples, the one
	 * before the window never is. */
	if ((double)(e->start_ms - s->t_ms[e->from]) > e->average_ms) {
		e->from++;
		measure(e, s);
	}
	double increase = increase_of(s, e, kind != RATE_DELTA);
	bool covers = s->t_ms[e->from] <= e->start_ms &&
		      (double)(e->end_ms - s->t_ms[e->to - 1]) < e->average_ms;
	if (covers)
		increase *= range_s / (e->sampled_ms / 1000);
	return kind == RATE_PER_SECOND ? increase / range_s : increase;
}

bool xrate_windows(const struct samples *s, enum rate_kind kind, const struct plan_window *window,
		   const struct steps *steps, struct step_series *out)
{
	struct window_cursor c = {.t_ms = s->t_ms, .n = s->n};

	bits_clear_all(out->present, steps->n);
	for (size_t step = 0; step < steps->n; step++) {
		struct extended e = {.end_ms = window_end(window, steps_at(steps, step))};
		e.start_ms = e.end_ms - window->range_ms;
		window_cursor_move(&c, e.start_ms, e.end_ms);
		e.from = window_cursor_anchor(&c, e.start_ms, window->lookback_ms);
		e.to = c.to > c.from ? c.to : c.from;
		if (e.from == e.to)
			continue;
		measure(&e, s);
		out->v[step] = kind == RATE_INCREASE ? xincrease(s, &e) : xrate(s, &e, kind);
		bits_set(out->present, step);
	}
	return bits_any(out->present, steps->n);
}
