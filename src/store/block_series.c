#include "store/block_series.h"

#include "base/alloc.h"
#include "store/block_chunks.h"
#include "store/resort.h"
#include "store/series_order.h"
#include "store/shard.h"
#include "tsdb/index_series.h"
#include "tsdb/postings_answer.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	BATCH_SERIES = 2048,
	BATCH_CHUNKS = 8192,
	BATCH_FIRST_SERIES = 64, /* a request with a limit often needs no more */
	SERIES_ESTIMATED_BYTES = 4096,
	SERIES_GAP_BYTES = 64 << 10, /* between two entries read together */
	SERIES_FETCH_BYTES = 1 << 20,
	SERIES_MAX_BYTES = 64 << 20,
	SYMBOLS_MAX_BYTES = 4 << 20, /* kept from batch to batch */
};

/* A series whose entry was read and which has chunks in time. */
struct candidate {
	struct index_series entry; /* its chunks: those in time */
	uint32_t ref;
};

struct block_series {
	struct series_iter base; /* first, so that the two pointers convert */
	struct store_block *block;
	struct ctx *ctx;
	struct block_series_options options;
	const struct index_header *header;
	struct tracker *tracker;
	struct labels external; /* without replica labels */

	struct arena *kept; /* postings, and what lives as long */
	struct postings list;
	size_t next;                          /* in the list */
	uint32_t held[SERIES_ORDER_MAX_HELD]; /* read in an earlier batch, but to come later */
	size_t n_held;
	size_t batch_series;

	struct tracker symbols_tracker;
	struct arena *symbols_arena;
	struct symbol_lookup *symbols;

	struct arena *batch; /* what follows */
	struct {
		struct series *v;
		size_t n, cap;
	} ready;
	size_t at;       /* in ready */
	struct buf many; /* bytes of several entries of the index */
	struct buf one;  /* of one that is longer than estimated */
};

/* One batch in the making. */
struct batch {
	struct block_series *it;
	uint32_t *refs; /* of the entries to read, ascending */
	size_t n_refs;
	struct {
		struct candidate *v;
		size_t n, cap;
	} candidates;
	size_t n_chunks;
};

/* --- entries of the index ------------------------------------------------------------------ */

static uint64_t offset_of(const struct block_series *it, uint32_t ref)
{
	return index_series_offset(ref, it->header->toc.version);
}

static bool fetch_index(struct block_series *it, uint64_t start, uint64_t end, struct buf *out,
			struct err *err)
{
	struct byte_source *index = store_block_index(it->block);
	uint64_t to = end < index->size_bytes ? end : index->size_bytes;

	buf_clear(out);
	if (start >= to)
		return err_set(err, ERR_CORRUPT, "it has %" PRIu64 " bytes", index->size_bytes);
	char *p = buf_reserve(out, to - start);
	if (!p)
		return err_set(err, ERR_CORRUPT, "an entry of %" PRIu64 " bytes", to - start);
	if (!store_limits_reserve(it->options.limits, STORE_LIMIT_BYTES, to - start, err) ||
	    !byte_source_read(index, it->ctx, start, p, to - start, err))
		return false;
	buf_grown(out, to - start);
	return true;
}

/* Chunks within the request's time, moved to the front. */
static void keep_chunks_in_time(const struct block_series *it, struct index_series *entry)
{
	size_t n = 0;

	for (size_t i = 0; i < entry->n_chunks; i++) {
		struct time_range r = {entry->chunks[i].min_t_ms, entry->chunks[i].max_t_ms};
		if (time_range_overlaps(r, it->options.range))
			entry->chunks[n++] = entry->chunks[i];
	}
	entry->n_chunks = n;
}

