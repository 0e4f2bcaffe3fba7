/* metric.h - counting: counters, gauges and histograms, with or without labels.
 *
 *	struct counter *uploads = metrics_counter(m, "thanos_shipper_uploads_total", "Total ...");
 *	counter_inc(uploads);
 *
 *	struct family *requests = metrics_counters(m, "http_requests_total", "...", "code",
 *"method"); counter_inc(counter_at(requests, "200", "get"));
 *
 * A family made twice with the same name is the same family, so that two users of one kind of thing
 * share its metrics; type and label names must then agree. telemetry/exposition.h prints them all.
 *
 * Threads: everything may be called from any thread. Adding to a child takes no lock; finding one
 * by its label values takes a read lock, so hot code keeps the child. A child lives until it is
 * removed or the registry ends.
 */
#ifndef BASE_METRIC_H
#define BASE_METRIC_H

#include "base/arena.h"
#include "base/cleanup.h"

#include <stdatomic.h>

enum metric_type {
	METRIC_COUNTER,
	METRIC_GAUGE,
	METRIC_HISTOGRAM,
	METRIC_UNTYPED, /* only from callbacks */
};

struct metrics; /* a registry */
struct family;

/* A table entry. The strings and arrays are copied. */
struct metric_spec {
	const char *name;
	const char *help;
	enum metric_type type;
	const char *const *label_names; /* NULL-terminated; NULL: none */
	const double *buckets;          /* of a histogram: ascending upper bounds, without +Inf */
	size_t n_buckets;
};

struct metrics *metrics_new(void);
void metrics_free(struct metrics *m);
CLEANUP_DEFINE(struct metrics, metrics_free)

/* A NULL registry gives a NULL family or metric, which counts nothing. */
struct family *metrics_family(struct metrics *m, const struct metric_spec *spec);

/* --- single metrics and families by call; label names are C strings after the help ---------- */

#define METRIC_NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define METRIC_N(...)     (sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

struct counter *metrics_counter(struct metrics *m, const char *name, const char *help);
struct gauge *metrics_gauge(struct metrics *m, const char *name, const char *help);
struct histogram_metric *metrics_histogram(struct metrics *m, const char *name, const char *help,
					   const double *buckets, size_t n_buckets);

#define metrics_counters(m, metric_name, metric_help, ...)                                         \
	metrics_family((m), &(const struct metric_spec){.name = (metric_name),                     \
							.help = (metric_help),                     \
							.type = METRIC_COUNTER,                    \
							.label_names = METRIC_NAMES(__VA_ARGS__)})
#define metrics_gauges(m, metric_name, metric_help, ...)                                           \
	metrics_family((m), &(const struct metric_spec){.name = (metric_name),                     \
							.help = (metric_help),                     \
							.type = METRIC_GAUGE,                      \
							.label_names = METRIC_NAMES(__VA_ARGS__)})
#define metrics_histograms(m, metric_name, metric_help, upper_bounds, n_bounds, ...)               \
	metrics_family((m), &(const struct metric_spec){.name = (metric_name),                     \
							.help = (metric_help),                     \
							.type = METRIC_HISTOGRAM,                  \
							.label_names = METRIC_NAMES(__VA_ARGS__),  \
							.buckets = (upper_bounds),                 \
							.n_buckets = (n_bounds)})

/* client_golang's default bounds: .005 .. 10. */
extern const double METRIC_DEFAULT_BUCKETS[11];

/* --- children: the label values, C strings in the order of the names; made on first use ----- */

#define counter_at(f, ...)                                                                         \
	counter_of((f), (const char *const[]){__VA_ARGS__}, METRIC_N(__VA_ARGS__))
#define gauge_at(f, ...) gauge_of((f), (const char *const[]){__VA_ARGS__}, METRIC_N(__VA_ARGS__))
#define histogram_metric_at(f, ...)                                                                \
	histogram_metric_of((f), (const char *const[]){__VA_ARGS__}, METRIC_N(__VA_ARGS__))

struct counter *counter_of(struct family *f, const char *const *values, size_t n);
struct gauge *gauge_of(struct family *f, const char *const *values, size_t n);
struct histogram_metric *histogram_metric_of(struct family *f, const char *const *values, size_t n);

/* The child is gone from the next exposition on, and must not be used any more. */
#define family_remove(f, ...)                                                                      \
	family_remove_of((f), (const char *const[]){__VA_ARGS__}, METRIC_N(__VA_ARGS__))
void family_remove_of(struct family *f, const char *const *values, size_t n);
void family_clear(struct family *f);

/* --- values ----------------------------------------------------------------------------------- */

void counter_inc(struct counter *c);
void counter_add(struct counter *c, double v); /* v >= 0 */
double counter_value(const struct counter *c);

void gauge_set(struct gauge *g, double v);
void gauge_add(struct gauge *g, double v);
static inline void gauge_inc(struct gauge *g)
{
	gauge_add(g, 1);
}
static inline void gauge_dec(struct gauge *g)
{
	gauge_add(g, -1);
}
void gauge_set_to_now(struct gauge *g); /* seconds since 1970 */
double gauge_value(const struct gauge *g);

void histogram_metric_observe(struct histogram_metric *h, double v);
uint64_t histogram_metric_count(const struct histogram_metric *h);

/* --- values that are asked for when somebody looks ------------------------------------------- */

struct metric_sink;

/* Called at every exposition, from one thread at a time; gives its samples by metric_emit(). Values
 * emitted for the same labels, by several callbacks of one family, are added up. */
typedef void metric_callback_fn(struct metric_sink *sink, void *arg);

struct metric_callback;
/* Not in a NULL registry. The spec's type is counter, gauge or untyped. */
struct metric_callback *metrics_callback(struct metrics *m, const struct metric_spec *spec,
					 metric_callback_fn *fn, void *arg);
/* After this the callback is not running and will not run. The caller holds no lock. NULL is
 * fine. */
void metrics_callback_remove(struct metric_callback *cb);

#define metric_emit(sink, value, ...)                                                              \
	metric_emit_of((sink), (value), (const char *const[]){__VA_ARGS__}, METRIC_N(__VA_ARGS__))
#define metric_emit_plain(sink, value) metric_emit_of((sink), (value), NULL, 0)
void metric_emit_of(struct metric_sink *sink, double value, const char *const *values, size_t n);

/* --- reading all of it ------------------------------------------------------------------------ */

struct metric_point {
	struct str *label_values; /* as many as the family has names */
	double value;             /* of a histogram: the sum */
	const uint64_t *buckets;  /* cumulative counts, n_buckets + 1 of them, the last for +Inf */
};

struct metric_snapshot {
	struct str name;
	struct str help;
	enum metric_type type;
	struct str *label_names;
	size_t n_labels;
	const double *bounds;
	size_t n_bounds;
	struct metric_point *points; /* ascending by label values */
	size_t n_points;
};

struct metric_snapshots {
	struct metric_snapshot *v; /* ascending by name; families without points are left out */
	size_t n, cap;
};

/* Runs the callbacks. All lives in `a`. */
struct metric_snapshots metrics_gather(struct metrics *m, struct arena *a);

#endif
