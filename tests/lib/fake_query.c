#include "tests/lib/fake_query.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>

struct fake_stream {
	struct query_stream base; /* first */
	struct fake_query *fake;
	struct ctx *ctx;
	struct notes *notes;
	size_t at;
};

static enum iter_result fake_end(struct fake_stream *s, struct err *err)
{
	struct fake_query *f = s->fake;

	while (f->hangs && ctx_sleep_ms(s->ctx, 3600000))
		;
	if (f->hangs && !ctx_check(s->ctx, err))
		return ITER_ERROR;
	if (f->warning)
		notes_add(s->notes, NOTE_WARNING, "%s", f->warning);
	s->base.cost = f->cost;
	if (f->fail_after.code == ERR_OK)
		return ITER_END;
	*err = f->fail_after;
	return ITER_ERROR;
}

static enum iter_result fake_next(struct query_stream *base, struct query_series *out,
				  struct err *err)
{
	struct fake_stream *s = (struct fake_stream *)base;

	if (s->at == s->fake->n_series)
		return fake_end(s, err);
	*out = s->fake->series[s->at++];
	return ITER_VALUE;
}

static void fake_stream_close(struct query_stream *base)
{
	atomic_fetch_sub(&((struct fake_stream *)base)->fake->n_open, 1);
	free(base);
}

static const struct query_stream_ops fake_stream_ops = {fake_next, fake_stream_close};

static struct query_stream *fake_ask(struct query_service *base, struct ctx *ctx,
				     const struct query_request *req, struct notes *notes,
				     struct tracker *tracker, struct err *err)
{
	struct fake_query *f = (struct fake_query *)base;
	(void)tracker;

	atomic_fetch_add(&f->n_queries, 1);
	f->last_request = *req;
	snprintf(f->text, sizeof(f->text), "%.*s", STR_FMT(req->text));
	if (f->fail.code != ERR_OK) {
		*err = f->fail;
		return NULL;
	}
	struct fake_stream *s = NEW(struct fake_stream);
	*s = (struct fake_stream){
	    .base.ops = &fake_stream_ops, .fake = f, .ctx = ctx, .notes = notes};
	atomic_fetch_add(&f->n_open, 1);
	return &s->base;
}

static void fake_close(struct query_service *base)
{
	(void)base;
}

static const struct query_service_ops fake_ops = {fake_ask, fake_close};

void fake_query_init(struct fake_query *f, const struct query_series *series, size_t n_series)
{
	*f = (struct fake_query){.base.ops = &fake_ops, .series = series, .n_series = n_series};
}
