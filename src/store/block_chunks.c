#include "store/block_chunks.h"

#include "base/clock.h"
#include "codec/aggr_chunk.h"
#include "codec/plain_chunk.h"
#include "codec/varint.h"
#include "model/store_api.h"
#include "store/record_read.h"
#include "tsdb/chunks_reader.h"

#include <inttypes.h>
#include <stdlib.h>

struct loading {
	const struct block_request *r;
	unsigned aggrs;
	struct range_arenas *arenas;
	const struct chunk_load *loads;
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

static struct chunk_data keep(struct arena *a, struct chunk_data data)
{
	data.data = (const uint8_t *)arena_str(a, str_from(data.data, data.size_bytes)).p;
	return data;
}

static bool keep_aggrs(unsigned aggrs, struct chunk_data data, struct arena *a, struct chunk *to,
		       struct err *err)
{
	struct chunk_data all[AGGR_N];
	struct chunk_data *wanted = ARENA_ARRAY(a, struct chunk_data, AGGR_N);

	if (!aggr_chunk_split(data.data, data.size_bytes, all, err))
		return false;
	for (size_t i = 0; i < AGGR_N; i++) {
		enum aggr aggr = aggr_wants[i].aggr;
		if (!(aggrs & aggr_wants[i].want))
			continue;
		if (!all[aggr].data)
			return err_set(err, ERR_CORRUPT, "aggregate %s does not exist",
				       aggr_wants[i].name);
		wanted[aggr] = keep(a, all[aggr]);
	}
	to->aggrs = wanted;
	return true;
}

static bool keep_chunk(unsigned aggrs, struct chunk_data data, struct arena *a, struct chunk *to,
		       struct err *err)
{
	switch (data.encoding) {
	case CHUNK_XOR:
	case CHUNK_HISTOGRAM:
	case CHUNK_FLOAT_HISTOGRAM:
		to->raw = keep(a, data);
		return true;
	case CHUNK_AGGR:
		return keep_aggrs(aggrs, data, a, to, err);
	case CHUNK_XOR2:
	case CHUNK_HISTOGRAM_ST:
	case CHUNK_FLOAT_HISTOGRAM_ST:
		return chunk_make_plain(&data, a, &to->raw, err);
	case CHUNK_NONE:
		break;
	}
	return err_set(err, ERR_UNSUPPORTED, "unsupported chunk encoding %d", (int)data.encoding);
}

/* --- many chunks --------------------------------------------------------------------------- */

/* A place is a segment in the upper half and an offset in the lower one, as chunks are named:
 * segments lie too far apart from each other for one fetch. */
static bool get(void *arg, size_t n, uint64_t start, uint64_t end, struct byte_sink *sink,
		struct err *err)
{
	const struct loading *l = arg;
	uint32_t segment = chunk_ref_segment(start);
	uint64_t first = chunk_ref_offset(start);

	return block_request_get_chunks(l->r, segment, n, first, first + (end - start), sink, err);
}

/* Length of the data (uvarint), encoding, data, checksum. */
static uint64_t chunk_size(const uint8_t *p, size_t n)
{
	uint64_t data_bytes;
	size_t used = uvarint_get(p, p + n, &data_bytes);

	if (used == 0)
		return n < VARINT_MAX_BYTES ? n + 1 : 0;
	return data_bytes > CHUNK_MAX_BYTES ? 0 : used + 1 + data_bytes + 4;
}

static bool take_record(void *arg, size_t worker, size_t i, const uint8_t *p, size_t n,
			struct err *err)
{
	const struct loading *l = arg;
	const struct chunk_load *load = &l->loads[i];
	struct arena *a = range_arena(l->arenas, worker);
	struct chunk_data data;
	size_t size;

	/* One fetch may have more of them than was thought. */
	return tracker_check(l->r->tracker, err) && chunk_parse(p, n, &data, &size, err) &&
	       keep_chunk(l->aggrs, data, a, load->to, err);
}

static void refetch(void *arg)
{
	const struct loading *l = arg;

	request_stats_refetched(l->r->stats, REQUEST_CHUNKS);
}

static bool blame(void *arg, uint64_t place, struct err *err)
{
	(void)arg;
	return err_wrap(err, "chunks/%06" PRIu32 ": chunk at byte %" PRIu32,
			chunk_ref_segment(place) + 1, chunk_ref_offset(place));
}

static uint64_t estimated_bytes(const struct block_request *r)
{
	uint64_t most = r->sizes.chunk_bytes ? r->sizes.chunk_bytes : ESTIMATED_CHUNK_BYTES;
	int64_t known = store_block_meta(r->block)->chunk_max_bytes;

	return known > 0 && (uint64_t)known < most ? (uint64_t)known : most;
}

static void count(const struct block_request *r, const struct chunk_load *loads, size_t n)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < n; i++) {
		const struct chunk *c = loads[i].to;
		bytes += c->raw.size_bytes;
		for (int k = 0; c->aggrs && k < AGGR_N; k++)
			bytes += c->aggrs[k].size_bytes;
	}
	request_stats_touched(r->stats, REQUEST_CHUNKS, n, bytes);
}

bool block_chunks_load(const struct block_request *r, struct chunk_load *loads, size_t n,
		       unsigned aggrs, struct range_arenas *arenas, struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(r->tracker);
	struct loading l = {.r = r, .aggrs = aggrs, .arenas = arenas, .loads = loads};
	uint64_t *places = arena_alloc(scratch, n * sizeof(*places));
	int64_t began_ns = clock_monotonic_ns(&clock_system);
	struct record_read read = {
	    .arg = &l,
	    .get = get,
	    .size = chunk_size,
	    .on_record = take_record,
	    .refetch = refetch,
	    .blame = blame,
	    .estimated_bytes = estimated_bytes(r),
	    .max_bytes = CHUNK_MAX_BYTES + 32,
	    .pool = r->ranges,
	    .tracker = r->tracker,
	};

	sort_loads(loads, n);
	for (size_t i = 0; i < n; i++)
		places[i] = loads[i].ref;
	if (!record_read_all(&read, places, n, err))
		return false;
	request_stats_waited(r->stats, REQUEST_CHUNKS,
			     clock_monotonic_ns(&clock_system) - began_ns);
	count(r, loads, n);
	return true;
}
