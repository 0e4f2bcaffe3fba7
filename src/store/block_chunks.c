#include "store/block_chunks.h"

#include "codec/aggr_chunk.h"
#include "codec/plain_chunk.h"
#include "model/store_api.h"
#include "tsdb/chunks_reader.h"

#include <inttypes.h>
#include <stdlib.h>

/* Of one request to the bucket, unless a single chunk is larger. */
enum { FETCH_MAX_BYTES = 2 << 20 };

struct loading {
	struct store_block *block;
	struct ctx *ctx;
	unsigned aggrs;
	struct store_limits *limits;
	struct arena *arena;
	struct buf many; /* the bytes of several chunks */
	struct buf one;  /* of one that is longer than estimated */
};

static int by_ref(const void *a, const void *b)
{
	uint64_t x = ((const struct chunk_load *)a)->ref, y = ((const struct chunk_load *)b)->ref;

	return (x > y) - (x < y);
}

/* Mostly they are already: series and their chunks lie in the same order. */
static void sort_loads(struct chunk_load *loads, size_t n)
{
	size_t i = 1;

	while (i < n && loads[i - 1].ref <= loads[i].ref)
		i++;
	if (i < n)
		qsort(loads, n, sizeof(*loads), by_ref);
}

static bool fetch(struct loading *l, uint32_t segment, uint64_t start, uint64_t end,
		  struct buf *out, struct err *err)
{
	buf_clear(out);
	return store_limits_reserve(l->limits, STORE_LIMIT_BYTES, end - start, err) &&
	       store_block_read_chunks(l->block, l->ctx, segment, start, end, out, err);
}

/* --- one chunk ----------------------------------------------------------------------------- */

static const struct {
	enum aggr aggr;
	unsigned want;
	const char *name;
} aggr_wants[] = {
    {AGGR_COUNT, WANT_COUNT, "count"},
    {AGGR_SUM, WANT_SUM, "sum"},
    {AGGR_MIN, WANT_MIN, "min"},
    {AGGR_MAX, WANT_MAX, "max"},
    {AGGR_COUNTER, WANT_COUNTER, "counter"},
};

static struct chunk_data keep(struct loading *l, struct chunk_data data)
{
	data.data = (const uint8_t *)arena_str(l->arena, str_from(data.data, data.size_bytes)).p;
	return data;
}

static bool keep_aggrs(struct loading *l, struct chunk_data data, struct chunk *to, struct err *err)
{
	struct chunk_data all[AGGR_N];
	struct chunk_data *wanted = ARENA_ARRAY(l->arena, struct chunk_data, AGGR_N);

	if (!aggr_chunk_split(data.data, data.size_bytes, all, err))
		return false;
	for (size_t i = 0; i < AGGR_N; i++) {
		enum aggr aggr = aggr_wants[i].aggr;
		if (!(l->aggrs & aggr_wants[i].want))
			continue;
		if (!all[aggr].data)
			return err_set(err, ERR_CORRUPT, "aggregate %s does not exist",
				       aggr_wants[i].name);
		wanted[aggr] = keep(l, all[aggr]);
	}
	to->aggrs = wanted;
	return true;
}

static bool keep_chunk(struct loading *l, struct chunk_data data, struct chunk *to, struct err *err)
{
	switch (data.encoding) {
	case CHUNK_XOR:
	case CHUNK_HISTOGRAM:
	case CHUNK_FLOAT_HISTOGRAM:
		to->raw = keep(l, data);
		return true;
	case CHUNK_AGGR:
		return keep_aggrs(l, data, to, err);
	case CHUNK_XOR2:
	case CHUNK_HISTOGRAM_ST:
	case CHUNK_FLOAT_HISTOGRAM_ST:
		return chunk_make_plain(&data, l->arena, &to->raw, err);
	case CHUNK_NONE:
		break;
	}
	return err_set(err, ERR_UNSUPPORTED, "unsupported chunk encoding %d", (int)data.encoding);
}

/* The chunk at `offset`, from what was fetched at `start`; fetched again where that is too short.
 */
