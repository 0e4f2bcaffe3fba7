#include "cmd/store_request_flags.h"

const struct flag_spec REQUEST_FLAGS[N_REQUEST_FLAGS] = {
    {.name = "chunk-pool-size",
     FLAG_BYTES(struct request_flags, chunk_pool_bytes),
     .default_text = "2GB",
     .help = "Maximum size of concurrently allocatable bytes reserved strictly to reuse for chunks "
	     "in memory."},
    {.name = "store.grpc.downloaded-bytes-limit",
     FLAG_BYTES(struct request_flags, downloaded_bytes_limit),
     .default_text = "0",
     .help = "Maximum amount of downloaded (either fetched or touched) bytes in a single "
	     "Series/LabelNames/LabelValues call. The Series call fails if this limit is exceeded. "
	     "0 means no limit."},
    {.name = "store.enable-lazy-expanded-postings",
     FLAG_BOOL(struct request_flags, lazy_postings),
     .default_text = "false",
     .help = "If true, Store Gateway will estimate postings size and try to lazily expand postings "
	     "if it downloads less data than expanding all postings."},
    {.name = "store.posting-group-max-key-series-ratio",
     FLAG_FLOAT(struct request_flags, max_lists_per_series),
     .default_text = "100",
     .help = "Mark posting group as lazy if it fetches more keys than R * max series the query "
	     "should fetch. With R set to 100, a posting group which fetches 100K keys will be "
	     "marked as lazy if the current query only fetches 1000 series. "
	     "thanos_bucket_store_lazy_expanded_posting_groups_total shows lazy expanded postings "
	     "groups with reasons and you can tune this config accordingly. This config is only "
	     "valid if lazy expanded posting is enabled. 0 disables the limit."},
    {.name = "debug.series-batch-size",
     FLAG_INT(struct request_flags, batch_series),
     .default_text = "10000",
     .help = "The batch size when fetching series from TSDB blocks. Setting the number too high "
	     "can lead to slower retrieval, while setting it too low can lead to throttling caused "
	     "by too many calls made to object storage.",
     .attrs = FLAG_HIDDEN},
    {.name = "debug.estimated-max-series-size",
     FLAG_UINT(struct request_flags, estimated_series_bytes),
     .default_text = "65536",
     .help = "Estimated max series size. Setting a value might result in over fetching data while "
	     "a small value might result in data refetch. Default value is 64KB.",
     .attrs = FLAG_HIDDEN},
    {.name = "debug.estimated-max-chunk-size",
     FLAG_UINT(struct request_flags, estimated_chunk_bytes),
     .default_text = "16000",
     .help = "Estimated max chunk size. Setting a value might result in over fetching data while a "
	     "small value might result in data refetch. Default value is 16KiB.",
     .attrs = FLAG_HIDDEN},
};

const struct flag_spec OLD_LIMIT_FLAGS[2] = {
    {.name = "store.grpc.touched-series-limit",
     FLAG_UINT(struct limit_flags, request_series),
     .default_text = "0",
     .help = "DEPRECATED: use store.limits.request-series."},
    {.name = "store.grpc.series-sample-limit",
     FLAG_UINT(struct limit_flags, request_samples),
     .default_text = "0",
     .help = "DEPRECATED: use store.limits.request-samples."},
};

enum {
	CONCURRENCY_DEFAULT = 20,
	REQUEST_BYTES_MIN = 4 << 20,
	REQUEST_BYTES_MAX = 128 << 20,
	KEPT_PART = 8, /* of what is on its way: for requests that come when others hold the rest */
};

/* What requests may hold of series that are on their way. */
static int64_t bytes_on_their_way(const struct request_flags *f, int64_t memory_bytes)
{
	return memory_bytes / 2 < f->chunk_pool_bytes ? memory_bytes / 2 : f->chunk_pool_bytes;
}

/* What one request holds at least, however many there are. */
static size_t bytes_of_request(int64_t all_bytes, int64_t concurrency)
{
	int64_t bytes =
	    all_bytes / KEPT_PART / (concurrency > 0 ? concurrency : CONCURRENCY_DEFAULT);

	if (bytes < REQUEST_BYTES_MIN)
		return REQUEST_BYTES_MIN;
	return bytes < REQUEST_BYTES_MAX ? (size_t)bytes : REQUEST_BYTES_MAX;
}

struct bucket_request_options request_options(const struct request_flags *f, int64_t memory_bytes,
					      int64_t concurrency)
{
	int64_t all_bytes = bytes_on_their_way(f, memory_bytes);

	return (struct bucket_request_options){
	    .thrift = {.assumes_half = f->lazy_postings,
		       .max_lists_per_series = f->max_lists_per_series},
	    .sizes = {.series_bytes = f->estimated_series_bytes,
		      .chunk_bytes = f->estimated_chunk_bytes},
	    .batch_series = (size_t)f->batch_series,
	    .memory_bytes = bytes_of_request(all_bytes, concurrency),
	    .ahead_bytes = all_bytes - all_bytes / KEPT_PART,
	};
}
