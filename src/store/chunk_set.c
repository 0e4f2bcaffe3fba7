#include "store/chunk_set.h"

#include "base/hash.h"

#include <stdlib.h>

/* Thanos' order of two fields: one that is there first, then by encoding, then the *larger* bytes
 * first. */
static int field_cmp(const struct chunk_data *a, const struct chunk_data *b)
{
	if (!a->data || !b->data)
		return (a->data == NULL) - (b->data == NULL);
	if (a->encoding != b->encoding)
		return a->encoding < b->encoding ? -1 : 1;
	return str_cmp(str_from(b->data, b->size_bytes), str_from(a->data, a->size_bytes));
}

static const struct chunk_data absent;

static const struct chunk_data *aggr_of(const struct chunk *c, enum aggr aggr)
{
	return c->aggrs ? &c->aggrs[aggr] : &absent;
}

static int times_cmp(const struct chunk *a, const struct chunk *b)
{
	if (a->min_t_ms != b->min_t_ms)
		return a->min_t_ms < b->min_t_ms ? -1 : 1;
	return (a->max_t_ms > b->max_t_ms) - (a->max_t_ms < b->max_t_ms);
}

int chunk_cmp(const struct chunk *a, const struct chunk *b)
{
	static const enum aggr order[] = {AGGR_COUNT, AGGR_SUM, AGGR_MIN, AGGR_MAX, AGGR_COUNTER};
	int c = times_cmp(a, b);

	if (c == 0)
		c = field_cmp(&a->raw, &b->raw);
	for (size_t i = 0; c == 0 && i < AGGR_N; i++)
		c = field_cmp(aggr_of(a, order[i]), aggr_of(b, order[i]));
	return c;
}

static int chunk_order(const void *a, const void *b)
{
	return chunk_cmp(a, b);
}

static bool ascends(const struct chunk *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (times_cmp(&v[i - 1], &v[i]) >= 0)
			return false;
	return true;
}

/* Merge the sorted halves [0, half) and [half, n), the first half first among equals. */
static void merge_halves(struct chunk *v, size_t half, size_t n, struct chunk *scratch)
{
	size_t i = 0, k = half, to = 0;

	memcpy(scratch, v, half * sizeof(*v));
	while (i < half)
		if (k < n && times_cmp(&v[k], &scratch[i]) < 0)
			v[to++] = v[k++];
		else
			v[to++] = scratch[i++];
}

/* Stable, so that what counts as earlier is what was given earlier. */
static void sort_by_times(struct chunk *v, size_t n, struct chunk *scratch)
{
	if (n < 2)
		return;
	size_t half = n / 2;
	sort_by_times(v, half, scratch);
	sort_by_times(v + half, n - half, scratch);
	if (times_cmp(&v[half - 1], &v[half]) > 0)
		merge_halves(v, half, n, scratch);
}

/* The hashes under which chunks were kept. */
struct seen {
	uint64_t *v;
	size_t n;
};

static bool seen_before(const struct seen *seen, uint64_t hash)
{
	for (size_t i = 0; i < seen->n; i++)
		if (seen->v[i] == hash)
			return true;
	return false;
}

/* Keep a chunk under the first of its fields that is new; Thanos walks them in this order, and so
 * keeps a second copy of a chunk of several aggregates. */
static bool keep(struct seen *seen, const struct chunk *c)
{
	const struct chunk_data *const fields[] = {
	    &c->raw,
	    aggr_of(c, AGGR_COUNT),
	    aggr_of(c, AGGR_MAX),
	    aggr_of(c, AGGR_MIN),
	    aggr_of(c, AGGR_SUM),
	    aggr_of(c, AGGR_COUNTER),
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct chunk_data *f = fields[i];
		if (!f->data)
			continue;
		uint64_t hash = f->hash ? f->hash : hash_xx64(str_from(f->data, f->size_bytes));
		if (seen_before(seen, hash))
			continue;
		seen->v[seen->n++] = hash;
		return true;
	}
	return false;
}

size_t chunks_unite(struct arena *a, struct chunk *v, size_t n)
{
	if (ascends(v, n))
		return n;

	struct arena_mark mark = arena_mark(a);
	struct chunk *scratch = arena_alloc(a, n * sizeof(*scratch));
	struct seen seen = {.v = arena_alloc(a, n * sizeof(*seen.v))};
	size_t n_kept = 0;

	sort_by_times(v, n, scratch);
	/* Chunks with the same bytes have the same times, so that only those are compared. */
	for (size_t i = 0, end; i < n; i = end) {
		size_t first = n_kept;
		for (end = i + 1; end < n && times_cmp(&v[i], &v[end]) == 0; end++)
			;
		seen.n = 0;
		for (size_t k = i; k < end; k++)
			if (end == i + 1 || keep(&seen, &v[k]))
				v[n_kept++] = v[k];
		if (n_kept - first > 1)
			qsort(v + first, n_kept - first, sizeof(*v), chunk_order);
	}
	arena_rewind(a, mark);
	return n_kept;
}
