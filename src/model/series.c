#include "model/series.h"

#include "base/alloc.h"

#include <stdlib.h>

struct array_iter {
	struct series_iter base; /* first, so that the two pointers convert */
	const struct series *v;
	size_t n;
};

static enum iter_result array_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct array_iter *it = (struct array_iter *)base;
	(void)err;
	if (it->n == 0)
		return ITER_END;
	*out = *it->v++;
	it->n--;
	return ITER_VALUE;
}

static void array_close(struct series_iter *base)
{
	free(base);
}

static const struct series_iter_ops array_ops = {array_next, array_close};

struct series_iter *series_iter_of(const struct series *v, size_t n)
{
	struct array_iter *it = NEW(struct array_iter);
	*it = (struct array_iter){.base.ops = &array_ops, .v = v, .n = n};
	return &it->base;
}

struct series_iter *series_iter_empty(void)
{
	return series_iter_of(NULL, 0);
}

size_t series_chunk_bytes(const struct series *s)
{
	size_t bytes = 0;

	for (size_t i = 0; i < s->n_chunks; i++) {
		bytes += s->chunks[i].raw.size_bytes;
		for (size_t k = 0; s->chunks[i].aggrs && k < AGGR_N; k++)
			bytes += s->chunks[i].aggrs[k].size_bytes;
	}
	return bytes;
}

/* --- copies ----------------------------------------------------------------------------------- */

static struct chunk_data data_copy(struct arena *a, struct chunk_data from)
{
	if (from.data)
		from.data = (const uint8_t *)arena_str(a, str_from(from.data, from.size_bytes)).p;
	return from;
}

static struct chunk chunk_copy(struct arena *a, const struct chunk *c)
{
	struct chunk copy = *c;

	copy.raw = data_copy(a, c->raw);
	if (c->aggrs) {
		struct chunk_data *aggrs = ARENA_ARRAY(a, struct chunk_data, AGGR_N);
		for (size_t i = 0; i < AGGR_N; i++)
			aggrs[i] = data_copy(a, c->aggrs[i]);
		copy.aggrs = aggrs;
	}
	return copy;
}

struct series series_copy(struct arena *a, const struct series *s)
{
	struct chunk *chunks = ARENA_ARRAY(a, struct chunk, s->n_chunks);

	for (size_t i = 0; i < s->n_chunks; i++)
		chunks[i] = chunk_copy(a, &s->chunks[i]);
	return (struct series){labels_copy(a, s->labels), chunks, s->n_chunks};
}

size_t series_size_bytes(const struct series *s)
{
	size_t bytes = s->labels.n * sizeof(*s->labels.v) + s->n_chunks * sizeof(*s->chunks);

	for (size_t i = 0; i < s->labels.n; i++)
		bytes += s->labels.v[i].name.n + s->labels.v[i].value.n;
	return bytes + series_chunk_bytes(s);
}
