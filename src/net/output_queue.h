/* output_queue.h - bytes on their way out: copies in shared blocks, and borrowed runs. */
#ifndef NET_OUTPUT_QUEUE_H
#define NET_OUTPUT_QUEUE_H

#include "base/str.h"

struct iovec;
struct output;

struct output_queue {
	struct output *first, **last;
	size_t n_bytes;
};

void output_queue_init(struct output_queue *q);
/* Drops what is left. */
void output_queue_clear(struct output_queue *q);

void output_queue_copy(struct output_queue *q, const void *p, size_t n);
/* `release` may be NULL; it is called once the bytes are taken or dropped. */
void output_queue_borrow(struct output_queue *q, const void *p, size_t n,
			 void (*release)(void *arg), void *arg);

/* The first n bytes have left. */
void output_queue_take(struct output_queue *q, size_t n);

/* The front as at most `max` runs; how many. */
size_t output_queue_runs(const struct output_queue *q, struct iovec *out, size_t max);
/* The front as one run: where it lies, if the first run is `room` bytes or all there is, else
 * gathered in `into`. */
struct str output_queue_front(const struct output_queue *q, char *into, size_t room);

#endif
