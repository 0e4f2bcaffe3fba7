#include "gateway/gateway.h"

#include "base/alloc.h"

#include <stdlib.h>

enum { N_FILTERS = 6 };

enum { SCANS_PER_DELAY = 4, SCAN_INTERVAL_MAX_MS = 6 * 60 * 60 * 1000 };

struct gateway {
	struct parquet_filter parquet;
	struct time_partition_filter time_partition;
	struct relabel_filter selector;
	struct consistency_delay_filter consistency_delay;
	struct deletion_mark_filter deletion_marks;
	struct duplicate_filter duplicates;
	struct block_filter *filters[N_FILTERS]; /* in Thanos' order */
	struct fetcher *fetcher;
	struct bucket_store *store;
};

static void make_filters(struct gateway *g, const struct gateway_options *o)
{
	parquet_filter_init(&g->parquet, o->parquet_bucket, o->fetch_concurrency);
	relabel_filter_init(&g->selector, o->selector, NULL, 0);
	time_partition_filter_init(&g->time_partition, o->min_time, o->max_time, o->clock);
	consistency_delay_filter_init(&g->consistency_delay, o->consistency_delay_ms, o->clock);
	deletion_mark_filter_init(&g->deletion_marks, o->bucket, o->ignore_deletion_marks_delay_ms,
				  o->fetch_concurrency, o->clock, o->logger);
	duplicate_filter_init(&g->duplicates);
	g->filters[0] = &g->parquet.base;
	g->filters[1] = &g->time_partition.base;
	g->filters[2] = &g->selector.base;
	g->filters[3] = &g->consistency_delay.base;
	g->filters[4] = &g->deletion_marks.base;
	g->filters[5] = &g->duplicates.base;
}

/* A mark counts when it is so old; it is seen long before. */
static int64_t scan_interval_ms(const struct gateway_options *o)
{
	int64_t ms = o->ignore_deletion_marks_delay_ms / SCANS_PER_DELAY;

	return ms < SCAN_INTERVAL_MAX_MS ? ms : SCAN_INTERVAL_MAX_MS;
}

struct gateway *gateway_new(const struct gateway_options *o)
{
	struct gateway *g = NEW(struct gateway);

	make_filters(g, o);
	g->fetcher = fetcher_new(&(struct fetcher_options){
	    .bucket = o->bucket,
	    .discovery = o->discovery,
	    .concurrency = o->fetch_concurrency,
	    .data_dir = o->data_dir,
	    .scan_interval_ms = scan_interval_ms(o),
	    .keeps_little = true,
	    .clock = o->clock,
	    .filters = g->filters,
	    .n_filters = N_FILTERS,
	    .metrics = o->metrics,
	    .logger = o->logger,
	});
	g->store = bucket_store_new(&(struct bucket_store_options){
	    .bucket = o->bucket,
	    .fetcher = g->fetcher,
	    .data_dir = o->data_dir,
	    .block_sync_concurrency = o->sync_concurrency,
	    .warming = o->warming,
	    .header_keep_every = o->header_keep_every,
	    .header_idle_timeout_ms = o->header_idle_timeout_ms,
	    .memory = o->memory,
	    .min_time = o->min_time,
	    .max_time = o->max_time,
	    .limits = o->limits,
	    .requests = o->requests,
	    .gate = o->gate,
	    .clock = o->clock,
	    .metrics = o->metrics,
	    .logger = o->logger,
	});
	return g;
}

void gateway_free(struct gateway *g)
{
	if (!g)
		return;
	store_close(bucket_store_api(g->store));
	fetcher_free(g->fetcher);
	deletion_mark_filter_done(&g->deletion_marks);
	free(g);
}

struct bucket_store *gateway_store(struct gateway *g)
{
	return g->store;
}
