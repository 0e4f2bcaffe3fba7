#include "compaction/merge.h"

#include "base/alloc.h"
#include "compaction/order_heap.h"
#include "compaction/symbol_union.h"

#include <stdlib.h>

struct merge_input {
	struct source_block *block;
	struct symbol_map symbols;
	struct source_series series; /* that it stands at, its labels in numbers of the union */
};

struct block_merge {
	struct merge_input *inputs;
	size_t n;
	const struct merge_options *options;
	struct ctx *ctx;
	struct block_writer *to;
	struct order_heap waiting;    /* inputs, by the labels of their series */
	struct merge_input **current; /* those that have the series under way */
	size_t n_current;
	struct chunk_run *runs;
	struct arena *a; /* of the series under way */
	size_t *bad;
};

static int compare_labels(const struct source_series *a, const struct source_series *b)
{
	for (size_t i = 0; i < a->n_labels && i < b->n_labels; i++) {
		const struct symbol_pair *x = &a->labels[i], *y = &b->labels[i];
		if (x->name != y->name)
			return x->name < y->name ? -1 : 1;
		if (x->value != y->value)
			return x->value < y->value ? -1 : 1;
	}
	return (a->n_labels > b->n_labels) - (a->n_labels < b->n_labels);
}

static bool is_smaller(const void *a, const void *b)
{
	const struct merge_input *x = a, *y = b;

	return compare_labels(&x->series, &y->series) < 0;
}

/* --- symbols ---------------------------------------------------------------------------------- */

struct writer_sink {
	struct symbol_sink base; /* first, so that the two pointers convert */
	struct block_merge *merge;
	size_t n;
};

static bool add_symbol(struct symbol_sink *base, struct str symbol, struct err *err)
{
	struct writer_sink *sink = (struct writer_sink *)base;
	enum { SYMBOLS_BETWEEN_CHECKS = 4096 };

	if (++sink->n % SYMBOLS_BETWEEN_CHECKS == 0 && !ctx_check(sink->merge->ctx, err))
		return false;
	return block_writer_add_symbol(sink->merge->to, symbol, err);
}

static bool write_symbols(struct block_merge *m, struct err *err)
{
	struct index_symbols **symbols auto_free(mem_free) =
	    xcalloc(m->n, sizeof(struct index_symbols *));
	struct symbol_map *maps auto_free(mem_free) = xcalloc(m->n, sizeof(*maps));
	struct writer_sink sink = {.base.add = add_symbol, .merge = m};

	for (size_t i = 0; i < m->n; i++)
		symbols[i] = source_block_symbols(m->inputs[i].block);
	bool ok = symbol_union_make(symbols, m->n, m->ctx, &sink.base, maps, m->bad, err);
	for (size_t i = 0; i < m->n; i++)
		m->inputs[i].symbols = maps[i];
	if (!ok && *m->bad < m->n)
		err_wrap(err, "block %s", source_block_name(m->inputs[*m->bad].block));
	return ok;
}

/* --- series ----------------------------------------------------------------------------------- */

static bool number_labels(struct merge_input *in, struct err *err)
{
	for (size_t i = 0; i < in->series.n_labels; i++) {
		struct symbol_pair *l = &in->series.labels[i];
		if (!symbol_map_get(&in->symbols, l->name, &l->name, err) ||
		    !symbol_map_get(&in->symbols, l->value, &l->value, err))
			return err_wrap(err, "block %s", source_block_name(in->block));
	}
	return true;
}

/* The input's next series; it waits with it, unless it is at its end. */
static bool advance(struct block_merge *m, struct merge_input *in, struct err *err)
{
	enum iter_result r = source_block_next(in->block, m->options->range, &in->series, err);

	if (r == ITER_END)
		return true;
	if (r == ITER_ERROR || !number_labels(in, err)) {
		*m->bad = (size_t)(in - m->inputs);
		return false;
	}
	order_heap_push(&m->waiting, in);
	return true;
}

static void take_series(struct block_merge *m)
{
	const struct merge_input *first = m->waiting.v[0];

	m->n_current = 0;
	do
		m->current[m->n_current++] = order_heap_pop(&m->waiting);
	while (m->waiting.n && compare_labels(&((struct merge_input *)m->waiting.v[0])->series,
					      &first->series) == 0);
}

static bool merge_chunks(struct block_merge *m, struct chunk_list *out, struct err *err)
{
	const struct source_series *first = &m->current[0]->series;

	if (m->n_current == 1) {
		*out = (struct chunk_list){first->chunks, first->n_chunks, first->n_chunks};
		return true;
	}
	for (size_t i = 0; i < m->n_current; i++) {
		const struct source_series *s = &m->current[i]->series;
		m->runs[i] = (struct chunk_run){s->chunks, s->n_chunks};
	}
	return m->options->merger->merge(m->options->merger, m->runs, m->n_current, m->a, out, err);
}

static bool write_series(struct block_merge *m, const struct chunk_list *chunks, struct err *err)
{
	const struct source_series *first = &m->current[0]->series;
	struct chunk_data *data = arena_alloc(m->a, chunks->n * sizeof(*data));
	struct chunk_meta *metas = arena_alloc(m->a, chunks->n * sizeof(*metas));

	for (size_t i = 0; i < chunks->n; i++) {
		const struct chunk *c = &chunks->v[i];
		data[i] = c->raw;
		metas[i] = (struct chunk_meta){.min_t_ms = c->min_t_ms, .max_t_ms = c->max_t_ms};
	}
	struct index_series s = {first->labels, first->n_labels, metas, chunks->n};
	return block_writer_add_series(m->to, &s, data, err);
}

static bool merge_series(struct block_merge *m, struct err *err)
{
	struct chunk_list chunks;

	take_series(m);
	arena_clear(m->a);
	if (!ctx_check(m->ctx, err) || !merge_chunks(m, &chunks, err))
		return false;
	if (chunks.n && !write_series(m, &chunks, err))
		return false;
	for (size_t i = 0; i < m->n_current; i++)
		if (!advance(m, m->current[i], err))
			return false;
	return true;
}

static bool run(struct block_merge *m, struct err *err)
{
	if (!write_symbols(m, err))
		return false;
	for (size_t i = 0; i < m->n; i++)
		if (!advance(m, &m->inputs[i], err))
			return false;
	while (m->waiting.n)
		if (!merge_series(m, err))
			return false;
	return true;
}

bool merge_blocks(struct source_block *const *sources, size_t n,
		  const struct merge_options *options, struct ctx *ctx, struct block_writer *to,
		  size_t *bad, struct err *err)
{
	struct merge_input *inputs auto_free(mem_free) = xcalloc(n, sizeof(*inputs));
	struct merge_input **current auto_free(mem_free) = xcalloc(n, sizeof(*current));
	struct chunk_run *runs auto_free(mem_free) = xcalloc(n, sizeof(*runs));
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct block_merge m = {
	    .inputs = inputs,
	    .n = n,
	    .options = options,
	    .ctx = ctx,
	    .to = to,
	    .current = current,
	    .runs = runs,
	    .a = a,
	    .bad = bad,
	};

	*bad = n;
	order_heap_init(&m.waiting, is_smaller);
	for (size_t i = 0; i < n; i++)
		inputs[i].block = sources[i];
	bool ok = run(&m, err);
	order_heap_done(&m.waiting);
	for (size_t i = 0; i < n; i++)
		symbol_map_done(&inputs[i].symbols);
	return ok;
}