static bool load_chunk(struct loading *l, const struct chunk_load *load, uint64_t start,
		       struct err *err)
{
	uint64_t offset = chunk_ref_offset(load->ref);
	struct str bytes = str_skip(buf_str(&l->many), offset - start);
	struct chunk_data data;
	size_t size;

	while (chunk_parse((const uint8_t *)bytes.p, bytes.n, &data, &size, err)) {
		if (data.data)
			return keep_chunk(l, data, load->to, err);
		if (!fetch(l, chunk_ref_segment(load->ref), offset, offset + size, &l->one, err))
			return false;
		bytes = buf_str(&l->one);
		if (bytes.n < size)
			return err_set(err, ERR_CORRUPT,
				       "at least %zu bytes are wanted, the object has %zu", size,
				       bytes.n);
	}
	return false;
}

/* --- many chunks --------------------------------------------------------------------------- */

/* loads[0] to loads[n - 1], with one fetch. */
static bool load_together(struct loading *l, const struct chunk_load *loads, size_t n, uint64_t end,
			  struct err *err)
{
	uint32_t segment = chunk_ref_segment(loads[0].ref);
	uint64_t start = chunk_ref_offset(loads[0].ref);

	if (!ctx_check(l->ctx, err) || !tracker_check(arena_tracker(l->arena), err))
		return false;
	buf_clear(&l->many);
	buf_reserve(&l->many, end - start); /* once, and not piece by piece as the bytes come */
	if (!fetch(l, segment, start, end, &l->many, err))
		return err_wrap(err, "chunks/%06" PRIu32, segment + 1);
	for (size_t i = 0; i < n; i++)
		if (!load_chunk(l, &loads[i], start, err))
			return err_wrap(err, "chunks/%06" PRIu32 ": chunk at byte %" PRIu32,
					segment + 1, chunk_ref_offset(loads[i].ref));
	return true;
}

/* A planned range in pieces of bounded size. */
static bool load_range(struct loading *l, const struct chunk_load *loads,
		       const struct chunk_range *range, uint64_t estimated_bytes, struct err *err)
{
	for (size_t from = 0, to; from < range->n; from = to) {
		uint64_t start = chunk_ref_offset(loads[from].ref);
		for (to = from + 1; to < range->n; to++)
			if (chunk_ref_offset(loads[to].ref) - start > FETCH_MAX_BYTES)
				break;
		uint64_t end = chunk_ref_offset(loads[to - 1].ref) + estimated_bytes;
		if (!load_together(l, loads + from, to - from, end, err))
			return false;
	}
	return true;
}

bool block_chunks_load(struct store_block *b, struct ctx *ctx, struct chunk_load *loads, size_t n,
		       unsigned aggrs, struct store_limits *limits, struct arena *a,
		       struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(arena_tracker(a));
	struct loading l = {.block = b, .ctx = ctx, .aggrs = aggrs, .limits = limits, .arena = a};
	uint64_t estimated_bytes = CHUNK_ESTIMATED_BYTES;
	uint64_t *refs = arena_alloc(scratch, n * sizeof(*refs));
	struct chunk_range *ranges;
	bool ok = true;

	if (store_block_meta(b)->chunk_max_bytes > 0 &&
	    store_block_meta(b)->chunk_max_bytes < CHUNK_ESTIMATED_BYTES)
		estimated_bytes = (uint64_t)store_block_meta(b)->chunk_max_bytes;
	sort_loads(loads, n);
	for (size_t i = 0; i < n; i++)
		refs[i] = loads[i].ref;
	size_t n_ranges = chunk_ranges_plan(refs, n, estimated_bytes, CHUNK_RANGE_MAX_GAP_BYTES,
					    scratch, &ranges);
	buf_init(&l.many, FETCH_MAX_BYTES + CHUNK_MAX_BYTES, arena_tracker(a));
	buf_init(&l.one, 2 * (size_t)CHUNK_MAX_BYTES, arena_tracker(a));
	for (size_t i = 0; ok && i < n_ranges; i++)
		ok = load_range(&l, loads + ranges[i].first, &ranges[i], estimated_bytes, err);
	buf_done(&l.many);
	buf_done(&l.one);
	return ok;
}
