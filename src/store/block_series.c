#include "store/block_series.h"

#include "base/alloc.h"
#include "store/block_chunks.h"
#include "store/block_entries.h"
#include "store/block_postings.h"
#include "store/resort.h"
#include "store/series_order.h"
#include "store/shard.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	BATCH_SERIES = 10000,
	WINDOW_BYTES = 4 << 20,
	SYMBOLS_MAX_BYTES = 4 << 20, /* kept from window to window */
	N_WINDOWS = 2,               /* one given out, one loading */
};

/* Some series with their chunks. */
struct window {
	struct arena *arena;        /* labels, and where chunks are */
	struct range_arenas chunks; /* their bytes */
	struct {
		struct series *v;
		size_t n, cap;
	} ready;
	size_t at;           /* in ready */
	int64_t taken_bytes; /* of the budget */
};

/* Entries of the index, in the order in which their series are given out. */
struct batch {
	struct range_arenas arenas;
	struct block_entries entries;
	size_t *order; /* numbers of entries */
	size_t n_order;
	size_t next;             /* in order */
	uint64_t left_bytes;     /* about what windows of the rest take */
	uint64_t last_chunk_ref; /* before it */
	int64_t taken_bytes;     /* of the budget */
};

/* Strings of the index. What a window that is given out refers to stays while the next is loading:
 * when there are too many, they are put aside for that long. */
struct symbols {
	struct tracker tracker;
	struct arena *arena;
	struct arena *aside;
	struct symbol_lookup *lookup;
};

struct block_series {
	struct series_iter base; /* first, so that the two pointers convert */
	struct block_request request;
	struct block_series_options options;
	const struct index_header *header;
	struct labels external; /* without replica labels */

	struct arena *kept; /* postings, and what lives as long */
	struct block_postings found;
	size_t next;                          /* in the list */
	uint32_t held[SERIES_ORDER_MAX_HELD]; /* read in an earlier batch, but to come later */
	size_t n_held;
	struct batch batch;
	struct symbols symbols;

	struct window windows[N_WINDOWS];
	unsigned current;

	/* The window after it, while it is loading: all but the current one is then the task's. */
	bool is_loading;
	struct pool_group group;
	bool is_loaded; /* without a failure, or: */
	struct err load_err;
};

static struct window *next_window(struct block_series *it)
{
	return &it->windows[1 - it->current];
}

/* --- memory -------------------------------------------------------------------------------- */

/* *taken_bytes is what the piece before took, which is gone. */
static size_t take_budget(const struct block_series *it, uint64_t wanted_bytes, size_t least_bytes,
			  int64_t *taken_bytes)
{
	const struct block_series_options *o = &it->options;

	window_budget_give_back(o->budget, *taken_bytes);
	*taken_bytes =
	    window_budget_take(o->budget, (int64_t)wanted_bytes, (int64_t)least_bytes, o->n_blocks);
	return (size_t)*taken_bytes;
}

static void give_back_all(struct block_series *it)
{
	window_budget_give_back(it->options.budget, it->batch.taken_bytes);
	for (int i = 0; i < N_WINDOWS; i++)
		window_budget_give_back(it->options.budget, it->windows[i].taken_bytes);
}

/* --- labels -------------------------------------------------------------------------------- */

/* What every series of the block carries, less what the request does not want. */
static struct labels external_labels(const struct block_series *it)
{
	return labels_without(it->kept, store_block_meta(it->request.block)->labels,
			      it->options.drop, it->options.n_drop);
}

static bool index_error(const struct block_series *it, const struct block_entry *e, struct err *err)
{
	return err_wrap(err, "index: series at byte %" PRIu64,
			index_series_offset(e->ref, it->request.index_version));
}