static bool parse_entry(struct batch *b, uint32_t ref, struct str bytes, struct err *err)
{
	struct block_series *it = b->it;
	struct arena_mark mark = arena_mark(it->batch);
	struct candidate c = {.ref = ref};

	if (!index_series_parse((const uint8_t *)bytes.p, bytes.n, it->batch, &c.entry, err))
		return false;
	keep_chunks_in_time(it, &c.entry);
	if (c.entry.n_chunks == 0) {
		arena_rewind(it->batch, mark);
		return true;
	}
	b->n_chunks += c.entry.n_chunks;
	ARENA_PUSH(it->batch, &b->candidates, c);
	return true;
}

/* The entry of refs[i], from what was fetched at `start`; alone where that is too short. */
static bool read_entry(struct batch *b, size_t i, uint64_t start, struct err *err)
{
	struct block_series *it = b->it;
	uint64_t offset = offset_of(it, b->refs[i]);
	struct str bytes = str_skip(buf_str(&it->many), offset - start);
	uint64_t size = index_series_size((const uint8_t *)bytes.p, bytes.n);

	while (size > bytes.n && size <= SERIES_MAX_BYTES) {
		size_t had = bytes.n;
		if (!fetch_index(it, offset, offset + size, &it->one, err))
			return false;
		bytes = buf_str(&it->one);
		if (bytes.n <= had)
			return err_set(err, ERR_CORRUPT, "at least %" PRIu64 " bytes are wanted",
				       size);
		size = index_series_size((const uint8_t *)bytes.p, bytes.n);
	}
	return parse_entry(b, b->refs[i], bytes, err);
}

/* How many of the entries from refs[from] on are read with one fetch. */
static size_t count_neighbours(const struct batch *b, size_t from)
{
	uint64_t start = offset_of(b->it, b->refs[from]);
	size_t to = from + 1;

	for (; to < b->n_refs; to++) {
		uint64_t before = offset_of(b->it, b->refs[to - 1]);
		uint64_t at = offset_of(b->it, b->refs[to]);
		if (at - before > SERIES_GAP_BYTES || at - start > SERIES_FETCH_BYTES)
			break;
	}
	return to - from;
}

static uint64_t estimated_entry_bytes(const struct block_series *it)
{
	int64_t known = store_block_meta(it->block)->series_max_bytes;
	return known > 0 && known < SERIES_FETCH_BYTES ? (uint64_t)known : SERIES_ESTIMATED_BYTES;
}

static bool index_error(const struct block_series *it, uint32_t ref, struct err *err)
{
	return err_wrap(err, "index: series at byte %" PRIu64, offset_of(it, ref));
}

/* Reads the entries until all are, or those in time have enough chunks. *n_read is how many. */
static bool read_entries(struct batch *b, size_t *n_read, struct err *err)
{
	struct block_series *it = b->it;
	size_t i = 0;

	while (i < b->n_refs && (b->n_chunks < it->options.max_batch_chunks || i <= it->n_held)) {
		size_t n = count_neighbours(b, i);
		uint64_t start = offset_of(it, b->refs[i]);
		uint64_t end = offset_of(it, b->refs[i + n - 1]) + estimated_entry_bytes(it);
		if (!ctx_check(it->ctx, err) || !tracker_check(it->tracker, err))
			return false;
		if (!fetch_index(it, start, end, &it->many, err))
			return index_error(it, b->refs[i], err);
		for (size_t k = i; k < i + n; k++)
			if (!read_entry(b, k, start, err))
				return index_error(it, b->refs[k], err);
		i += n;
	}
	*n_read = i;
	return true;
}

/* --- labels -------------------------------------------------------------------------------- */

/* What every series of the block carries, less what the request does not want. */
static struct labels external_labels(const struct block_series *it)
{
	return labels_without(it->kept, store_block_meta(it->block)->labels, it->options.drop,
			      it->options.n_drop);
}

static bool make_labels(struct block_series *it, const struct candidate *c, struct labels *out,
			struct err *err)
{
	struct labels own;

	if (!index_series_labels(&c->entry, it->symbols, it->batch, &own, err))
		return false;
	*out = labels_without(it->batch, labels_merge(it->batch, own, it->external),
			      it->options.drop, it->options.n_drop);
	return true;
}

/* --- a batch ------------------------------------------------------------------------------- */

