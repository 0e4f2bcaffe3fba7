/* memory_metrics.h - what a cache in memory counts, as metrics. */
#ifndef CACHE_MEMORY_METRICS_H
#define CACHE_MEMORY_METRICS_H

#include "base/metric.h"
#include "cache/memory.h"

struct memory_metrics;

struct memory_metric_spec {
	const char *name;
	const char *help;
	enum metric_type type;
	size_t offset; /* of the number in struct memory_cache_counts */
};

/* One point for each kind of items: `label` is what tells them apart, `kinds` its values. All is
 * borrowed, and the cache outlives the metrics. NULL without a registry. */
struct memory_metrics *memory_metrics_new(struct metrics *m, const struct memory_cache *c,
					  const struct memory_metric_spec *specs, size_t n_specs,
					  const char *label, const char *const *kinds,
					  size_t n_kinds);
void memory_metrics_free(struct memory_metrics *mm); /* NULL is fine */

/* thanos_cache_inmemory_*, of a cache whose items are of one kind and whose label `name` this is.
 */
struct memory_metrics *memory_metrics_new_named(struct metrics *m, const struct memory_cache *c,
						const char *name);

#endif
