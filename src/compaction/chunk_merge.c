#include "compaction/chunk_merge.h"

#include "compaction/sample_chain.h"
#include "dedup/penalty.h"

/* Chunks that come one after the other: those of a block, or those made of an overlap. */
struct chunk_stream {
	const struct chunk *v;
	size_t n; /* at least one */
};

/* Samples of chunks that overlap, the earliest chunk last, into chunks. */
typedef void merge_columns_fn(const struct sample_columns *columns, size_t n, struct arena *a,
			      struct chunk_encoder *to);

struct merge_state {
	merge_columns_fn *merge_columns;
	struct order_heap streams; /* by the chunk they stand at */
	struct arena *a;
	struct chunk_list *out;
};

static bool is_earlier(const void *x, const void *y)
{
	const struct chunk *a = ((const struct chunk_stream *)x)->v;
	const struct chunk *b = ((const struct chunk_stream *)y)->v;

	return a->min_t_ms != b->min_t_ms ? a->min_t_ms < b->min_t_ms : a->max_t_ms < b->max_t_ms;
}

static const struct chunk *first_chunk(const struct merge_state *m)
{
	const struct chunk_stream *s = m->streams.v[0];

	return s->v;
}

static struct chunk take_chunk(struct merge_state *m)
{
	struct chunk_stream *s = order_heap_pop(&m->streams);
	struct chunk c = *s->v++;

	if (--s->n > 0)
		order_heap_push(&m->streams, s);
	return c;
}

static void add_stream(struct merge_state *m, const struct chunk *v, size_t n)
{
	if (n == 0)
		return;
	struct chunk_stream *s = ARENA_NEW(m->a, struct chunk_stream);
	*s = (struct chunk_stream){v, n};
	order_heap_push(&m->streams, s);
}

static bool is_same(const struct chunk *a, const struct chunk *b)
{
	return a->min_t_ms == b->min_t_ms && a->max_t_ms == b->max_t_ms &&
	       str_eq(str_from(a->raw.data, a->raw.size_bytes),
		      str_from(b->raw.data, b->raw.size_bytes));
}

/* All that overlaps `first`, directly or by way of others, but for chunks that are repeated. */
static struct chunk_list take_overlapping(struct merge_state *m, const struct chunk *first)
{
	struct chunk_list list = {0};
	struct chunk before = *first;
	int64_t max_t_ms = first->max_t_ms;

	while (m->streams.n && first_chunk(m)->min_t_ms <= max_t_ms) {
		struct chunk next = take_chunk(m);
		if (is_same(&next, &before))
			continue;
		ARENA_PUSH(m->a, &list, next);
		if (next.max_t_ms > max_t_ms)
			max_t_ms = next.max_t_ms;
		before = next;
	}
	return list;
}

static void chain_columns(const struct sample_columns *columns, size_t n, struct arena *a,
			  struct chunk_encoder *to)
{
	struct column_sample s;
	struct sample_chain chain;

	sample_chain_init(&chain, columns, n, a);
	while (sample_chain_next(&chain, &s))
		chunk_encoder_add(to, &s);
	sample_chain_done(&chain);
}

/* Each chunk is a replica, the earliest one first. */
static void penalize_columns(const struct sample_columns *columns, size_t n, struct arena *a,
			     struct chunk_encoder *to)
{
	struct samples *replicas = ARENA_ARRAY(a, struct samples, n);
	struct penalty_pick *picks;

	for (size_t i = 0; i < n; i++) {
		const struct sample_columns *c = &columns[(i + n - 1) % n];
		replicas[i] = (struct samples){.t_ms = c->t_ms, .n = c->n};
	}
	size_t n_picks = penalty_pick(replicas, n, a, &picks);
	for (size_t i = 0; i < n_picks; i++) {
		const struct sample_columns *c = &columns[(picks[i].replica + n - 1) % n];
		struct column_sample s = sample_columns_at(c, picks[i].sample);
		chunk_encoder_add(to, &s);
	}
}

static bool merge_samples(struct merge_state *m, const struct chunk_list *chunks,
			  struct chunk_list *out, struct err *err)
{
	struct sample_columns *columns = ARENA_ARRAY(m->a, struct sample_columns, chunks->n);
	struct chunk_encoder encoder;

	for (size_t i = 0; i < chunks->n; i++)
		if (!sample_columns_decode(&chunks->v[i].raw, m->a, &columns[i], err))
			return false;
	chunk_encoder_init(&encoder, m->a);
	m->merge_columns(columns, chunks->n, m->a, &encoder);
	*out = chunk_encoder_finish(&encoder);
	chunk_encoder_done(&encoder);
	return true;
}

/* The next chunk goes out; of an overlap the first one, the others are a stream like any. */
static bool merge_next(struct merge_state *m, struct err *err)
{
	struct chunk first = take_chunk(m);
	struct chunk_list overlapping = take_overlapping(m, &first), merged;

	if (overlapping.n == 0) {
		ARENA_PUSH(m->a, m->out, first);
		return true;
	}
	ARENA_PUSH(m->a, &overlapping, first);
	if (!merge_samples(m, &overlapping, &merged, err))
		return false;
	if (merged.n == 0) /* chunks without samples */
		return true;
	ARENA_PUSH(m->a, m->out, merged.v[0]);
	add_stream(m, merged.v + 1, merged.n - 1);
	return true;
}

static bool merge_runs(merge_columns_fn *merge_columns, const struct chunk_run *runs, size_t n,
		       struct arena *a, struct chunk_list *out, struct err *err)
{
	struct merge_state m = {.merge_columns = merge_columns, .a = a, .out = out};
	bool ok = true;

	*out = (struct chunk_list){0};
	order_heap_init(&m.streams, is_earlier);
	for (size_t i = 0; i < n; i++)
		add_stream(&m, runs[i].v, runs[i].n);
	while (ok && m.streams.n)
		ok = merge_next(&m, err);
	order_heap_done(&m.streams);
	return ok;
}

static bool merge_one_to_one(struct chunk_merger *merger, const struct chunk_run *runs, size_t n,
			     struct arena *a, struct chunk_list *out, struct err *err)
{
	(void)merger;
	return merge_runs(chain_columns, runs, n, a, out, err);
}

static bool merge_penalized(struct chunk_merger *merger, const struct chunk_run *runs, size_t n,
			    struct arena *a, struct chunk_list *out, struct err *err)
{
	(void)merger;
	return merge_runs(penalize_columns, runs, n, a, out, err);
}

struct chunk_merger chunk_merger_one_to_one = {merge_one_to_one};
struct chunk_merger chunk_merger_penalty = {merge_penalized};