/* The series of the candidates in the order they are given out. Chunks are not read yet. */
static bool add_series(struct batch *b, const struct candidate *c, struct err *err)
{
	struct block_series *it = b->it;
	struct series s = {.n_chunks = c->entry.n_chunks};

	if (!make_labels(it, c, &s.labels, err))
		return index_error(it, c->ref, err);
	if (it->options.shard && !shard_has(it->options.shard, s.labels, it->batch))
		return true;
	if (it->options.skip_chunks) {
		s.n_chunks = 0;
	} else {
		struct chunk *chunks = ARENA_ARRAY(it->batch, struct chunk, s.n_chunks);
		for (size_t i = 0; i < s.n_chunks; i++) {
			chunks[i].min_t_ms = c->entry.chunks[i].min_t_ms;
			chunks[i].max_t_ms = c->entry.chunks[i].max_t_ms;
			/* Until it is read, the place of its bytes is kept here. */
			chunks[i].raw.hash = c->entry.chunks[i].ref;
		}
		s.chunks = chunks;
		if (!store_limits_reserve(it->options.limits, STORE_LIMIT_CHUNKS, s.n_chunks, err))
			return false;
	}
	ARENA_PUSH(it->batch, &it->ready, s);
	return true;
}

static bool load_chunks(struct block_series *it, struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(it->tracker);
	size_t n = 0;

	for (size_t i = 0; i < it->ready.n; i++)
		n += it->ready.v[i].n_chunks;
	struct chunk_load *loads = arena_alloc(scratch, n * sizeof(*loads));
	n = 0;
	for (size_t i = 0; i < it->ready.n; i++) {
		struct chunk *chunks = (struct chunk *)it->ready.v[i].chunks;
		for (size_t k = 0; k < it->ready.v[i].n_chunks; k++) {
			loads[n++] = (struct chunk_load){chunks[k].raw.hash, &chunks[k]};
			chunks[k].raw.hash = 0;
		}
	}
	return block_chunks_load(it->block, it->ctx, loads, n, it->options.aggrs,
				 it->options.limits, it->batch, err);
}

/* External labels can change the order of two series, where one has all labels of the other and
 * some more (store/series_order.h). What cannot be given out yet is read again with the next batch.
 */
static bool order_series(struct batch *b, bool is_last, struct err *err)
{
	struct block_series *it = b->it;
	struct series_order order;

	series_order_init(&order, it->external);
	for (size_t i = 0; i < b->candidates.n; i++) {
		const struct candidate *c = &b->candidates.v[i];
		bool holds = false;
		while (order.n_held > 0) {
			const struct candidate *top = &b->candidates.v[series_order_top(&order)];
			if (!series_order_holds(&order, &top->entry, &c->entry, it->symbols, &holds,
						err))
				return index_error(it, c->ref, err);
			if (holds)
				break;
			if (!add_series(b, &b->candidates.v[series_order_pop(&order)], err))
				return false;
		}
		if (!series_order_push(&order, i))
			return err_set(err, ERR_CORRUPT, "index: series with more than %d labels",
				       SERIES_ORDER_MAX_HELD);
	}
	while (order.n_held > 0 && (is_last || it->external.n == 0))
		if (!add_series(b, &b->candidates.v[series_order_pop(&order)], err))
			return false;
	it->n_held = order.n_held;
	for (size_t i = 0; i < order.n_held; i++)
		it->held[i] = b->candidates.v[order.held[i]].ref;
	return true;
}

static void reset_batch(struct block_series *it)
{
	arena_clear(it->batch);
	it->ready.v = NULL;
	it->ready.n = it->ready.cap = 0;
	it->at = 0;
	if (it->symbols && it->symbols_tracker.used_bytes > SYMBOLS_MAX_BYTES) {
		arena_clear(it->symbols_arena);
		it->symbols = NULL;
	}
	if (!it->symbols)
		it->symbols = symbol_lookup_new(it->header->symbols, it->ctx, it->symbols_arena);
}

