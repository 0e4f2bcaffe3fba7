#include "tests/lib/engine_service.h"

#include "base/alloc.h"

#include <stdlib.h>

struct engine_stream {
	struct query_stream base; /* first */
	struct promql_plan *plan;
	struct promql_result *result;
};

static enum iter_result engine_next(struct query_stream *base, struct query_series *out,
				    struct err *err)
{
	struct engine_stream *s = (struct engine_stream *)base;
	struct result_series series;
	enum iter_result r = promql_result_next(s->result, &series, err);

	if (r != ITER_VALUE)
		return r;
	*out = (struct query_series){.labels = series.labels,
				     .samples = {.t_ms = (int64_t *)series.t_ms,
						 .v = (double *)series.v,
						 .hist = (struct histogram **)series.hist,
						 .n = series.n}};
	return r;
}

static void engine_stream_close(struct query_stream *base)
{
	struct engine_stream *s = (struct engine_stream *)base;

	promql_result_free(s->result);
	promql_plan_free(s->plan);
	free(s);
}

static const struct query_stream_ops engine_stream_ops = {engine_next, engine_stream_close};

static struct query_stream *engine_query(struct query_service *base, struct ctx *ctx,
					 const struct query_request *req, struct notes *notes,
					 struct tracker *tracker, struct err *err)
{
	struct engine_service *service = (struct engine_service *)base;
	struct engine_stream *s = NEW(struct engine_stream);
	struct query_time time = {req->start_ms, req->end_ms, req->step_ms};

	atomic_fetch_add(&service->n_queries, 1);
	s->base.ops = &engine_stream_ops;
	s->plan = promql_prepare(req->text, &service->opts,
				 req->is_range ? time : query_instant(req->start_ms), err);
	if (s->plan)
		s->result = promql_execute(s->plan, memory_queryable(service->data), ctx, tracker,
					   notes, err);
	if (s->result)
		return &s->base;
	engine_stream_close(&s->base);
	return NULL;
}

static void engine_close(struct query_service *base)
{
	(void)base;
}

static const struct query_service_ops engine_ops = {engine_query, engine_close};

void engine_service_init(struct engine_service *s, struct memory_queryable *data)
{
	*s = (struct engine_service){.base.ops = &engine_ops, .data = data};
}
