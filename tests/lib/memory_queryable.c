#include "tests/lib/memory_queryable.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "model/histogram.h"

#include <stdlib.h>

/* What the queryable hands out as a series is found again by the address of its labels. */
struct memory_series {
	struct labels labels;
	struct samples samples;
};

struct memory_queryable {
	struct queryable base; /* first, so that the two pointers convert */
	struct arena *arena;
	struct {
		struct memory_series **v;
		size_t n, cap;
	} series; /* ascending by labels */
};

struct memory_iter {
	struct series_iter base; /* first, so that the two pointers convert */
	struct memory_queryable *mq;
	struct matchers matchers;
	size_t next;
};

static enum iter_result memory_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct memory_iter *it = (struct memory_iter *)base;
	(void)err;

	while (it->next < it->mq->series.n) {
		struct memory_series *s = it->mq->series.v[it->next++];
		if (!matchers_match(it->matchers, s->labels))
			continue;
		*out = (struct series){.labels = s->labels};
		return ITER_VALUE;
	}
	return ITER_END;
}

static void memory_close(struct series_iter *base)
{
	free(base);
}

static const struct series_iter_ops memory_iter_ops = {memory_next, memory_close};

static struct series_iter *memory_select(struct queryable *q, struct ctx *ctx,
					 struct matchers matchers, const struct select_hints *hints,
					 struct notes *notes, struct tracker *tracker,
					 struct err *err)
{
	struct memory_iter *it = NEW(struct memory_iter);
	(void)ctx, (void)hints, (void)notes, (void)tracker, (void)err;

	it->base.ops = &memory_iter_ops;
	it->mq = (struct memory_queryable *)q;
	it->matchers = matchers;
	return &it->base;
}

static struct memory_series *find(struct memory_queryable *mq, struct labels labels)
{
	size_t from = 0, to = mq->series.n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int c = labels_cmp(mq->series.v[mid]->labels, labels);
		if (c == 0)
			return mq->series.v[mid];
		if (c < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

static bool memory_read(struct queryable *q, const struct series *s,
			const struct select_hints *hints, struct arena *a, struct samples *out,
			struct err *err)
{
	struct memory_series *known = find((struct memory_queryable *)q, s->labels);
	const struct samples *from = &known->samples;
	(void)err;

	samples_reserve(a, out, from->n);
	if (from->hist && !out->hist)
		out->hist = ARENA_ARRAY(a, struct histogram *, out->cap);
	if (from->st_ms && !out->st_ms)
		out->st_ms = ARENA_ARRAY(a, int64_t, out->cap);
	for (size_t i = 0; i < from->n; i++) {
		if (from->t_ms[i] < hints->min_t_ms || from->t_ms[i] > hints->max_t_ms)
			continue;
		out->t_ms[out->n] = from->t_ms[i];
		out->v[out->n] = from->v[i];
		if (out->st_ms)
			out->st_ms[out->n] = from->st_ms ? from->st_ms[i] : 0;
		if (out->hist)
			out->hist[out->n] = from->hist ? from->hist[i] : NULL;
		out->n++;
	}
	return true;
}

static void queryable_stays(struct queryable *q)
{
	(void)q;
}

static const struct queryable_ops memory_ops = {memory_select, memory_read, queryable_stays};

struct memory_queryable *memory_queryable_new(void)
{
	struct memory_queryable *mq = NEW(struct memory_queryable);

	mq->base.ops = &memory_ops;
	mq->arena = arena_new(NULL);
	return mq;
}

void memory_queryable_free(struct memory_queryable *mq)
{
	if (!mq)
		return;
	arena_free(mq->arena);
	free(mq);
}

struct queryable *memory_queryable(struct memory_queryable *mq)
{
	return &mq->base;
}

static struct memory_series *create(struct memory_queryable *mq, struct labels labels)
{
	struct memory_series *s = ARENA_NEW(mq->arena, struct memory_series);
	size_t i = mq->series.n;

	s->labels = labels_copy(mq->arena, labels);
	ARENA_PUSH(mq->arena, &mq->series, s);
	for (; i > 0 && labels_cmp(mq->series.v[i - 1]->labels, labels) > 0; i--)
		mq->series.v[i] = mq->series.v[i - 1];
	mq->series.v[i] = s;
	return s;
}

static void put_histogram(struct memory_queryable *mq, struct samples *to,
			  const struct histogram *h)
{
	samples_need_histograms(mq->arena, to);
	to->hist[to->n] = histogram_copy(mq->arena, h);
}

bool memory_queryable_add(struct memory_queryable *mq, struct labels labels,
			  const struct samples *samples)
{
	struct memory_series *s = find(mq, labels);

	if (!s)
		s = create(mq, labels);
	struct samples *to = &s->samples;
	samples_reserve(mq->arena, to, to->n + samples->n);
	if (samples->st_ms && !to->st_ms)
		to->st_ms = ARENA_ARRAY(mq->arena, int64_t, to->cap);
	for (size_t i = 0; i < samples->n; i++) {
		if (to->n && to->t_ms[to->n - 1] >= samples->t_ms[i])
			return false;
		to->t_ms[to->n] = samples->t_ms[i];
		if (to->st_ms)
			to->st_ms[to->n] = samples->st_ms ? samples->st_ms[i] : 0;
		to->v[to->n] = samples->v[i];
		if (to->hist)
			to->hist[to->n] = NULL;
		if (samples->hist && samples->hist[i])
			put_histogram(mq, to, samples->hist[i]);
		to->n++;
	}
	return true;
}
