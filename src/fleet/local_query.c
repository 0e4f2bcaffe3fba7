#include "fleet/local_query.h"

#include "base/alloc.h"

#include <stdlib.h>

struct local_query {
	struct query_service base; /* first, so that the two pointers convert */
	const struct evaluator *evaluator;
};

struct local_stream {
	struct query_stream base; /* first, so that the two pointers convert */
	struct query_request request;
	struct evaluation evaluation;
	int64_t t_ms; /* of a scalar */
	double v;
	bool is_done;
};

/* --- the answer ------------------------------------------------------------------------------- */

static void take_cost(struct local_stream *s)
{
	struct promql_stats stats = promql_result_stats(s->evaluation.result);

	s->base.cost = (struct query_cost){(int64_t)stats.total, (int64_t)stats.peak};
}

static enum iter_result next_series(struct local_stream *s, struct query_series *out,
				    struct err *err)
{
	struct result_series series;
	enum iter_result result = promql_result_next(s->evaluation.result, &series, err);

	/* A root that asks several of us reads one answer after the other. Answers that it does not
	 * read yet must not keep the one that it reads waiting at the gate. */
	evaluation_leave_gate(&s->evaluation);
	if (result == ITER_END)
		take_cost(s);
	if (result != ITER_VALUE)
		return result;
	/* Samples are not written to by whoever gets them. */
	*out = (struct query_series){
	    .labels = series.labels,
	    .samples = {.t_ms = (int64_t *)series.t_ms,
			.v = (double *)series.v,
			.hist = (struct histogram **)series.hist,
			.n = series.n},
	};
	return ITER_VALUE;
}

static enum iter_result next_scalar(struct local_stream *s, struct query_series *out,
				    struct err *err)
{
	struct result_scalar scalar;

	if (s->is_done)
		return ITER_END;
	if (!promql_result_scalar(s->evaluation.result, &scalar, err))
		return ITER_ERROR;
	s->is_done = true;
	s->t_ms = scalar.t_ms;
	s->v = scalar.v;
	take_cost(s);
	*out = (struct query_series){.samples = {.t_ms = &s->t_ms, .v = &s->v, .n = 1}};
	return ITER_VALUE;
}

static enum iter_result stream_next(struct query_stream *base, struct query_series *out,
				    struct err *err)
{
	struct local_stream *s = (struct local_stream *)base;

	switch (promql_result_type(s->evaluation.result)) {
	case VALUE_VECTOR:
	case VALUE_MATRIX:
		return next_series(s, out, err);
	case VALUE_SCALAR:
		return next_scalar(s, out, err);
	case VALUE_NONE:
	case VALUE_STRING: /* the Query API has no message for it */
		break;
	}
	return ITER_END;
}

static void stream_close(struct query_stream *base)
{
	struct local_stream *s = (struct local_stream *)base;

	evaluation_done(&s->evaluation);
	free(s);
}

static const struct query_stream_ops stream_ops = {stream_next, stream_close};

/* --- asking ----------------------------------------------------------------------------------- */

/* As in Prometheus, a range without a step is an instant if it has no length. One that ends before
 * it begins has no steps: roots ask for such when there is nothing left for us. */
static bool settle(struct query_request *req, struct err *err)
{
	if (!req->is_range || req->step_ms > 0)
		return true;
	if (req->step_ms < 0 || req->start_ms != req->end_ms)
		return err_set(err, ERR_INVALID,
			       "zero or negative query resolution step widths are not accepted. "
			       "Try a positive integer");
	req->is_range = false;
	return true;
}

static struct query_stream *local_query_query(struct query_service *base, struct ctx *ctx,
					      const struct query_request *req, struct notes *notes,
					      struct tracker *tracker, struct err *err)
{
	const struct local_query *q = (struct local_query *)base;
	const struct evaluation_options options = {.counts_samples = true};
	struct query_request settled = *req;
	(void)tracker; /* a query has its own, with the limit of all queries above it */

	if (!settle(&settled, err))
		return NULL;
	struct local_stream *s = NEW(struct local_stream);
	*s = (struct local_stream){.base.ops = &stream_ops, .request = settled};
	evaluation_init(&s->evaluation, q->evaluator, &s->request);
	if (evaluation_prepare(&s->evaluation, &options, err) &&
	    evaluation_start(&s->evaluation, ctx, notes, err))
		return &s->base;
	stream_close(&s->base);
	return NULL;
}

static void local_query_close(struct query_service *base)
{
	free(base);
}

static const struct query_service_ops local_query_ops = {local_query_query, local_query_close};

struct query_service *local_query_new(const struct evaluator *evaluator)
{
	struct local_query *q = NEW(struct local_query);

	q->base.ops = &local_query_ops;
	q->evaluator = evaluator;
	return &q->base;
}