static void symbols_begin(struct block_series *it)
{
	struct symbols *s = &it->symbols;

	if (s->lookup && s->tracker.used_bytes > SYMBOLS_MAX_BYTES) {
		arena_free(s->aside);
		s->aside = s->arena;
		s->arena = arena_new(&s->tracker);
		s->lookup = NULL;
	}
	if (!s->lookup)
		s->lookup = symbol_lookup_new(it->header->symbols, it->request.ctx, s->arena);
}

static void count_overfetched(const struct block_series *it, const struct block_entry *e)
{
	if (it->options.stats && it->options.stats->metrics)
		counter_add(it->options.stats->metrics->lazy_overfetched_bytes, e->size_bytes);
}

/* *wanted is false for a series that a deferred matcher or the shard refuses. */
static bool make_labels(struct block_series *it, struct window *w, const struct block_entry *e,
			struct labels *out, bool *wanted, struct err *err)
{
	struct labels own;

	*wanted = false;
	if (!index_series_labels(&e->entry, it->symbols.lookup, w->arena, &own, err))
		return index_error(it, e, err);
	if (!matchers_match(it->found.deferred, own)) {
		count_overfetched(it, e);
		return true;
	}
	*out = labels_without(w->arena, labels_merge(w->arena, own, it->external), it->options.drop,
			      it->options.n_drop);
	*wanted = !it->options.shard || shard_has(it->options.shard, *out, w->arena);
	return true;
}

/* --- a batch ------------------------------------------------------------------------------- */

/* External labels can change the order of two series, where one has all labels of the other and
 * some more (store/series_order.h). What cannot be given out yet is read again with the next batch.
 */
static bool order_batch(struct block_series *it, bool is_last, struct err *err)
{
	struct batch *b = &it->batch;
	struct series_order order;

	series_order_init(&order, it->external);
	b->order = arena_alloc(range_arena(&b->arenas, 0), b->entries.n * sizeof(*b->order));
	for (size_t i = 0; i < b->entries.n; i++) {
		const struct block_entry *e = &b->entries.v[i];
		bool holds = false;
		while (order.n_held > 0) {
			const struct block_entry *top = &b->entries.v[series_order_top(&order)];
			if (!series_order_holds(&order, &top->entry, &e->entry, it->symbols.lookup,
						&holds, err))
				return index_error(it, e, err);
			if (holds)
				break;
			b->order[b->n_order++] = series_order_pop(&order);
		}
		if (!series_order_push(&order, i))
			return err_set(err, ERR_CORRUPT, "index: series with more than %d labels",
				       SERIES_ORDER_MAX_HELD);
	}
	while (order.n_held > 0 && (is_last || it->external.n == 0))
		b->order[b->n_order++] = series_order_pop(&order);
	it->n_held = order.n_held;
	for (size_t i = 0; i < order.n_held; i++)
		it->held[i] = b->entries.v[order.held[i]].ref;
	return true;
}

/* The next entries to read: those held, then some of the list. */
static uint32_t *plan_batch(struct block_series *it, size_t *n)
{
	size_t left = it->found.list.n - it->next;
	size_t most = left < it->options.batch_series_max ? left : it->options.batch_series_max;
	size_t n_new =
	    take_budget(it, most * ENTRY_MEMORY_BYTES,
			it->options.batch_series * ENTRY_MEMORY_BYTES, &it->batch.taken_bytes) /
	    ENTRY_MEMORY_BYTES;
	uint32_t *refs =
	    arena_alloc(range_arena(&it->batch.arenas, 0), (it->n_held + n_new) * sizeof(*refs));

	memcpy(refs, it->held, it->n_held * sizeof(*refs));
	for (size_t i = 0; i < n_new; i++)
		refs[it->n_held + i] = postings_at(it->found.list, it->next + i);
	*n = it->n_held + n_new;
	it->next += n_new;
	return refs;
}

