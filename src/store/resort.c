#include "store/resort.h"

#include "base/alloc.h"
#include "store/chunk_set.h"

#include <stdlib.h>

struct kept {
	struct str key;
	struct series series;
};

struct resort {
	struct series_iter base; /* first, so that the two pointers convert */
	struct series_iter *src; /* owned; NULL once it was read */
	const struct str *drop;
	size_t n_drop;
	struct arena *arena;
	struct {
		struct kept *v;
		size_t n, cap;
	} all;
	size_t at;
	struct err failure;   /* of src; told behind what came before it */
	struct arena *united; /* chunks of the last answer, where several series became one */
};

static void keep(struct resort *it, const struct series *s)
{
	struct arena *a = it->arena;
	struct series without = *s;

	without.labels = labels_without(a, s->labels, it->drop, it->n_drop);
	struct kept kept = {labels_key(a, without.labels), series_copy(a, &without)};
	ARENA_PUSH(a, &it->all, kept);
}

static int by_key(const void *a, const void *b)
{
	return str_cmp(((const struct kept *)a)->key, ((const struct kept *)b)->key);
}

static bool read_all(struct resort *it, struct err *err)
{
	struct series s;

	while (series_iter_next(it->src, &s, &it->failure) == ITER_VALUE) {
		keep(it, &s);
		if (!tracker_check(arena_tracker(it->arena), err))
			return err_wrap(err, "sort series without replica labels");
	}
	series_iter_close(it->src);
	it->src = NULL;
	if (it->all.n)
		qsort(it->all.v, it->all.n, sizeof(*it->all.v), by_key);
	return true;
}

/* The chunks of series [from, to), which have equal labels. */
static void unite(struct resort *it, size_t from, size_t to, struct series *out)
{
	size_t n = 0;
	for (size_t i = from; i < to; i++)
		n += it->all.v[i].series.n_chunks;

	arena_clear(it->united);
	struct chunk *chunks = arena_alloc(it->united, n * sizeof(*chunks));
	n = 0;
	for (size_t i = from; i < to; i++) {
		const struct series *s = &it->all.v[i].series;
		if (s->n_chunks)
			memcpy(chunks + n, s->chunks, s->n_chunks * sizeof(*chunks));
		n += s->n_chunks;
	}
	out->chunks = chunks;
	out->n_chunks = chunks_unite(it->united, chunks, n);
}

static enum iter_result end(const struct resort *it, struct err *err)
{
	if (it->failure.code == ERR_OK)
		return ITER_END;
	*err = it->failure;
	return ITER_ERROR;
}

static enum iter_result resort_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct resort *it = (struct resort *)base;

	if (it->src && !read_all(it, err))
		return ITER_ERROR;
	if (it->at == it->all.n)
		return end(it, err);

	size_t to = it->at + 1;
	while (to < it->all.n && str_eq(it->all.v[it->at].key, it->all.v[to].key))
		to++;
	*out = it->all.v[it->at].series;
	if (to - it->at > 1)
		unite(it, it->at, to, out);
	it->at = to;
	return ITER_VALUE;
}

static void resort_close(struct series_iter *base)
{
	struct resort *it = (struct resort *)base;

	series_iter_close(it->src);
	arena_free(it->arena);
	arena_free(it->united);
	free(it);
}

static const struct series_iter_ops resort_ops = {resort_next, resort_close};

struct series_iter *series_resort(struct series_iter *src, const struct str *drop, size_t n_drop,
				  struct tracker *tracker)
{
	struct resort *it = NEW(struct resort);
	*it = (struct resort){
	    .base.ops = &resort_ops,
	    .src = src,
	    .drop = drop,
	    .n_drop = n_drop,
	    .arena = arena_new(tracker),
	    .united = arena_new(tracker),
	};
	return &it->base;
}
