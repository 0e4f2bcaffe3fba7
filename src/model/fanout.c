#include "model/fanout.h"

#include "base/clock.h"

static void count_chunk(struct series_count *c, const struct chunk_data *chunk)
{
	if (chunk->size_bytes == 0)
		return;
	c->n_chunks++;
	if (chunk->encoding == CHUNK_XOR && chunk->size_bytes >= 2)
		c->n_samples += (uint64_t)chunk->data[0] << 8 | chunk->data[1];
}

void series_count_add(struct series_count *c, const struct series *s)
{
	c->n_series++;
	for (size_t i = 0; i < s->n_chunks; i++) {
		count_chunk(c, &s->chunks[i].raw);
		for (size_t k = 0; s->chunks[i].aggrs && k < AGGR_N; k++)
			count_chunk(c, &s->chunks[i].aggrs[k]);
	}
}

void series_count_add_all(struct series_count *c, const struct series_count *other)
{
	c->n_series += other->n_series;
	c->n_chunks += other->n_chunks;
	c->n_samples += other->n_samples;
}

void fanout_init(struct fanout *f)
{
	*f = (struct fanout){.arena = arena_new(NULL)};
	mutex_init(&f->mu, RANK_LEAF);
}

void fanout_done(struct fanout *f)
{
	arena_free(f->arena);
	mutex_done(&f->mu);
}

struct store_share *fanout_add(struct fanout *f, const char *address, uint32_t selector)
{
	if (!f)
		return NULL;
	MUTEX_HOLD(&f->mu);
	struct store_share *share = ARENA_NEW(f->arena, struct store_share);
	*share = (struct store_share){
	    .address = arena_cstr(f->arena, str_of(address)),
	    .selector = selector,
	    .asked_ns = clock_monotonic_ns(&clock_system),
	};
	ARENA_PUSH(f->arena, &f->shares, share);
	return share;
}

void fanout_add_merged(struct fanout *f, const struct series_count *count)
{
	if (!f)
		return;
	MUTEX_HOLD(&f->mu);
	series_count_add_all(&f->merged, count);
}