/* About how much the chunks of an entry take: as far as the next one begins, where that is near. */
static uint64_t chunk_bytes(const struct index_series *entry, uint64_t *last_ref)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < entry->n_chunks; i++) {
		uint64_t step = entry->chunks[i].ref - *last_ref;
		bytes += step < ESTIMATED_CHUNK_BYTES ? step : ESTIMATED_CHUNK_BYTES / 16;
		*last_ref = entry->chunks[i].ref;
	}
	return bytes;
}

/* About how much of a window an entry takes: labels as they are and as they are put together,
 * chunks and their bytes. */
static uint64_t window_bytes(const struct block_series *it, const struct index_series *entry,
			     uint64_t *last_ref)
{
	uint64_t bytes = sizeof(struct series) + 2 * entry->n_labels * sizeof(struct label);

	if (!it->options.skip_chunks)
		bytes += entry->n_chunks * sizeof(struct chunk) + chunk_bytes(entry, last_ref);
	return bytes;
}

static void measure_batch(struct block_series *it)
{
	struct batch *b = &it->batch;
	uint64_t last_ref = 0;

	b->left_bytes = b->last_chunk_ref = 0;
	for (size_t i = 0; i < b->n_order; i++)
		b->left_bytes += window_bytes(it, &b->entries.v[b->order[i]].entry, &last_ref);
}

static bool load_batch(struct block_series *it, struct err *err)
{
	struct batch *b = &it->batch;
	size_t n;

	range_arenas_clear(&b->arenas);
	b->entries = (struct block_entries){0};
	b->n_order = b->next = 0;
	const uint32_t *refs = plan_batch(it, &n);
	if (!block_entries_read(&it->request, refs, n, it->options.range, &b->arenas, &b->entries,
				err) ||
	    !order_batch(it, it->next == it->found.list.n, err))
		return false;
	measure_batch(it);
	return true;
}

/* --- a window ------------------------------------------------------------------------------ */

static bool has_more(const struct block_series *it)
{
	return it->batch.next < it->batch.n_order || it->next < it->found.list.n || it->n_held > 0;
}

static struct chunk *make_chunks(struct window *w, const struct index_series *entry)
{
	struct chunk *chunks = ARENA_ARRAY(w->arena, struct chunk, entry->n_chunks);

	for (size_t i = 0; i < entry->n_chunks; i++) {
		chunks[i].min_t_ms = entry->chunks[i].min_t_ms;
		chunks[i].max_t_ms = entry->chunks[i].max_t_ms;
		/* Until it is read, the place of its bytes is kept here. */
		chunks[i].raw.hash = entry->chunks[i].ref;
	}
	return chunks;
}

/* Its chunks are not read yet. */
static bool add_series(struct block_series *it, struct window *w, const struct block_entry *e,
		       struct err *err)
{
	struct arena_mark mark = arena_mark(w->arena);
	struct series s = {.n_chunks = it->options.skip_chunks ? 0 : e->entry.n_chunks};
	bool wanted;

	if (!make_labels(it, w, e, &s.labels, &wanted, err))
		return false;
	if (!wanted) {
		arena_rewind(w->arena, mark);
		return true;
	}
	if (it->found.deferred.n > 0 &&
	    !store_limits_reserve(it->options.limits, STORE_LIMIT_SERIES, 1, err))
		return false;
	if (s.n_chunks > 0) {
		if (!store_limits_reserve(it->options.limits, STORE_LIMIT_CHUNKS, s.n_chunks, err))
			return false;
		s.chunks = make_chunks(w, &e->entry);
	}
	ARENA_PUSH(w->arena, &w->ready, s);
	return true;
}

/* Labels alone are there already: a larger window would save no request to the bucket. */
static size_t room_of(struct block_series *it, struct window *w)
{
	size_t least = it->options.window_bytes;
	uint64_t wanted = it->batch.left_bytes;

	if (it->options.skip_chunks && wanted > least)
		wanted = least;
	return take_budget(it, wanted, least, &w->taken_bytes);
}

