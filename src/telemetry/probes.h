/* probes.h - is this component alive, and can it do its work: /-/healthy, /-/ready and the metric
 * thanos_status{check, component}.
 *
 * Threads: all functions may be called from any thread.
 */
#ifndef TELEMETRY_PROBES_H
#define TELEMETRY_PROBES_H

#include "base/cleanup.h"
#include "base/err.h"

#include <stdbool.h>

struct http_router;
struct logger;
struct metrics;
struct probes;

/* Neither healthy nor ready at first. `metrics` and `logger` may be NULL and outlive it. */
struct probes *probes_new(const char *component, struct metrics *metrics, struct logger *logger);
void probes_free(struct probes *p); /* NULL is fine */
CLEANUP_DEFINE(struct probes, probes_free)

/* A change is logged, and for the second ones `why` with it. */
void probes_set_healthy(struct probes *p);
void probes_set_not_healthy(struct probes *p, const struct err *why);
void probes_set_ready(struct probes *p);
void probes_set_not_ready(struct probes *p, const struct err *why);

bool probes_is_healthy(const struct probes *p);
bool probes_is_ready(const struct probes *p);

/* Adds /-/healthy and /-/ready: 200 "OK", or 503 "NOT OK". Both are below no prefix. `p` outlives
 * the server. */
void probes_add_routes(struct probes *p, struct http_router *router);

#endif
