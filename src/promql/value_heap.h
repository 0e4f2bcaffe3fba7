/* value_heap.h - the k best values at one step: what topk() and its like keep.
 *
 * Among equal values which one stays depends on how the heap is built; this one is built as Go's
 * container/heap builds it, so that the answers are those of Prometheus.
 */
#ifndef PROMQL_VALUE_HEAP_H
#define PROMQL_VALUE_HEAP_H

#include "base/arena.h"

struct histogram;

struct heap_entry {
	double v;
	uint32_t series;
	struct histogram *histogram; /* instead of v, where order does not matter */
};

struct value_heap {
	struct heap_entry *v; /* the worst first */
	size_t n, cap;
};

enum heap_order {
	HEAP_LARGEST, /* keeps the largest, NaN last */
	HEAP_SMALLEST,
};

void value_heap_push(struct value_heap *h, enum heap_order order, struct arena *a,
		     struct heap_entry e);
/* Keep `e` in a full heap if it is better than the worst one. Whether it did. */
bool value_heap_offer(struct value_heap *h, enum heap_order order, struct heap_entry e);
/* The best first. It is no heap afterwards. */
void value_heap_sort(struct value_heap *h, enum heap_order order, struct arena *scratch);

#endif
