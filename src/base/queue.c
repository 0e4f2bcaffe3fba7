#include "base/queue.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/lock.h"

#include <stdlib.h>

struct queue {
	struct mutex mu;
	pthread_cond_t not_empty;
	pthread_cond_t not_full;
	bool closed; /* guarded by mu, as all below */
	size_t first;
	size_t n;
	size_t max;
	void *items[];
};

struct queue *queue_new(size_t max_items)
{
	assert(max_items > 0);
	struct queue *q = xcalloc(1, sizeof(*q) + max_items * sizeof(q->items[0]));
	q->max = max_items;
	mutex_init(&q->mu, RANK_QUEUE);
	ctx_cond_init(&q->not_empty);
	ctx_cond_init(&q->not_full);
	return q;
}

void queue_free(struct queue *q)
{
	if (!q)
		return;
	pthread_cond_destroy(&q->not_empty);
	pthread_cond_destroy(&q->not_full);
	mutex_done(&q->mu);
	free(q);
}

static bool put(struct queue *q, void *item)
{
	if (q->closed || q->n == q->max)
		return false;
	q->items[(q->first + q->n) % q->max] = item;
	q->n++;
	pthread_cond_signal(&q->not_empty);
	return true;
}

static bool take_first(struct queue *q, void **item)
{
	if (q->n == 0)
		return false;
	*item = q->items[q->first];
	q->first = (q->first + 1) % q->max;
	q->n--;
	pthread_cond_signal(&q->not_full);
	return true;
}

bool queue_try_put(struct queue *q, void *item)
{
	MUTEX_HOLD(&q->mu);
	return put(q, item);
}

bool queue_try_take(struct queue *q, void **item)
{
	MUTEX_HOLD(&q->mu);
	return take_first(q, item);
}

bool queue_put(struct queue *q, struct ctx *ctx, void *item, struct err *err)
{
	struct ctx_waker waker;

	if (!ctx_check(ctx, err))
		return false;
	if (queue_try_put(q, item))
		return true;

	ctx_waker_start(&waker, ctx, &q->not_full, &q->mu.os);
	mutex_lock(&q->mu);
	while (q->n == q->max && !q->closed && ctx_wait(ctx, &q->not_full, &q->mu.os))
		;
	bool done = put(q, item);
	bool closed = q->closed;
	if (!done && q->n < q->max) /* woken for room that this thread no longer wants */
		pthread_cond_signal(&q->not_full);
	mutex_unlock(&q->mu);
	ctx_waker_stop(&waker);

	if (done)
		return true;
	if (closed)
		return err_set(err, ERR_CANCELED, "the queue is closed");
	return ctx_check(ctx, err);
}

enum iter_result queue_take(struct queue *q, struct ctx *ctx, void **item, struct err *err)
{
	struct ctx_waker waker;

	if (!ctx_check(ctx, err))
		return ITER_ERROR;
	if (queue_try_take(q, item))
		return ITER_VALUE;

	ctx_waker_start(&waker, ctx, &q->not_empty, &q->mu.os);
	mutex_lock(&q->mu);
	while (q->n == 0 && !q->closed && ctx_wait(ctx, &q->not_empty, &q->mu.os))
		;
	bool done = take_first(q, item);
	bool closed = q->closed;
	mutex_unlock(&q->mu);
	ctx_waker_stop(&waker);

	if (done)
		return ITER_VALUE;
	if (closed)
		return ITER_END;
	ctx_check(ctx, err);
	return ITER_ERROR;
}

void queue_close(struct queue *q)
{
	MUTEX_HOLD(&q->mu);
	q->closed = true;
	pthread_cond_broadcast(&q->not_empty);
	pthread_cond_broadcast(&q->not_full);
}

size_t queue_length(struct queue *q)
{
	MUTEX_HOLD(&q->mu);
	return q->n;
}
