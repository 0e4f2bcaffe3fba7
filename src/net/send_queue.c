#include "net/send_queue.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "net/conn.h"
#include "net/grpc_framing.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
	PAGE_BYTES = 16 * 1024,
	OWN_PAGE_BYTES = 4 * 1024, /* messages from here on get a page of their own */
	COPY_BYTES = 512,          /* shorter pieces are cheaper to copy than to lend out */
};

/* The producer writes behind `end` of the tail page while the loop reads before it. */
struct send_page {
	atomic_uint refs; /* the queue, and each piece lent to a connection */
	struct send_page *next;
	struct tracker *tracker;
	size_t start, end, cap;
	char *bytes; /* owned */
};

static struct send_page *page_new(char *bytes, size_t cap, struct tracker *tracker)
{
	struct send_page *page = NEW(struct send_page);

	atomic_init(&page->refs, 1);
	page->bytes = bytes;
	page->cap = cap;
	page->tracker = tracker;
	tracker_charge(tracker, (int64_t)cap);
	return page;
}

static void page_unref(void *arg)
{
	struct send_page *page = arg;

	if (!page || atomic_fetch_sub(&page->refs, 1) != 1)
		return;
	tracker_release(page->tracker, (int64_t)page->cap);
	free(page->bytes);
	free(page);
}

void send_queue_init(struct send_queue *q, size_t max_bytes, struct tracker *tracker)
{
	*q = (struct send_queue){.max_bytes = max_bytes, .tracker = tracker, .loop_waits = true};
	pthread_mutex_init(&q->mu, NULL);
	ctx_cond_init(&q->drained);
}

static void drop_pages(struct send_queue *q)
{
	while (q->head) {
		struct send_page *page = q->head;
		q->head = page->next;
		page_unref(page);
	}
	q->tail = NULL;
	q->n_bytes = 0;
}

void send_queue_done(struct send_queue *q)
{
	drop_pages(q);
	pthread_cond_destroy(&q->drained);
	pthread_mutex_destroy(&q->mu);
}

/* --- the producer --- */

static void link_page(struct send_queue *q, struct send_page *page)
{
	if (q->tail)
		q->tail->next = page;
	else
		q->head = page;
	q->tail = page;
	q->n_bytes += page->end - page->start;
}

/* Copy into shared pages, q->mu held. */
static void append(struct send_queue *q, const void *p, size_t n)
{
	const char *from = p;

	while (n > 0) {
		if (!q->tail || q->tail->end == q->tail->cap)
			link_page(q, page_new(xmalloc(PAGE_BYTES), PAGE_BYTES, q->tracker));
		struct send_page *page = q->tail;
		size_t part = page->cap - page->end;
		if (part > n)
			part = n;
		memcpy(page->bytes + page->end, from, part);
		page->end += part;
		q->n_bytes += part;
		from += part;
		n -= part;
	}
}

static bool full(const struct send_queue *q)
{
	return q->n_bytes >= q->max_bytes && !q->closed;
}

/* Returns with q->mu held on success. */
static bool wait_for_room(struct send_queue *q, struct ctx *ctx, struct err *err)
{
	if (!ctx_check(ctx, err))
		return false;
	pthread_mutex_lock(&q->mu);
	if (full(q)) {
		struct ctx_waker waker;
		pthread_mutex_unlock(&q->mu);
		ctx_waker_start(&waker, ctx, &q->drained, &q->mu);
		pthread_mutex_lock(&q->mu);
		q->producer_waits = true;
		while (full(q) && ctx_wait(ctx, &q->drained, &q->mu))
			;
		q->producer_waits = false;
		pthread_mutex_unlock(&q->mu);
		ctx_waker_stop(&waker);
		if (!ctx_check(ctx, err))
			return false;
		pthread_mutex_lock(&q->mu);
	}
	if (!q->closed)
		return true;
	pthread_mutex_unlock(&q->mu);
	return err_set(err, ERR_CANCELED, "the peer ended the call");
}

static enum send_wake unlock_and_wake(struct send_queue *q)
{
	bool wake = q->loop_waits && !q->closed;

	q->loop_waits = false;
	pthread_mutex_unlock(&q->mu);
	return wake ? SEND_WAKE_LOOP : SEND_WAKE_NOT;
}

struct send_page *send_page_new(struct str message, bool compressed, struct tracker *tracker)
{
	size_t size = GRPC_PREFIX_BYTES + message.n;
	struct send_page *page = page_new(xmalloc(size), size, tracker);

