/* order_heap.h - a binary heap of pointers, the smallest first.
 *
 * Which of two equal items comes first decides which sample of two is kept, and so the bytes of a
 * block. Sifting is done as in Go's container/heap, so that the choice is the one that Prometheus
 * makes.
 */
#ifndef COMPACTION_ORDER_HEAP_H
#define COMPACTION_ORDER_HEAP_H

#include <stdbool.h>
#include <stddef.h>

typedef bool order_heap_less_fn(const void *a, const void *b);

struct order_heap {
	order_heap_less_fn *less;
	void **v; /* v[0] is the smallest */
	size_t n, cap;
};

void order_heap_init(struct order_heap *h, order_heap_less_fn *less);
void order_heap_done(struct order_heap *h);
void order_heap_push(struct order_heap *h, void *item);
/* Not of an empty heap. */
void *order_heap_pop(struct order_heap *h);

#endif
