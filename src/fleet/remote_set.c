#include "fleet/remote_set.h"

#include "fleet/selection.h"

#include <stdlib.h>

/* Beyond are no samples, and sums of a few such times are still numbers. */
#define TIME_MAX_MS (INT64_MAX / 4)

static int64_t clamp_time(int64_t t_ms)
{
	if (t_ms > TIME_MAX_MS)
		return TIME_MAX_MS;
	return t_ms < -TIME_MAX_MS ? -TIME_MAX_MS : t_ms;
}

/* Where the databases of one share begin, as far as it counts. */
struct share {
	struct labels labels;
	int64_t min_t_ms;
};

struct share_list {
	struct share *v;
	size_t n, cap;
};

static void add_share(struct arena *a, struct share_list *shares, struct labels labels,
		      int64_t min_t_ms, bool takes_earliest)
{
	for (size_t i = 0; i < shares->n; i++) {
		struct share *known = &shares->v[i];
		if (!labels_eq(known->labels, labels))
			continue;
		if ((min_t_ms < known->min_t_ms) == takes_earliest)
			known->min_t_ms = min_t_ms;
		return;
	}
	struct share fresh = {labels, min_t_ms};
	ARENA_PUSH(a, shares, fresh);
}

static void describe(struct remote_engine *engine, const struct endpoint *e,
		     const struct remote_options *options, const struct query_request *req,
		     struct arena *a)
{
	struct labels *sets = ARENA_ARRAY(a, struct labels, e->info.n_tsdbs);
	struct labels *partitions = ARENA_ARRAY(a, struct labels, e->info.n_tsdbs);
	struct share_list shares = {0};
	int64_t min_t_ms = INT64_MAX, max_t_ms = INT64_MIN;

	for (size_t i = 0; i < e->info.n_tsdbs; i++) {
		const struct tsdb_info *tsdb = &e->info.tsdbs[i];
		sets[i] = labels_without(a, tsdb->labels, req->replica_labels,
					 req->dedup ? req->n_replica_labels : 0);
		partitions[i] = sets[i];
		if (options->n_partition_labels)
			partitions[i] = labels_only(a, sets[i], options->partition_labels,
						    options->n_partition_labels);
		add_share(a, &shares, partitions[i], tsdb->min_t_ms, options->takes_earliest);
		max_t_ms = tsdb->max_t_ms > max_t_ms ? tsdb->max_t_ms : max_t_ms;
	}
	for (size_t i = 0; i < shares.n; i++)
		min_t_ms = shares.v[i].min_t_ms < min_t_ms ? shares.v[i].min_t_ms : min_t_ms;
	*engine = (struct remote_engine){
	    .address = e->address,
	    .service = e->query,
	    .min_t_ms = clamp_time(min_t_ms),
	    .max_t_ms = clamp_time(max_t_ms),
	    .label_sets = sets,
	    .n_label_sets = e->info.n_tsdbs,
	    .partition_sets = partitions,
	    .n_partition_sets = e->info.n_tsdbs,
	};
}

static int cmp_engines(const void *a, const void *b)
{
	const struct remote_engine *x = a, *y = b;

	if (x->min_t_ms != y->min_t_ms)
		return x->min_t_ms < y->min_t_ms ? -1 : 1;
	return strcmp(x->address, y->address);
}

void remote_set_init(struct remote_set *set, const struct remote_options *options,
		     const struct query_request *request, const struct store_filter *filter)
{
	*set = (struct remote_set){
	    .engines.request = *request,
	    .endpoints = endpoint_set_snapshot(options->endpoints),
	    .arena = arena_new(NULL),
	};
	struct remote_engine *v = ARENA_ARRAY(set->arena, struct remote_engine, set->endpoints->n);
	for (size_t i = 0; i < set->endpoints->n; i++) {
		const struct endpoint *e = &set->endpoints->v[i];
		if (e->queryable && e->query && e->info.has_query && e->info.n_tsdbs > 0 &&
		    endpoint_is_chosen(e, filter))
			describe(&v[set->engines.n++], e, options, request, set->arena);
	}
	if (set->engines.n)
		qsort(v, set->engines.n, sizeof(*v), cmp_engines);
	set->engines.v = v;
}

void remote_set_done(struct remote_set *set)
{
	endpoints_unref(set->endpoints);
	arena_free(set->arena);
}