	grpc_prefix_write((struct grpc_prefix){compressed, message.n}, (uint8_t *)page->bytes);
	if (message.n)
		memcpy(page->bytes + GRPC_PREFIX_BYTES, message.p, message.n);
	page->end = size;
	return page;
}

void send_page_unref(struct send_page *page)
{
	page_unref(page);
}

bool send_queue_push(struct send_queue *q, struct ctx *ctx, struct str message, bool compressed,
		     enum send_wake *wake, struct err *err)
{
	uint8_t prefix[GRPC_PREFIX_BYTES];
	struct send_page *page = NULL;

	/* A large message is copied before the lock is taken. */
	if (message.n >= OWN_PAGE_BYTES)
		page = send_page_new(message, compressed, q->tracker);
	else
		grpc_prefix_write((struct grpc_prefix){compressed, message.n}, prefix);
	if (!wait_for_room(q, ctx, err)) {
		if (page)
			page_unref(page);
		return false;
	}
	if (page) {
		link_page(q, page);
	} else {
		append(q, prefix, sizeof(prefix));
		append(q, message.p, message.n);
	}
	*wake = unlock_and_wake(q);
	return true;
}

bool send_queue_push_buf(struct send_queue *q, struct ctx *ctx, struct buf *message,
			 bool compressed, enum send_wake *wake, struct err *err)
{
	if (message->n < OWN_PAGE_BYTES) {
		if (!send_queue_push(q, ctx, buf_str(message), compressed, wake, err))
			return false;
		buf_clear(message);
		return true;
	}

	uint8_t prefix[GRPC_PREFIX_BYTES];
	grpc_prefix_write((struct grpc_prefix){compressed, message->n}, prefix);
	if (!wait_for_room(q, ctx, err))
		return false;
	append(q, prefix, sizeof(prefix));
	size_t size = message->n, cap = message->cap;
	struct send_page *page = page_new(buf_steal(message), cap, q->tracker);
	page->end = size;
	link_page(q, page);
	*wake = unlock_and_wake(q);
	return true;
}

enum send_wake send_queue_finish(struct send_queue *q)
{
	pthread_mutex_lock(&q->mu);
	q->finished = true;
	return unlock_and_wake(q);
}

void send_queue_set(struct send_queue *q, struct send_page *page)
{
	pthread_mutex_lock(&q->mu);
	assert(!q->head);
	atomic_fetch_add(&page->refs, 1);
	page->start = 0;
	page->next = NULL;
	link_page(q, page);
	q->finished = true;
	q->loop_waits = false;
	pthread_mutex_unlock(&q->mu);
}

void send_queue_reset(struct send_queue *q)
{
	pthread_mutex_lock(&q->mu);
	drop_pages(q);
	q->finished = q->closed = false;
	q->loop_waits = true;
	pthread_mutex_unlock(&q->mu);
}

/* --- the loop --- */

size_t send_queue_peek(struct send_queue *q, bool *finished)
{
	pthread_mutex_lock(&q->mu);
	size_t n = q->n_bytes;
	*finished = q->finished;
	q->loop_waits = n == 0 && !q->finished;
	pthread_mutex_unlock(&q->mu);
	return n;
}

static void lend(struct send_page *page, size_t n, struct conn *c)
{
	if (n < COPY_BYTES) {
		conn_write(c, page->bytes + page->start, n);
		return;
	}
	atomic_fetch_add(&page->refs, 1);
	conn_write_borrowed(c, page->bytes + page->start, n, page_unref, page);
}

/* The page is used up, and nothing will be appended to it. */
static bool page_spent(const struct send_page *page)
{
	return page->start == page->end && (page->next || page->end == page->cap);
}

void send_queue_take(struct send_queue *q, size_t n, struct conn *c)
{
	pthread_mutex_lock(&q->mu);
	assert(n <= q->n_bytes);
	q->n_bytes -= n;
	while (n > 0) {
		struct send_page *page = q->head;
		size_t part = page->end - page->start;
		if (part > n)
			part = n;
		lend(page, part, c);
		page->start += part;
		n -= part;
		if (page_spent(page)) {
			q->head = page->next;
			if (!q->head)
				q->tail = NULL;
			page_unref(page);
		}
	}
	/* Half empty: the producer then works for a while instead of for one message. */
	if (q->producer_waits && q->n_bytes <= q->max_bytes / 2)
		pthread_cond_signal(&q->drained);
	pthread_mutex_unlock(&q->mu);
}

void send_queue_close(struct send_queue *q)
{
	pthread_mutex_lock(&q->mu);
	q->closed = true;
	drop_pages(q);
	pthread_cond_broadcast(&q->drained);
	pthread_mutex_unlock(&q->mu);
}
