#include "store/block_request.h"

#include "base/clock.h"

struct index_cache_block block_request_cached(const struct block_request *r)
{
	return (struct index_cache_block){
	    .id = store_block_id(r->block),
	    .index_version = r->index_version,
	    .index_bytes = store_block_index(r->block)->size_bytes,
	};
}

uint64_t block_request_series_bytes(const struct block_request *r)
{
	uint64_t most = r->sizes.series_bytes ? r->sizes.series_bytes : ESTIMATED_SERIES_BYTES;
	int64_t known = store_block_meta(r->block)->series_max_bytes;

	return known > 0 && (uint64_t)known < most ? (uint64_t)known : most;
}

static const char *const what_is_fetched[REQUEST_DATA_N] = {
    [REQUEST_POSTINGS] = "postings",
    [REQUEST_SERIES] = "series",
    [REQUEST_CHUNKS] = "chunks",
};

/* Thanos' words. */
static bool reserve(const struct block_request *r, enum request_data data, uint64_t bytes,
		    struct err *err)
{
	if (!ctx_check(r->ctx, err) || !tracker_check(r->tracker, err))
		return false;
	if (store_limits_reserve(r->limits, STORE_LIMIT_BYTES, bytes, err))
		return true;
	return err_wrap(err, "while fetching %s", what_is_fetched[data]);
}

bool block_request_get_index(const struct block_request *r, enum request_data data, size_t n,
			     uint64_t start, uint64_t end, struct byte_sink *sink, struct err *err)
{
	int64_t began_ns = clock_monotonic_ns(&clock_system);

	if (!reserve(r, data, end - start, err) ||
	    !store_block_get_index(r->block, r->ctx, start, end, sink, err))
		return false;
	request_stats_fetched(r->stats, data, n, end - start,
			      clock_monotonic_ns(&clock_system) - began_ns);
	return true;
}

bool block_request_get_chunks(const struct block_request *r, uint32_t segment, size_t n,
			      uint64_t start, uint64_t end, struct byte_sink *sink, struct err *err)
{
	int64_t began_ns = clock_monotonic_ns(&clock_system);

	if (!reserve(r, REQUEST_CHUNKS, end - start, err) ||
	    !store_block_get_chunks(r->block, r->ctx, segment, start, end, sink, err))
		return false;
	request_stats_fetched(r->stats, REQUEST_CHUNKS, n, end - start,
			      clock_monotonic_ns(&clock_system) - began_ns);
	return true;
}
