#include "promql/selection.h"

#include "promql/histogram_stats.h"
#include "promql/meter.h"
#include "promql/shared_selection.h"

bool selection_open(struct selection *sel, struct execution *x, const struct plan_node *node,
		    struct err *err)
{
	*sel = (struct selection){.x = x, .node = node};
	if (x->feed) {
		sel->it = x->feed;
	} else if (node->steps.n == 0 || node->selects_nothing) {
		sel->it = series_iter_empty();
	} else if (node->shared) {
		sel->it = shared_selection_open(x, node, err);
	} else {
		sel->it = queryable_select(x->queryable, x->ctx, node->matchers, &node->hints,
					   x->notes, x->tracker, err);
	}
	if (!sel->it)
		return err_wrap(err, "expanding series");
	sel->arena = arena_new(x->tracker);
	return true;
}

void selection_done(struct selection *sel)
{
	series_iter_close(sel->it);
	arena_free(sel->arena);
}

/* A histogram counts as the samples that would take its memory. */
static uint64_t num_read(const struct samples *s)
{
	uint64_t n = s->n;

	for (size_t i = 0; s->hist && i < s->n; i++)
		if (s->hist[i])
			n += histogram_num_samples(s->hist[i]) - 1;
	return n;
}

enum iter_result selection_find(struct selection *sel, struct series *out, struct err *err)
{
	struct execution *x = sel->x;

	x->selector = sel->node;
	if (!execution_check(x, err))
		return ITER_ERROR;
	enum iter_result r = series_iter_next(sel->it, out, err);
	if (r == ITER_ERROR)
		err_wrap(err, "expanding series");
	if (r == ITER_VALUE && !x->feed) {
		x->series_found++;
		count_chunks(x, sel->node, out);
	}
	return r;
}

/* Too much of anything is told with the selector that asked for it. */
static enum iter_result fail(struct selection *sel, struct err *err)
{
	if (err->code == ERR_LIMIT)
		err_wrap(err, "selector %.*s", STR_FMT(plan_node_text(sel->x->plan, sel->node)));
	return ITER_ERROR;
}

enum iter_result selection_next(struct selection *sel, struct selected_series *out, struct err *err)
{
	struct execution *x = sel->x;
	struct series series;

	enum iter_result r = selection_find(sel, &series, err);
	if (r != ITER_VALUE)
		return r;
	arena_clear(sel->arena);
	*out = (struct selected_series){
	    .labels = series.labels,
	    .block = (uint32_t)(sel->n++ / BLOCK_SERIES),
	};
	if (!queryable_read(x->queryable, &series, &sel->node->hints, sel->arena, &out->samples,
			    err))
		return fail(sel, err);
	if (out->samples.hist && sel->node->hints.only_stats)
		histogram_stats_read(&out->samples, &sel->node->window, &sel->node->steps,
				     sel->arena);
	uint64_t n = num_read(&out->samples);
	x->samples_read += n;
	if (x->samples_held + n > x->samples_peak)
		x->samples_peak = x->samples_held + n;
	if (!execution_check_samples(x, n, err))
		return ITER_ERROR;
	return ITER_VALUE;
}
