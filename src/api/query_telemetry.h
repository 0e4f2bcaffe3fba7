/* query_telemetry.h - how long queries take, told apart by how much they read: Thanos' histograms.
 *
 * Threads: may be used from any thread.
 */
#ifndef API_QUERY_TELEMETRY_H
#define API_QUERY_TELEMETRY_H

#include "model/fanout.h"

struct metrics;
struct query_telemetry;

/* Ascending bounds: of the seconds that a query takes, and of the classes of queries by how many
 * samples and series they read. */
struct query_telemetry_options {
	const double *seconds, *samples, *series;
	size_t n_seconds, n_samples, n_series;
};

/* Everything is copied. */
struct query_telemetry *query_telemetry_new(const struct query_telemetry_options *options,
					    struct metrics *metrics);
void query_telemetry_free(struct query_telemetry *t); /* NULL is fine */
CLEANUP_DEFINE(struct query_telemetry, query_telemetry_free)

/* A query that was answered. One that read nothing is not counted. `t` may be NULL. */
void query_telemetry_observe(struct query_telemetry *t, struct str tenant,
			     const struct series_count *read, double seconds);
/* A range query, of so many seconds from its start to its end. */
void query_telemetry_observe_range(struct query_telemetry *t, double seconds);

#endif
