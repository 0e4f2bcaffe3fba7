#include "promql/range_source.h"

#include "promql/window_cursor.h"

bool range_source_open(struct range_source *src, struct execution *x, const struct plan_node *node,
		       struct err *err)
{
	*src = (struct range_source){.x = x, .node = node};
	if (node->kind == PLAN_RANGE_SELECT)
		return selection_open(&src->selection, x, node, err);
	src->arena = arena_new(x->tracker);
	src->subquery = operator_open(x, node->args[0], err);
	return src->subquery != NULL;
}

void range_source_done(struct range_source *src)
{
	selection_done(&src->selection);
	operator_close(src->subquery);
	arena_free(src->arena);
}

void samples_drop_stale(struct samples *s)
{
	size_t n = 0;

	while (n < s->n && !is_stale_nan(s->v[n]))
		n++;
	for (size_t i = n; i < s->n; i++) {
		if (is_stale_nan(s->v[i]))
			continue;
		s->t_ms[n] = s->t_ms[i];
		s->v[n] = s->v[i];
		if (s->st_ms)
			s->st_ms[n] = s->st_ms[i];
		n++;
	}
	s->n = n;
}

static enum iter_result next_selected(struct range_source *src, struct range_series *out,
				      struct err *err)
{
	struct selected_series s;

	enum iter_result r = selection_next(&src->selection, &s, err);
	if (r != ITER_VALUE)
		return r;
	*out = (struct range_series){.labels = s.labels, .floats = s.samples, .block = s.block};
	if (!src->x->plan->opts.use_start_timestamps)
		out->floats.st_ms = NULL;
	samples_drop_stale(&out->floats);
	return ITER_VALUE;
}

static enum iter_result next_of_subquery(struct range_source *src, struct range_series *out,
					 struct err *err)
{
	struct step_series s;
	const struct steps *steps = &src->subquery->steps;

	enum iter_result r = operator_next(src->subquery, &s, err);
	if (r != ITER_VALUE)
		return r;
	if (!execution_check(src->x, err))
		return ITER_ERROR;
	arena_clear(src->arena);
	*out =
	    (struct range_series){.labels = s.labels, .drops_name = s.drops_name, .block = s.block};
	samples_reserve(src->arena, &out->floats, bits_count(s.present, steps->n));
	for (size_t i = bits_next(s.present, steps->n, 0); i < steps->n;
	     i = bits_next(s.present, steps->n, i + 1)) {
		out->floats.t_ms[out->floats.n] = steps_at(steps, i);
		out->floats.v[out->floats.n++] = s.v[i];
	}
	samples_drop_stale(&out->floats);
	return ITER_VALUE;
}

static uint64_t samples_in_windows(const struct plan_node *node, const struct samples *s)
{
	const struct plan_window *window = &node->window;
	struct window_cursor c = {.t_ms = s->t_ms, .n = s->n};
	uint64_t n = 0;

	for (size_t step = 0; step < node->steps.n; step++) {
		int64_t end_ms = window_end(window, steps_at(&node->steps, step));
		window_cursor_move(&c, end_ms - window->range_ms, end_ms);
		n += c.to > c.from ? c.to - c.from : 0;
	}
	return n;
}

enum iter_result range_source_next(struct range_source *src, struct range_series *out,
				   struct err *err)
{
	enum iter_result r =
	    src->subquery ? next_of_subquery(src, out, err) : next_selected(src, out, err);

	if (r == ITER_VALUE && src->x->plan->opts.counts_samples)
		src->x->samples_seen +=
		    src->node->sample_weight * samples_in_windows(src->node, &out->floats);
	return r;
}

bool range_source_in_order(const struct range_source *src)
{
	return !src->subquery || src->subquery->in_order;
}
