#include "store/shard.h"

#include "base/alloc.h"

#include <stdlib.h>

bool shard_has(const struct shard_info *shard, struct labels labels, struct arena *scratch)
{
	if (shard->total < 1)
		return true;
	if (shard->by)
		return labels_hash_for(labels, shard->labels, shard->n_labels) %
			   (uint64_t)shard->total ==
		       (uint64_t)shard->index;

	struct arena_mark mark = arena_mark(scratch);
	struct labels hashed = labels_without(scratch, labels, shard->labels, shard->n_labels);
	uint64_t hash = labels_hash(hashed);
	arena_rewind(scratch, mark);
	return hash % (uint64_t)shard->total == (uint64_t)shard->index;
}

struct shard_iter {
	struct series_iter base; /* first, so that the two pointers convert */
	struct series_iter *src; /* owned */
	const struct shard_info *shard;
	struct arena *scratch;
};

static enum iter_result shard_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct shard_iter *it = (struct shard_iter *)base;
	enum iter_result r;

	do
		r = series_iter_next(it->src, out, err);
	while (r == ITER_VALUE && !shard_has(it->shard, out->labels, it->scratch));
	return r;
}

static void shard_close(struct series_iter *base)
{
	struct shard_iter *it = (struct shard_iter *)base;

	series_iter_close(it->src);
	arena_free(it->scratch);
	free(it);
}

static const struct series_iter_ops shard_ops = {shard_next, shard_close};

struct series_iter *series_shard(struct series_iter *src, const struct shard_info *shard)
{
	if (shard->total < 1)
		return src;

	struct shard_iter *it = NEW(struct shard_iter);
	*it = (struct shard_iter){
	    .base.ops = &shard_ops,
	    .src = src,
	    .shard = shard,
	    .scratch = arena_new(NULL),
	};
	return &it->base;
}
