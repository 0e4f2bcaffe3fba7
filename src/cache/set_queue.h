/* set_queue.h - values on their way to a remote cache: who sets waits for nobody, workers send.
 * What finds the queue full is dropped.
 *
 * Threads: set_queue_put() may be called from any thread.
 */
#ifndef CACHE_SET_QUEUE_H
#define CACHE_SET_QUEUE_H

#include "base/cleanup.h"
#include "base/ctx.h"
#include "base/str.h"

struct set_queue;

/* One command, ready to be sent. */
struct set_item {
	struct str key;     /* inside `command` */
	size_t value_bytes; /* of it */
	size_t n;
	char command[];
};

/* Room for a command of `n` bytes, to be filled in; freed by free() unless a queue took it. */
struct set_item *set_item_new(size_t n);

/* On a worker, which may wait: some items, in their order. They are freed afterwards. */
typedef void set_send_fn(void *arg, struct ctx *ctx, struct set_item *const *items, size_t n);

struct set_queue_options {
	const char *name; /* of the threads; borrowed for the call */
	unsigned max_workers;
	size_t max_items; /* waiting */
	size_t max_batch; /* items for one call of `send`; at least 1 */
	set_send_fn *send;
	void *arg;
};

/* Whatever the number of items: no more bytes of them wait. */
enum { SET_QUEUE_MAX_BYTES = 256 << 20 };

struct set_queue *set_queue_new(const struct set_queue_options *options);
/* Sends what waits, for at most `patience_ms`; after that, workers are called with a context that
 * is done. NULL is fine. */
void set_queue_close(struct set_queue *q, int64_t patience_ms);

/* Takes `item`, also when it is dropped: false. */
bool set_queue_put(struct set_queue *q, struct set_item *item);

#endif
