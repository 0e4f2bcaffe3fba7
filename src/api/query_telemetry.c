#include "api/query_telemetry.h"

#include "base/alloc.h"
#include "base/float_text.h"
#include "base/metric.h"

#include <stdlib.h>

struct bounds {
	double *v; /* owned */
	size_t n;
};

struct query_telemetry {
	struct family *duration;
	struct histogram_metric *timespan;
	struct bounds samples, series;
};

static struct bounds bounds_copy(const double *v, size_t n)
{
	struct bounds b = {xcalloc(n + 1, sizeof(double)), n};

	for (size_t i = 0; i < n; i++)
		b.v[i] = v[i];
	return b;
}

enum { N_TIMESPANS = 12 };

static struct histogram_metric *timespan_metric(struct metrics *metrics)
{
	double seconds[N_TIMESPANS] = {15 * 60};

	for (size_t i = 1; i < N_TIMESPANS; i++)
		seconds[i] = 2 * seconds[i - 1];
	return metrics_histogram(metrics, "thanos_query_range_requested_timespan_duration_seconds",
				 "A histogram of the query range window in seconds", seconds,
				 N_TIMESPANS);
}

struct query_telemetry *query_telemetry_new(const struct query_telemetry_options *o,
					    struct metrics *metrics)
{
	struct query_telemetry *t = NEW(struct query_telemetry);

	t->duration =
	    metrics_histograms(metrics, "thanos_store_api_query_duration_seconds",
			       "Duration of the Thanos Store API select phase for a query.",
			       o->seconds, o->n_seconds, "samples_le", "series_le", "tenant");
	t->timespan = timespan_metric(metrics);
	t->samples = bounds_copy(o->samples, o->n_samples);
	t->series = bounds_copy(o->series, o->n_series);
	return t;
}

void query_telemetry_free(struct query_telemetry *t)
{
	if (!t)
		return;
	free(t->samples.v);
	free(t->series.v);
	free(t);
}

struct class_text {
	char s[FLOAT_TEXT_MAX + 1];
};

/* The first bound that is not below the value; what reaches the last one is in no class. */
static struct class_text class_of(const struct bounds *b, uint64_t value)
{
	struct class_text text = {"+Inf"};
	size_t i = 0;

	if (b->n == 0 || (double)value >= b->v[b->n - 1])
		return text;
	while (b->v[i] < (double)value)
		i++;
	text.s[float_format(text.s, b->v[i], FLOAT_F)] = '\0';
	return text;
}

void query_telemetry_observe(struct query_telemetry *t, struct str tenant,
			     const struct series_count *read, double seconds)
{
	char name[256];

	if (!t || read->n_series == 0 || read->n_samples == 0 || read->n_chunks == 0)
		return;
	struct class_text series = class_of(&t->series, read->n_series);
	struct class_text samples = class_of(&t->samples, read->n_samples);
	size_t n = tenant.n < sizeof(name) ? tenant.n : sizeof(name) - 1;
	memcpy(name, tenant.p, n);
	name[n] = '\0';
	histogram_metric_observe(histogram_metric_at(t->duration, samples.s, series.s, name),
				 seconds);
}

void query_telemetry_observe_range(struct query_telemetry *t, double seconds)
{
	if (t)
		histogram_metric_observe(t->timespan, seconds);
}
