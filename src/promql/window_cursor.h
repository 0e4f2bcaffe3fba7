/* window_cursor.h - which samples of a column lie in a window that moves forward.
 */
#ifndef PROMQL_WINDOW_CURSOR_H
#define PROMQL_WINDOW_CURSOR_H

#include "model/samples.h"

/* Samples [from, to) are in the window. */
struct window_cursor {
	const int64_t *t_ms;
	size_t n;
	size_t from;
	size_t to;
};

static inline size_t window_cursor_skip(const struct window_cursor *c, size_t i, int64_t t_ms)
{
	while (i < c->n && c->t_ms[i] <= t_ms)
		i++;
	return i;
}

/* To the window (start_ms, end_ms]; neither end is before that of the last call. */
static inline void window_cursor_move(struct window_cursor *c, int64_t start_ms, int64_t end_ms)
{
	c->from = window_cursor_skip(c, c->from, start_ms);
	c->to = window_cursor_skip(c, c->to > c->from ? c->to : c->from, end_ms);
}

/* The last sample before the window, unless it is `lookback_ms` older than its start or more; else
 * the first one in it. */
static inline size_t window_cursor_anchor(const struct window_cursor *c, int64_t start_ms,
					  int64_t lookback_ms)
{
	if (c->from > 0 && c->t_ms[c->from - 1] > start_ms - lookback_ms)
		return c->from - 1;
	return c->from;
}

#endif
