#include "promql/range_source.h"

#include "promql/meter.h"

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
		if (s->hist)
			s->hist[n] = s->hist[i];
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
	*out = (struct range_series){.labels = s.labels, .samples = s.samples, .block = s.block};
	if (!src->x->plan->opts.use_start_timestamps)
		out->samples.st_ms = NULL;
	samples_drop_stale(&out->samples);
	return ITER_VALUE;
}

/* Between two steps of a subquery there may have been anything. */
static struct histogram *without_hint(struct arena *a, struct histogram *h)
{
	if (!h || (h->hint != HISTOGRAM_RESET && h->hint != HISTOGRAM_NOT_RESET))
		return h;
	struct histogram *copy = ARENA_NEW(a, struct histogram);
	*copy = *h;
	copy->hint = HISTOGRAM_UNKNOWN;
	return copy;
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
	samples_reserve(src->arena, &out->samples, bits_count(s.present, steps->n));
	if (s.hist)
		samples_need_histograms(src->arena, &out->samples);
	for (size_t i = bits_next(s.present, steps->n, 0); i < steps->n;
	     i = bits_next(s.present, steps->n, i + 1)) {
		out->samples.t_ms[out->samples.n] = steps_at(steps, i);
		out->samples.v[out->samples.n] = s.v[i];
		if (s.hist)
			out->samples.hist[out->samples.n] = without_hint(src->arena, s.hist[i]);
		out->samples.n++;
	}
	samples_drop_stale(&out->samples);
	return ITER_VALUE;
}

enum iter_result range_source_next(struct range_source *src, struct range_series *out,
				   struct err *err)
{
	enum iter_result r =
	    src->subquery ? next_of_subquery(src, out, err) : next_selected(src, out, err);

	if (r == ITER_VALUE)
		count_windows(src->x, src->node, &out->samples);
	return r;
}

bool range_source_in_order(const struct range_source *src)
{
	return !src->subquery || src->subquery->in_order;
}