/* Of the batch, as much as the window has room for. */
static bool fill_window(struct block_series *it, struct window *w, struct err *err)
{
	struct batch *b = &it->batch;
	size_t room = room_of(it, w);
	uint64_t bytes = 0;

	while (b->next < b->n_order && bytes < room) {
		const struct block_entry *e = &b->entries.v[b->order[b->next++]];
		uint64_t more = window_bytes(it, &e->entry, &b->last_chunk_ref);
		bytes += more;
		b->left_bytes -= more;
		if (b->next % 64 == 0 && !tracker_check(it->request.tracker, err))
			return false;
		if (!add_series(it, w, e, err))
			return false;
	}
	return true;
}

static bool load_chunks(struct block_series *it, struct window *w, struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(it->request.tracker);
	size_t n = 0;

	for (size_t i = 0; i < w->ready.n; i++)
		n += w->ready.v[i].n_chunks;
	struct chunk_load *loads = arena_alloc(scratch, n * sizeof(*loads));
	n = 0;
	for (size_t i = 0; i < w->ready.n; i++) {
		struct chunk *chunks = (struct chunk *)w->ready.v[i].chunks;
		for (size_t k = 0; k < w->ready.v[i].n_chunks; k++) {
			loads[n++] = (struct chunk_load){chunks[k].raw.hash, &chunks[k]};
			chunks[k].raw.hash = 0;
		}
	}
	return block_chunks_load(&it->request, loads, n, it->options.aggrs, &w->chunks, err);
}

static bool load_window(struct block_series *it, struct window *w, struct err *err)
{
	arena_clear(w->arena);
	range_arenas_clear(&w->chunks);
	window_budget_give_back(it->options.budget, w->taken_bytes);
	w->taken_bytes = 0;
	w->ready.v = NULL;
	w->ready.n = w->ready.cap = w->at = 0;
	symbols_begin(it);
	while (w->ready.n == 0 && has_more(it)) {
		if (it->batch.next == it->batch.n_order && !load_batch(it, err))
			return false;
		if (!fill_window(it, w, err))
			return false;
	}
	return it->options.skip_chunks || load_chunks(it, w, err);
}

/* --- loading ahead ------------------------------------------------------------------------- */

static void load_task(void *arg)
{
	struct block_series *it = arg;

	it->is_loaded = load_window(it, next_window(it), &it->load_err);
}

/* With a limit, what comes next may never be wanted. */
static void load_ahead(struct block_series *it)
{
	struct err busy = ERR_INIT;

	if (!it->options.ahead || it->options.limit > 0 || !has_more(it))
		return;
	pool_group_init(&it->group, it->options.ahead);
	it->is_loading = pool_group_run(&it->group, load_task, it, &busy);
	if (!it->is_loading)
		pool_group_wait(
		    &it->group); /* there was no thread: it is loaded when it is wanted */
}

static bool await_window(struct block_series *it, struct err *err)
{
	if (!it->is_loading)
		return load_window(it, next_window(it), err);
	pool_group_wait(&it->group);
	it->is_loading = false;
	if (!it->is_loaded)
		*err = it->load_err;
	return it->is_loaded;
}

static enum iter_result block_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct block_series *it = (struct block_series *)base;
	struct window *w = &it->windows[it->current];

	while (w->at == w->ready.n) {
		if (!it->is_loading && !has_more(it))
			return ITER_END;
		if (!await_window(it, err)) {
			err_wrap(err, "block %s", ulid_str(store_block_id(it->request.block)));
			return ITER_ERROR;
		}
		it->current = 1 - it->current;
		w = &it->windows[it->current];
		load_ahead(it);
	}
	*out = w->ready.v[w->at++];
	return ITER_VALUE;
}

/* --- life ---------------------------------------------------------------------------------- */