/* The next entries to read: those held, then some of the list. */
static void plan_batch(struct batch *b)
{
	struct block_series *it = b->it;
	size_t left = it->list.n - it->next;
	size_t n = left < it->batch_series ? left : it->batch_series;

	b->refs = arena_alloc(it->batch, (it->n_held + n) * sizeof(*b->refs));
	memcpy(b->refs, it->held, it->n_held * sizeof(*b->refs));
	for (size_t i = 0; i < n; i++)
		b->refs[it->n_held + i] = postings_at(it->list, it->next + i);
	b->n_refs = it->n_held + n;
	it->batch_series =
	    it->batch_series * 4 < BATCH_SERIES ? it->batch_series * 4 : BATCH_SERIES;
}

static bool load_batch(struct block_series *it, struct err *err)
{
	struct batch b = {.it = it};
	size_t n_read = 0;

	reset_batch(it);
	plan_batch(&b);
	if (!read_entries(&b, &n_read, err))
		return false;
	it->next += n_read - it->n_held;
	return order_series(&b, it->next == it->list.n, err) &&
	       (it->options.skip_chunks || load_chunks(it, err));
}

static enum iter_result block_next(struct series_iter *base, struct series *out, struct err *err)
{
	struct block_series *it = (struct block_series *)base;

	while (it->at == it->ready.n) {
		if (it->next == it->list.n && it->n_held == 0)
			return ITER_END;
		if (!load_batch(it, err)) {
			err_wrap(err, "block %s", ulid_str(store_block_id(it->block)));
			return ITER_ERROR;
		}
	}
	*out = it->ready.v[it->at++];
	return ITER_VALUE;
}

/* --- life ---------------------------------------------------------------------------------- */

static void block_close(struct series_iter *base)
{
	struct block_series *it = (struct block_series *)base;

	if (it->header)
		store_block_put_header(it->block);
	buf_done(&it->many);
	buf_done(&it->one);
	arena_free(it->batch);
	arena_free(it->symbols_arena);
	tracker_done(&it->symbols_tracker);
	arena_free(it->kept);
	free(it);
}

static const struct series_iter_ops block_ops = {block_next, block_close};

/* Whether a label of the block's series is removed or replaced: then series may come in any order,
 * and two may become one. */
static bool changes_order(const struct block_series *it)
{
	const struct meta *m = store_block_meta(it->block);
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
	it->header = store_block_get_header(it->block, it->ctx, err);
	if (!it->header)
		return false;
	it->external = external_labels(it);
	return postings_for_matchers(store_block_index(it->block), it->header->postings, it->ctx,
				     it->options.matchers, it->kept, &it->list, err) &&
	       store_limits_reserve(it->options.limits, STORE_LIMIT_SERIES, it->list.n, err);
}

struct series_iter *block_series_new(struct store_block *b, struct ctx *ctx,
				     const struct block_series_options *options,
				     struct tracker *tracker, struct err *err)
{
	struct block_series *it = NEW(struct block_series);

	it->base.ops = &block_ops;
	it->block = b;
	it->ctx = ctx;
	it->options = *options;
	if (it->options.max_batch_chunks == 0)
		it->options.max_batch_chunks = BATCH_CHUNKS;
	it->tracker = tracker;
	it->batch_series = BATCH_FIRST_SERIES;
	it->kept = arena_new(tracker);
	it->batch = arena_new(tracker);
	tracker_init(&it->symbols_tracker, tracker, "symbols", "", 0);
	it->symbols_arena = arena_new(&it->symbols_tracker);
	buf_init(&it->many, SERIES_MAX_BYTES, tracker);
	buf_init(&it->one, SERIES_MAX_BYTES, tracker);
	if (!begin(it, err)) {
		err_wrap(err, "block %s", ulid_str(store_block_id(b)));
		block_close(&it->base);
		return NULL;
	}
	/* Labels are complete here: the order is all that is left to put right. */
	return changes_order(it) ? series_resort(&it->base, NULL, 0, tracker) : &it->base;
}
