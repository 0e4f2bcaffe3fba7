/* store_queryable.h - series for the query engine from a StoreAPI, replicas merged. */
#ifndef FLEET_STORE_QUERYABLE_H
#define FLEET_STORE_QUERYABLE_H

#include "dedup/series_samples.h"
#include "model/fanout.h"
#include "model/queryable.h"
#include "model/store_api.h"

struct gate;

/* Of one query. What is pointed to outlives the queryable. */
struct store_queryable_options {
	struct store_api *store;
	enum dedup_function dedup; /* DEDUP_NONE: replicas stay apart */
	const struct str *replica_labels;
	size_t n_replica_labels;
	enum partial_response partial_response;
	int64_t max_resolution_ms;
	struct time_range range; /* of the whole query: samples outside are not its business */
	struct shard_info shard; /* total 0: all series */
	struct gate *selects;    /* entered while a select is opened; may be NULL */
	struct str tenant;
	struct fanout *fanout; /* where is noted what came from whom; may be NULL */
};

struct queryable *store_queryable_new(const struct store_queryable_options *options);

#endif
