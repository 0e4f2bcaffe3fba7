/* queue.h - a bounded queue of pointers between threads: putting waits while it is full, taking
 * waits while it is empty.
 *
 * Threads: all functions but queue_free() may be called from any thread.
 */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include "base/cleanup.h"
#include "base/ctx.h"
#include "base/iter.h"

struct queue;

struct queue *queue_new(size_t max_items);
/* Nobody waits on it any more. What is still inside is the caller's to take out before. */
void queue_free(struct queue *q); /* NULL is fine */
CLEANUP_DEFINE(struct queue, queue_free)

/* Takes `item` on success only. Fails when `ctx` is done, and with ERR_CANCELED when the queue is
 * closed. */
bool queue_put(struct queue *q, struct ctx *ctx, void *item, struct err *err);
/* ITER_END: closed, and everything has been taken. ITER_ERROR: `ctx` is done. */
enum iter_result queue_take(struct queue *q, struct ctx *ctx, void **item, struct err *err);

/* Without waiting: false when full or closed, or empty. */
bool queue_try_put(struct queue *q, void *item);
bool queue_try_take(struct queue *q, void **item);

/* No more items come; those inside can still be taken. May be called twice. */
void queue_close(struct queue *q);
size_t queue_length(struct queue *q);

#endif
