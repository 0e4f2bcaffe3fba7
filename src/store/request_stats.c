#include "store/request_stats.h"

#define PREFIX      "thanos_bucket_store_"
#define N_OF(array) (sizeof(array) / sizeof(*(array)))

void request_stats_touched(struct request_stats *s, enum request_data data, uint64_t n,
			   uint64_t bytes)
{
	if (!s)
		return;
	s->data[data].touched += n;
	s->data[data].touched_bytes += bytes;
}

void request_stats_fetched(struct request_stats *s, enum request_data data, uint64_t n,
			   uint64_t bytes, int64_t took_ns)
{
	if (!s)
		return;
	s->data[data].fetched += n;
	s->data[data].fetched_bytes += bytes;
	s->data[data].fetches++;
	s->data[data].fetch_ns += took_ns;
}

void request_stats_waited(struct request_stats *s, enum request_data data, int64_t took_ns)
{
	if (s && s->metrics)
		histogram_metric_observe(
		    histogram_metric_at(s->metrics->fetch_seconds[data], s->tenant),
		    (double)took_ns / 1e9);
}

void request_stats_refetched(struct request_stats *s, enum request_data data)
{
	if (s && s->metrics)
		counter_inc(counter_at(s->metrics->refetches[data], s->tenant));
}

void request_stats_found_nothing(struct request_stats *s)
{
	if (s && s->metrics)
		counter_inc(counter_at(s->metrics->empty_postings, s->tenant));
}

/* --- metrics -------------------------------------------------------------------------------- */

static const char *const data_names[REQUEST_DATA_N] = {
    [REQUEST_POSTINGS] = "postings",
    [REQUEST_SERIES] = "series",
    [REQUEST_CHUNKS] = "chunks",
};

static const double seconds[] = {0.001, 0.01, 0.1, 0.3, 0.6, 1, 3, 6, 9, 20, 30, 60, 90, 120};
static const double chunk_bytes[] = {32,        256,     512,      1 << 10,   32 << 10, 256 << 10,
				     512 << 10, 1 << 20, 32 << 20, 256 << 20, 512 << 20};
static const double postings_bytes[] = {32,        256,       512,       1 << 10,  32 << 10,
					256 << 10, 512 << 10, 1 << 20,   32 << 20, 128 << 20,
					256 << 20, 512 << 20, 768 << 20, 1 << 30};

enum { POWERS_MAX = 16 };

static const double *powers(double *out, double first, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = i ? out[i - 1] * 2 : first;
	return out;
}

/* Of one kind of data; those of postings have no counterpart among the refetches. */
static void register_fetches(struct request_metrics *out, struct metrics *m)
{
	out->fetch_seconds[REQUEST_POSTINGS] = metrics_histograms(
	    m, PREFIX "postings_fetch_duration_seconds",
	    "The time it takes to fetch postings to respond to a request sent to a store gateway. "
	    "It includes both the time to fetch it from the cache and from storage in case of "
	    "cache misses.",
	    seconds, N_OF(seconds), "tenant");
	out->fetch_seconds[REQUEST_SERIES] = metrics_histograms(
	    m, PREFIX "series_fetch_duration_seconds",
	    "The time it takes to fetch series to respond to a request sent to a store gateway. It "
	    "includes both the time to fetch it from the cache and from storage in case of cache "
	    "misses.",
	    seconds, N_OF(seconds), "tenant");
	out->fetch_seconds[REQUEST_CHUNKS] = metrics_histograms(
	    m, PREFIX "chunks_fetch_duration_seconds",
	    "The total time spent fetching chunks within a single request for one block.", seconds,
	    N_OF(seconds), "tenant");
	out->fetch_sum_seconds[REQUEST_SERIES] = metrics_histograms(
	    m, PREFIX "series_fetch_duration_sum_seconds",
	    "The total time it takes to fetch series to respond to a request sent to a store "
	    "gateway across all series batches. It includes both the time to fetch it from the "
	    "cache and from storage in case of cache misses.",
	    seconds, N_OF(seconds), "tenant");
	out->fetch_sum_seconds[REQUEST_CHUNKS] = metrics_histograms(
	    m, PREFIX "chunks_fetch_duration_sum_seconds",
	    "The total absolute time spent fetching chunks within a single request for one block.",
	    seconds, N_OF(seconds), "tenant");
	out->refetches[REQUEST_SERIES] = metrics_counters(
	    m, PREFIX "series_refetches_total",
	    "Total number of cases where configured estimated series bytes was not enough was to "
	    "fetch series from index, resulting in refetch.",
	    "tenant");
	out->refetches[REQUEST_CHUNKS] = metrics_counters(
	    m, PREFIX "chunk_refetches_total",
	    "Total number of cases where configured estimated chunk bytes was not enough was to "
	    "fetch chunks from object store, resulting in refetch.",
	    "tenant");
}

