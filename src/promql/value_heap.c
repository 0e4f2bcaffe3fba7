#include "promql/value_heap.h"

#include <math.h>

/* Whether a is worse than b; NaN is worse than anything, NaN included. */
static bool is_worse(const struct heap_entry *a, const struct heap_entry *b, enum heap_order order)
{
	if (isnan(a->v))
		return true;
	return order == HEAP_LARGEST ? a->v < b->v : a->v > b->v;
}

static void swap(struct heap_entry *a, struct heap_entry *b)
{
	struct heap_entry e = *a;
	*a = *b;
	*b = e;
}

void value_heap_push(struct value_heap *h, enum heap_order order, struct arena *a,
		     struct heap_entry e)
{
	ARENA_PUSH(a, h, e);
	size_t i = h->n - 1;
	while (i > 0) {
		size_t parent = (i - 1) / 2;
		if (!is_worse(&h->v[i], &h->v[parent], order))
			break;
		swap(&h->v[i], &h->v[parent]);
		i = parent;
	}
}

static void sift_down(struct value_heap *h, enum heap_order order)
{
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= h->n)
			return;
		if (child + 1 < h->n && is_worse(&h->v[child + 1], &h->v[child], order))
			child++;
		if (!is_worse(&h->v[child], &h->v[i], order))
			return;
		swap(&h->v[i], &h->v[child]);
		i = child;
	}
}

bool value_heap_offer(struct value_heap *h, enum heap_order order, struct heap_entry e)
{
	double worst = h->v[0].v;
	bool is_better = order == HEAP_LARGEST ? worst < e.v : worst > e.v;

	if (!is_better && !(isnan(worst) && !isnan(e.v)))
		return false;
	h->v[0] = e;
	sift_down(h, order);
	return true;
}

static void insertion_sort(struct heap_entry *v, size_t n, enum heap_order order)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 && is_worse(&v[j - 1], &v[j], order); j--)
			swap(&v[j - 1], &v[j]);
}

static void merge_sort(struct heap_entry *v, size_t n, enum heap_order order,
		       struct heap_entry *scratch)
{
	if (n <= 12) {
		insertion_sort(v, n, order);
		return;
	}
	size_t half = n / 2, l = 0, r = half, out = 0;
	merge_sort(v, half, order, scratch);
	merge_sort(v + half, n - half, order, scratch);
	while (l < half || r < n) {
		bool right =
		    l == half || (r < n && is_worse(&v[l], &v[r], order) && !isnan(v[r].v));
		scratch[out++] = right ? v[r++] : v[l++];
	}
	memcpy(v, scratch, n * sizeof(*v));
}

void value_heap_sort(struct value_heap *h, enum heap_order order, struct arena *scratch)
{
	struct arena_mark mark = arena_mark(scratch);

	merge_sort(h->v, h->n, order, arena_alloc(scratch, h->n * sizeof(*h->v)));
	arena_rewind(scratch, mark);
}
