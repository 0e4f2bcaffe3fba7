#include "net/output_queue.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <sys/uio.h>

enum { BLOCK_BYTES = 16 * 1024 - 64 }; /* small writes share such a block */

struct output {
	struct output *next;
	const char *p;
	size_t n;
	size_t room; /* behind p + n, in our own blocks */
	void (*release)(void *arg);
	void *release_arg;
	char bytes[];
};

static struct output *output_new(size_t room)
{
	struct output *o = xmalloc(sizeof(*o) + room);
	*o = (struct output){.p = o->bytes, .room = room};
	return o;
}

static void output_free(struct output *o)
{
	if (o->release)
		o->release(o->release_arg);
	free(o);
}

void output_queue_init(struct output_queue *q)
{
	*q = (struct output_queue){.last = &q->first};
}

/* The queue is empty before the first release, which may look at it. */
void output_queue_clear(struct output_queue *q)
{
	struct output *o = q->first;

	output_queue_init(q);
	while (o) {
		struct output *next = o->next;
		output_free(o);
		o = next;
	}
}

static void put(struct output_queue *q, struct output *o)
{
	*q->last = o;
	q->last = &o->next;
	q->n_bytes += o->n;
}

static struct output *tail_of(const struct output_queue *q)
{
	return q->first ? (struct output *)((char *)q->last - offsetof(struct output, next)) : NULL;
}

void output_queue_copy(struct output_queue *q, const void *p, size_t n)
{
	struct output *tail = tail_of(q);

	if (!tail || tail->room < n) {
		tail = output_new(n > BLOCK_BYTES ? n : BLOCK_BYTES);
		put(q, tail);
	}
	memcpy((char *)tail->p + tail->n, p, n);
	tail->n += n;
	tail->room -= n;
	q->n_bytes += n;
}

void output_queue_borrow(struct output_queue *q, const void *p, size_t n,
			 void (*release)(void *arg), void *arg)
{
	struct output *o = output_new(0);

	o->p = p;
	o->n = n;
	o->release = release;
	o->release_arg = arg;
	put(q, o);
}

void output_queue_take(struct output_queue *q, size_t n)
{
	q->n_bytes -= n;
	while (n > 0) {
		struct output *o = q->first;
		if (n < o->n) {
			o->p += n;
			o->n -= n;
			return;
		}
		n -= o->n;
		q->first = o->next;
		if (!q->first)
			q->last = &q->first;
		output_free(o);
	}
}

size_t output_queue_runs(const struct output_queue *q, struct iovec *out, size_t max)
{
	size_t n = 0;

	for (const struct output *o = q->first; o && n < max; o = o->next)
		out[n++] = (struct iovec){.iov_base = (void *)o->p, .iov_len = o->n};
	return n;
}

struct str output_queue_front(const struct output_queue *q, char *into, size_t room)
{
	const struct output *o = q->first;
	size_t n = 0;

	if (!o)
		return (struct str){0};
	if (o->n >= room || !o->next)
		return str_from(o->p, o->n);
	for (; o && n < room; o = o->next) {
		size_t part = o->n < room - n ? o->n : room - n;
		memcpy(into + n, o->p, part);
		n += part;
	}
	return str_from(into, n);
}