static void block_close(struct series_iter *base)
{
	struct block_series *it = (struct block_series *)base;

	if (it->is_loading) {
		ctx_cancel(it->request.ctx, ERR_CANCELED, "the request has ended");
		pool_group_wait(&it->group);
	}
	if (it->header)
		store_block_put_header(it->request.block);
	for (int i = 0; i < N_WINDOWS; i++) {
		arena_free(it->windows[i].arena);
		range_arenas_done(&it->windows[i].chunks);
	}
	range_arenas_done(&it->batch.arenas);
	arena_free(it->symbols.arena);
	arena_free(it->symbols.aside);
	tracker_done(&it->symbols.tracker);
	arena_free(it->kept);
	give_back_all(it);
	ctx_free(it->request.ctx);
	free(it);
}

static const struct series_iter_ops block_ops = {block_next, block_close};

/* Whether a label of the block's series is removed or replaced: then series may come in any order,
 * and two may become one. */
static bool changes_order(const struct block_series *it)
{
	const struct meta *m = store_block_meta(it->request.block);
	size_t n;
	const struct str *names = index_postings_names(it->header->postings, &n);

	for (size_t i = 0; i < n; i++) {
		if (labels_has(m->labels, names[i]))
			return true;
		for (size_t k = 0; k < it->options.n_drop; k++)
			if (str_eq(names[i], it->options.drop[k]))
				return true;
	}
	return false;
}

static bool begin(struct block_series *it, struct err *err)
{
	it->header = store_block_get_header(it->request.block, it->request.ctx, err);
	if (!it->header)
		return false;
	it->request.index_version = it->header->toc.version;
	it->external = external_labels(it);
	return block_postings_find(&it->request, it->header, it->options.matchers,
				   &it->options.thrift, it->kept, &it->found, err) &&
	       (it->found.deferred.n > 0 ||
		store_limits_reserve(it->options.limits, STORE_LIMIT_SERIES, it->found.list.n,
				     err));
}

static void complete_options(struct block_series_options *o)
{
	if (o->batch_series == 0)
		o->batch_series = BATCH_SERIES;
	if (o->window_bytes == 0)
		o->window_bytes = WINDOW_BYTES;
	if (o->batch_series_max < o->batch_series)
		o->batch_series_max = o->batch_series;
	if (o->limit > 0 && (uint64_t)o->limit < o->batch_series)
		o->batch_series = (size_t)o->limit;
	if (o->limit > 0 && (uint64_t)o->limit < o->batch_series_max)
		o->batch_series_max = (size_t)o->limit;
}

static void init(struct block_series *it, struct tracker *tracker)
{
	it->base.ops = &block_ops;
	it->kept = arena_new(tracker);
	it->batch.arenas.tracker = tracker;
	tracker_init(&it->symbols.tracker, tracker, "symbols", "", 0);
	it->symbols.arena = arena_new(&it->symbols.tracker);
	for (int i = 0; i < N_WINDOWS; i++) {
		it->windows[i].arena = arena_new(tracker);
		it->windows[i].chunks.tracker = tracker;
	}
}

struct series_iter *block_series_new(struct store_block *b, struct ctx *ctx,
				     const struct block_series_options *options,
				     struct tracker *tracker, struct err *err)
{
	struct block_series *it = NEW(struct block_series);

	it->options = *options;
	complete_options(&it->options);
	it->request = (struct block_request){
	    .block = b,
	    .ctx = ctx_new(ctx, CTX_NO_DEADLINE),
	    .tracker = tracker,
	    .limits = options->limits,
	    .stats = options->stats,
	    .cache = options->cache,
	    .tenant = options->tenant,
	    .ranges = options->ranges,
	    .sizes = options->sizes,
	};
	init(it, tracker);
	if (!begin(it, err)) {
		err_wrap(err, "block %s", ulid_str(store_block_id(b)));
		block_close(&it->base);
		return NULL;
	}
	load_ahead(it);
	/* Labels are complete here: the order is all that is left to put right. */
	return changes_order(it) ? series_resort(&it->base, NULL, 0, tracker) : &it->base;
}
