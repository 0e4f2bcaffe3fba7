#include "compaction/order_heap.h"

#include "base/assert.h"
#include "base/vec.h"

void order_heap_init(struct order_heap *h, order_heap_less_fn *less)
{
	*h = (struct order_heap){.less = less};
}

void order_heap_done(struct order_heap *h)
{
	vec_done(h);
}

static void swap(struct order_heap *h, size_t i, size_t k)
{
	void *item = h->v[i];

	h->v[i] = h->v[k];
	h->v[k] = item;
}

void order_heap_push(struct order_heap *h, void *item)
{
	vec_push(h, item);
	for (size_t i = h->n - 1; i > 0;) {
		size_t parent = (i - 1) / 2;
		if (!h->less(h->v[i], h->v[parent]))
			return;
		swap(h, i, parent);
		i = parent;
	}
}

/* The last item goes to the top and sinks; of two equal children the left one rises. */
void *order_heap_pop(struct order_heap *h)
{
	assert(h->n > 0);
	size_t n = h->n - 1;

	swap(h, 0, n);
	for (size_t i = 0, child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && h->less(h->v[child + 1], h->v[child]))
			child++;
		if (!h->less(h->v[child], h->v[i]))
			break;
		swap(h, i, child);
	}
	return h->v[--h->n];
}
