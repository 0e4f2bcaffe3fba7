/* chain.c - one replica is read until another one has an older sample; the others wait in a heap.
 *
 * The heap moves its elements exactly as Go's container/heap, because that decides which replica is
 * next among equal timestamps.
 */
#include "dedup/chain.h"

#include "base/assert.h"

struct reader {
	const struct samples *samples;
	size_t i;
};

struct heap {
	struct reader **v;
	size_t n;
};

static int64_t reader_t(const struct reader *r)
{
	return r->samples->t_ms[r->i];
}

static bool is_before(const struct heap *h, size_t i, size_t k)
{
	return reader_t(h->v[i]) < reader_t(h->v[k]);
}

static void swap(struct heap *h, size_t i, size_t k)
{
	struct reader *r = h->v[i];
	h->v[i] = h->v[k];
	h->v[k] = r;
}

static void heap_push(struct heap *h, struct reader *r)
{
	size_t i = h->n++;

	h->v[i] = r;
	while (i > 0 && is_before(h, i, (i - 1) / 2)) {
		swap(h, i, (i - 1) / 2);
		i = (i - 1) / 2;
	}
}

static struct reader *heap_pop(struct heap *h)
{
	size_t n = h->n - 1, i = 0;

	swap(h, 0, n);
	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= n)
			break;
		if (child + 1 < n && is_before(h, child + 1, child))
			child++;
		if (!is_before(h, child, i))
			break;
		swap(h, i, child);
		i = child;
	}
	h->n = n;
	return h->v[n];
}

struct merge {
	struct heap heap;
	struct reader *current;
	bool is_started; /* current stands on a sample that was given */
	int64_t last_t_ms;
};

/* False when the current replica is at its end. */
static bool current_next(struct merge *m)
{
	if (m->is_started)
		m->current->i++;
	m->is_started = true;
	return m->current->i < m->current->samples->n;
}

static bool merge_next(struct merge *m)
{
	for (;;) {
		if (!current_next(m)) {
			if (m->heap.n == 0)
				return false;
		} else {
			int64_t t_ms = reader_t(m->current);
			if (t_ms == m->last_t_ms)
				continue;
			if (m->heap.n == 0 || t_ms < reader_t(m->heap.v[0]))
				break;
			heap_push(&m->heap, m->current);
		}
		m->current = heap_pop(&m->heap);
		if (reader_t(m->current) != m->last_t_ms)
			break;
	}
	m->last_t_ms = reader_t(m->current);
	return true;
}

static void append(struct samples *out, const struct reader *r)
{
	out->t_ms[out->n] = r->samples->t_ms[r->i];
	out->v[out->n] = r->samples->v[r->i];
	if (out->hist)
		out->hist[out->n] = r->samples->hist ? r->samples->hist[r->i] : NULL;
	if (out->st_ms)
		out->st_ms[out->n] = r->samples->st_ms ? r->samples->st_ms[r->i] : 0;
	out->n++;
}

void chain_merge(const struct samples *replicas, size_t n, struct arena *a, struct samples *out)
{
	assert(n > 0);
	struct reader *readers = ARENA_ARRAY(a, struct reader, n);
	struct merge m = {.current = &readers[0], .last_t_ms = INT64_MIN};
	size_t n_samples = out->n;
	bool has_histograms = false, has_start_times = false;

	m.heap.v = ARENA_ARRAY(a, struct reader *, n + 1);
	for (size_t i = 0; i < n; i++) {
		readers[i].samples = &replicas[i];
		n_samples += replicas[i].n;
		has_histograms |= replicas[i].hist != NULL;
		has_start_times |= replicas[i].st_ms != NULL;
		if (i > 0 && replicas[i].n > 0)
			heap_push(&m.heap, &readers[i]);
	}
	samples_reserve(a, out, n_samples);
	if (has_histograms)
		samples_need_histograms(a, out);
	if (has_start_times)
		samples_need_start_times(a, out);
	while (merge_next(&m))
		append(out, m.current);
}
