#include "cache/memory_metrics.h"

#include "base/alloc.h"

#include <stdlib.h>

struct memory_metric {
	const struct memory_metrics *of;
	size_t offset;
	struct metric_callback *callback;
};

struct memory_metrics {
	const struct memory_cache *cache;
	const char *label_names[2];
	const char *const *kinds;
	size_t n_kinds;
	const char *only_kind; /* where there is one */
	size_t n;
	struct memory_metric v[];
};

static void emit(struct metric_sink *sink, void *arg)
{
	const struct memory_metric *m = arg;

	for (unsigned i = 0; i < m->of->n_kinds; i++) {
		struct memory_cache_counts counts = memory_cache_counts(m->of->cache, i);
		uint64_t value;
		memcpy(&value, (const char *)&counts + m->offset, sizeof(value));
		metric_emit(sink, (double)value, m->of->kinds[i]);
	}
}

struct memory_metrics *memory_metrics_new(struct metrics *m, const struct memory_cache *c,
					  const struct memory_metric_spec *specs, size_t n_specs,
					  const char *label, const char *const *kinds,
					  size_t n_kinds)
{
	if (!m)
		return NULL;
	struct memory_metrics *mm = xcalloc(1, sizeof(*mm) + n_specs * sizeof(mm->v[0]));

	mm->cache = c;
	mm->label_names[0] = label;
	mm->only_kind = kinds[0];
	mm->kinds = n_kinds == 1 ? &mm->only_kind : kinds;
	mm->n_kinds = n_kinds;
	mm->n = n_specs;
	for (size_t i = 0; i < n_specs; i++) {
		struct metric_spec spec = {.name = specs[i].name,
					   .help = specs[i].help,
					   .type = specs[i].type,
					   .label_names = mm->label_names};
		mm->v[i].of = mm;
		mm->v[i].offset = specs[i].offset;
		mm->v[i].callback = metrics_callback(m, &spec, emit, &mm->v[i]);
	}
	return mm;
}

void memory_metrics_free(struct memory_metrics *mm)
{
	if (!mm)
		return;
	for (size_t i = 0; i < mm->n; i++)
		metrics_callback_remove(mm->v[i].callback);
	free(mm);
}

#define COUNT(metric, text, kind, member)                                                          \
	{                                                                                          \
		"thanos_cache_inmemory_" metric, text, kind,                                       \
		    offsetof(struct memory_cache_counts, member)                                   \
	}

static const struct memory_metric_spec named_specs[] = {
    COUNT("requests_total", "Total number of requests to the inmemory cache.", METRIC_COUNTER,
	  requests),
    COUNT("hits_total", "Total number of requests to the inmemory cache that were a hit.",
	  METRIC_COUNTER, hits),
    COUNT("hits_on_expired_data_total",
	  "Total number of requests to the inmemory cache that were a hit but needed to be evicted "
	  "due to TTL.",
	  METRIC_COUNTER, expired),
    COUNT("items_added_total", "Total number of items that were added to the inmemory cache.",
	  METRIC_COUNTER, added),
    COUNT("items_evicted_total", "Total number of items that were evicted from the inmemory cache.",
	  METRIC_COUNTER, evicted),
    COUNT(
	"items_overflowed_total",
	"Total number of items that could not be added to the inmemory cache due to being too big.",
	METRIC_COUNTER, overflowed),
    COUNT("items", "Current number of items in the inmemory cache.", METRIC_GAUGE, items),
    COUNT("items_size_bytes", "Current byte size of items in the inmemory cache.", METRIC_GAUGE,
	  value_bytes),
    COUNT("total_size_bytes",
	  "Current byte size of items (both value and key) in the inmemory cache.", METRIC_GAUGE,
	  total_bytes),
};

struct memory_metrics *memory_metrics_new_named(struct metrics *m, const struct memory_cache *c,
						const char *name)
{
	struct memory_metrics *mm = memory_metrics_new(
	    m, c, named_specs, sizeof(named_specs) / sizeof(*named_specs), "name", &name, 1);

	if (!mm)
		return NULL;
	gauge_set(gauge_at(metrics_gauges(
			       m, "thanos_cache_inmemory_max_size_bytes",
			       "Maximum number of bytes to be held in the inmemory cache.", "name"),
			   name),
		  (double)memory_cache_max_bytes(c));
	gauge_set(gauge_at(metrics_gauges(m, "thanos_cache_inmemory_max_item_size_bytes",
					  "Maximum number of bytes for single entry to be held in "
					  "the inmemory cache.",
					  "name"),
			   name),
		  (double)memory_cache_max_item_bytes(c));
	return mm;
}
