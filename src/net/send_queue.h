/* send_queue.h - gRPC messages on their way from a producer's thread to the loop that sends them.
 *
 * Bounded: a producer waits while more than the maximum is queued, so one message may go over it.
 * The loop pulls as flow control admits (a peek, then a take of at most as much), and is woken only
 * when it had found the queue empty. Bytes lie in counted pages and leave without being copied.
 *
 * Threads: one producer and one loop; send_queue_close() from the loop.
 */
#ifndef NET_SEND_QUEUE_H
#define NET_SEND_QUEUE_H

#include "base/buf.h"
#include "base/ctx.h"

#include <pthread.h>

struct conn;
struct send_page;

struct send_queue {
	pthread_mutex_t mu;
	pthread_cond_t drained;
	size_t max_bytes;
	struct tracker *tracker; /* charged for pages; may be NULL */

	/* guarded by mu */
	struct send_page *head, *tail;
	size_t n_bytes;
	bool producer_waits;
	bool loop_waits; /* the next push or finish asks to wake the loop */
	bool finished;   /* the producer pushes no more */
	bool closed;     /* nobody sends any more: what is queued is gone */
};

/* Starts with the loop waiting. `tracker` outlives the pages, which may outlive the queue. */
void send_queue_init(struct send_queue *q, size_t max_bytes, struct tracker *tracker);
void send_queue_done(struct send_queue *q);

/* --- the producer --- */

enum send_wake {
	SEND_WAKE_NOT,
	SEND_WAKE_LOOP, /* the loop waits: the caller tells it that there is something */
};

/* Queue one message with its prefix. Waits while the queue is full; fails when the ctx is done,
 * and with ERR_CANCELED when the queue is closed. The bytes are copied. */
bool send_queue_push(struct send_queue *q, struct ctx *ctx, struct str message, bool compressed,
		     enum send_wake *wake, struct err *err);
/* The same; takes the memory of a large message. On success `message` is empty. */
bool send_queue_push_buf(struct send_queue *q, struct ctx *ctx, struct buf *message,
			 bool compressed, enum send_wake *wake, struct err *err);
enum send_wake send_queue_finish(struct send_queue *q);

/* A message that may have to be sent again, on another queue, once the first one is closed. */
struct send_page *send_page_new(struct str message, bool compressed, struct tracker *tracker);
void send_page_unref(struct send_page *page); /* NULL is fine */
/* Queue it as all there is; takes a reference of its own. */
void send_queue_set(struct send_queue *q, struct send_page *page);
/* Back to how it began. */
void send_queue_reset(struct send_queue *q);

/* --- the loop --- */

/* How many bytes may be taken. *finished: and those are the last. With 0 bytes, not finished, the
 * loop is noted as waiting. */
size_t send_queue_peek(struct send_queue *q, bool *finished);
/* Hand the first n bytes, n <= those peeked, to the connection. */
void send_queue_take(struct send_queue *q, size_t n, struct conn *c);
void send_queue_close(struct send_queue *q);

#endif
