#include "cache/memcached_metrics.h"

#include "base/clock.h"
#include "base/duration.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const op_names[] = {
    [MEMCACHED_GET_MULTI] = "getmulti",
    [MEMCACHED_SET] = "set",
};

static const char *const failure_names[] = {
    [MEMCACHED_TIMEOUT] = "timeout",
    [MEMCACHED_MALFORMED_KEY] = "malformed-key",
    [MEMCACHED_SERVER_ERROR] = "server-error",
    [MEMCACHED_NETWORK_ERROR] = "network-error",
    [MEMCACHED_OTHER] = "other",
};

static const double SECONDS[] = {0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 3, 6, 10};
static const double BYTES[] = {
    32, 256, 512, 1024, 32 << 10, 256 << 10, 512 << 10, 1 << 20, 32 << 20, 256 << 20, 512 << 20,
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

struct int_text {
	char s[24];
};

static struct int_text text_of(int64_t i)
{
	struct int_text t;

	snprintf(t.s, sizeof(t.s), "%" PRId64, i);
	return t;
}

static void set_info(struct metrics *m, const struct memcached_config *c, const char *name)
{
	struct family *info = metrics_gauges(
	    m, "thanos_memcached_client_info",
	    "A metric with a constant '1' value labeled by configuration options from which "
	    "memcached client was configured.",
	    "timeout", "max_idle_connections", "max_async_concurrency", "max_async_buffer_size",
	    "max_item_size", "max_get_multi_concurrency", "max_get_multi_batch_size",
	    "dns_provider_update_interval", "name");

	gauge_set(gauge_at(info, duration_str(c->timeout_ns), text_of(c->max_idle_connections).s,
			   text_of(c->max_async_concurrency).s, text_of(c->max_async_buffer_size).s,
			   text_of(c->max_item_size_bytes).s,
			   text_of(c->max_get_multi_concurrency).s,
			   text_of(c->max_get_multi_batch_size).s,
			   duration_str(c->dns_update_interval_ns), name),
		  1);
}

static void init_skipped(struct memcached_metrics *mm, struct metrics *m, const char *name)
{
	struct family *skipped =
	    metrics_counters(m, "thanos_memcached_operation_skipped_total",
			     "Total number of operations against memcached that have been skipped.",
			     "operation", "reason", "name");

	counter_at(skipped, "getmulti", "max-item-size", name);
	mm->set_too_large = counter_at(skipped, "set", "max-item-size", name);
	mm->set_buffer_full = counter_at(skipped, "set", "async-buffer-full", name);
}

void memcached_metrics_init(struct memcached_metrics *mm, struct metrics *m,
			    const struct memcached_config *config, const char *name)
{
	struct family *operations =
	    metrics_counters(m, "thanos_memcached_operations_total",
			     "Total number of operations against memcached.", "operation", "name");
	struct family *failures =
	    metrics_counters(m, "thanos_memcached_operation_failures_total",
			     "Total number of operations against memcached that failed.",
			     "operation", "reason", "name");
	struct family *duration = metrics_histograms(
	    m, "thanos_memcached_operation_duration_seconds",
	    "Duration of operations against memcached.", SECONDS, N(SECONDS), "operation", "name");
	struct family *data_size =
	    metrics_histograms(m, "thanos_memcached_operation_data_size_bytes",
			       "Tracks the size of the data stored in and fetched from memcached.",
			       BYTES, N(BYTES), "operation", "name");

	for (size_t op = 0; op < MEMCACHED_N_OPS; op++) {
		mm->operations[op] = counter_at(operations, op_names[op], name);
		mm->duration[op] = histogram_metric_at(duration, op_names[op], name);
		mm->data_size[op] = histogram_metric_at(data_size, op_names[op], name);
		for (size_t i = 0; i < MEMCACHED_N_FAILURES; i++)
			mm->failures[op][i] =
			    counter_at(failures, op_names[op], failure_names[i], name);
	}
	init_skipped(mm, m, name);
	if (m)
		set_info(m, config, name);
}

void memcached_metrics_fail(const struct memcached_metrics *mm, enum memcached_op op,
			    const struct err *err)
{
	enum memcached_failure reason = err->code == ERR_TIMEOUT       ? MEMCACHED_TIMEOUT
					: err->code == ERR_UNAVAILABLE ? MEMCACHED_NETWORK_ERROR
					: err->code == ERR_INTERNAL    ? MEMCACHED_SERVER_ERROR
								       : MEMCACHED_OTHER;

	counter_inc(mm->failures[op][reason]);
}

void memcached_metrics_succeed(const struct memcached_metrics *mm, enum memcached_op op,
			       int64_t start_ns, size_t n_bytes)
{
	int64_t took_ns = clock_monotonic_ns(&clock_system) - start_ns;

	histogram_metric_observe(mm->duration[op], (double)took_ns / (double)NS_PER_S);
	histogram_metric_observe(mm->data_size[op], (double)n_bytes);
}
