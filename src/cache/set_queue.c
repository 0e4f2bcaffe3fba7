#include "cache/set_queue.h"

#include "base/alloc.h"
#include "base/pool.h"
#include "base/queue.h"

#include <stdatomic.h>
#include <stdlib.h>

struct set_queue {
	struct set_queue_options options;
	struct queue *items;
	struct pool *workers;
	struct ctx *ctx; /* done when closing takes too long */
	_Atomic size_t n_bytes;
};

struct set_item *set_item_new(size_t n)
{
	struct set_item *item = xmalloc(sizeof(*item) + n);

	*item = (struct set_item){.n = n};
	return item;
}

struct set_queue *set_queue_new(const struct set_queue_options *options)
{
	struct set_queue *q = NEW(struct set_queue);

	q->options = *options;
	q->items = queue_new(options->max_items ? options->max_items : 1);
	/* A worker goes on until nothing is left: a backlog of one finds what is put while the last
	 * one is about to end. */
	q->workers = pool_new(&(const struct pool_options){
	    .name = options->name,
	    .max_threads = options->max_workers,
	    .max_backlog = 1,
	});
	q->ctx = ctx_new(NULL, CTX_NO_DEADLINE);
	return q;
}

static size_t take_batch(struct set_queue *q, struct set_item **batch)
{
	size_t n = 0;
	void *item;

	while (n < q->options.max_batch && queue_try_take(q->items, &item)) {
		batch[n++] = item;
		atomic_fetch_sub(&q->n_bytes, ((struct set_item *)item)->n);
	}
	return n;
}

static void work(void *arg)
{
	struct set_queue *q = arg;
	struct set_item **batch auto_free(mem_free) = xcalloc(q->options.max_batch, sizeof(*batch));

	for (size_t n; (n = take_batch(q, batch));) {
		q->options.send(q->options.arg, q->ctx, batch, n);
		for (size_t i = 0; i < n; i++)
			free(batch[i]);
	}
}

bool set_queue_put(struct set_queue *q, struct set_item *item)
{
	struct err ignored;
	size_t n = item->n;

	if (atomic_fetch_add(&q->n_bytes, n) + n > SET_QUEUE_MAX_BYTES ||
	    !queue_try_put(q->items, item)) {
		atomic_fetch_sub(&q->n_bytes, n);
		free(item);
		return false;
	}
	/* Refused when all are busy: they will come to it. */
	pool_submit(q->workers, work, q, &ignored);
	return true;
}

void set_queue_close(struct set_queue *q, int64_t patience_ms)
{
	struct err ignored;

	if (!q)
		return;
	struct ctx *patience auto_free(ctx_free) = ctx_new_timeout_ms(NULL, patience_ms);
	if (!pool_drain(q->workers, patience, &ignored))
		ctx_cancel(q->ctx, ERR_CANCELED, "the cache is being closed");
	pool_free(q->workers);
	/* Only where there was no thread to be had. */
	for (void *item; queue_try_take(q->items, &item);)
		free(item);
	queue_free(q->items);
	ctx_free(q->ctx);
	free(q);
}