static void register_data(struct request_metrics *out, struct metrics *m)
{
	double b[POWERS_MAX];

	out->data_touched = metrics_histograms(
	    m, PREFIX "series_data_touched",
	    "Number of items of a data type touched to fulfill a single Store API series request.",
	    powers(b, 200, 15), 15, "data_type", "tenant");
	out->data_fetched = metrics_histograms(
	    m, PREFIX "series_data_fetched",
	    "Number of items of a data type retrieved to fulfill a single Store API series request.",
	    powers(b, 200, 15), 15, "data_type", "tenant");
	out->data_size_touched = metrics_histograms(
	    m, PREFIX "series_data_size_touched_bytes",
	    "Total size of items of a data type touched to fulfill a single Store API series "
	    "request in Bytes.",
	    powers(b, 1024, 15), 15, "data_type", "tenant");
	out->data_size_fetched = metrics_histograms(
	    m, PREFIX "series_data_size_fetched_bytes",
	    "Total size of items of a data type fetched to fulfill a single Store API series "
	    "request in Bytes.",
	    powers(b, 1024, 15), 15, "data_type", "tenant");
	out->blocks_queried = metrics_histograms(
	    m, PREFIX "series_blocks_queried",
	    "Number of blocks in a bucket store that were touched to satisfy a query.",
	    powers(b, 1, 10), 10, "tenant");
	out->result_series =
	    metrics_histograms(m, PREFIX "series_result_series",
			       "Number of series observed in the final result of a query.",
			       powers(b, 100, 15), 15, "tenant");
}

static void register_times_and_sizes(struct request_metrics *out, struct metrics *m)
{
	out->get_all_seconds = metrics_histograms(
	    m, PREFIX "series_get_all_duration_seconds",
	    "Time it takes until all per-block prepares and loads for a query are finished.",
	    seconds, N_OF(seconds), "tenant");
	out->merge_seconds = metrics_histograms(
	    m, PREFIX "series_merge_duration_seconds",
	    "Time it takes to merge sub-results from all queried blocks into a single result.",
	    seconds, N_OF(seconds), "tenant");
	out->sent_chunk_bytes =
	    metrics_histograms(m, PREFIX "sent_chunk_size_bytes",
			       "Size in bytes of the chunks for the single series, which is "
			       "adequate to the gRPC message size sent to querier.",
			       chunk_bytes, N_OF(chunk_bytes), "tenant");
	out->postings_bytes =
	    metrics_histograms(m, PREFIX "postings_size_bytes",
			       "Size in bytes of the postings for a single series call.",
			       postings_bytes, N_OF(postings_bytes), "tenant");
	out->queries_dropped = metrics_counters(
	    m, PREFIX "queries_dropped_total",
	    "Number of queries that were dropped due to the limit.", "reason", "tenant");
}

static void register_postings(struct request_metrics *out, struct metrics *m)
{
	out->empty_postings = metrics_counters(
	    m, PREFIX "empty_postings_total",
	    "Total number of empty postings when fetching block series.", "tenant");
	out->lazy_postings = metrics_counter(
	    m, PREFIX "lazy_expanded_postings_total",
	    "Total number of times when lazy expanded posting optimization applies.");
	out->lazy_groups = metrics_counters(
	    m, PREFIX "lazy_expanded_posting_groups_total",
	    "Total number of posting groups that are marked as lazy and corresponding reason",
	    "reason");
	out->lazy_group_bytes =
	    metrics_counter(m, PREFIX "lazy_expanded_posting_size_bytes_total",
			    "Total number of lazy posting group size in bytes.");
	out->lazy_overfetched_bytes = metrics_counter(
	    m, PREFIX "lazy_expanded_posting_series_overfetched_size_bytes_total",
	    "Total number of series size in bytes overfetched due to posting lazy expansion.");
}

void request_metrics_init(struct request_metrics *out, struct metrics *m)
{
	*out = (struct request_metrics){0};
	if (!m)
		return;
	register_data(out, m);
	register_times_and_sizes(out, m);
	register_fetches(out, m);
	register_postings(out, m);
}

static void observe(struct family *f, double value, const char *tenant)
{
	histogram_metric_observe(histogram_metric_at(f, tenant), value);
}

static void observe_data(const struct request_stats *s, enum request_data data)
{
	const struct request_metrics *m = s->metrics;
	const struct request_data_stats *d = &s->data[data];
	const struct {
		struct family *family;
		uint64_t value;
	} values[] = {
	    {m->data_touched, d->touched},
	    {m->data_fetched, d->fetched},
	    {m->data_size_touched, d->touched_bytes},
	    {m->data_size_fetched, d->fetched_bytes},
	};

	for (size_t i = 0; i < N_OF(values); i++)
		histogram_metric_observe(
		    histogram_metric_at(values[i].family, data_names[data], s->tenant),
		    (double)values[i].value);
	if (m->fetch_sum_seconds[data])
		observe(m->fetch_sum_seconds[data], (double)d->fetch_ns / 1e9, s->tenant);
}

void request_metrics_observe_start(const struct request_stats *s)
{
	if (!s->metrics)
		return;
	observe(s->metrics->blocks_queried, (double)s->blocks, s->tenant);
	observe(s->metrics->get_all_seconds, (double)s->get_all_ns / 1e9, s->tenant);
}

void request_metrics_observe_merge(const struct request_stats *s)
{
	if (s->metrics)
		observe(s->metrics->merge_seconds, (double)s->merge_ns / 1e9, s->tenant);
}

void request_metrics_observe(const struct request_stats *s)
{
	const struct request_metrics *m = s->metrics;
	const struct request_data_stats *postings = &s->data[REQUEST_POSTINGS];

	if (!m)
		return;
	for (int i = 0; i < REQUEST_DATA_N; i++)
		observe_data(s, (enum request_data)i);
	observe(m->result_series, (double)s->merged_series, s->tenant);
	observe(m->postings_bytes, (double)(postings->fetched_bytes + postings->touched_bytes),
		s->tenant);
}
