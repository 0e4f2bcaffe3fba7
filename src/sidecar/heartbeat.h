/* heartbeat.h - watching the Prometheus beside us: first until enough is known to serve, then
 * for as long as we run.
 *
 * At the start everything is asked for again and again until Prometheus answers. It must have
 * external labels; with an object store its flags must allow shipping its blocks. From then on its
 * oldest time and its labels are asked for regularly, and each failure makes us not ready, as do
 * external labels that are no longer there.
 */
#ifndef SIDECAR_HEARTBEAT_H
#define SIDECAR_HEARTBEAT_H

#include "base/ctx.h"
#include "base/time_text.h"
#include "model/labels.h"

struct gauge;
struct logger;
struct metrics;
struct probes;
struct prom_client;
struct prometheus_store;

struct heartbeat_options {
	struct prom_client *client;
	struct prometheus_store *store; /* told what is found out */
	struct probes *probes;
	struct metrics *metrics; /* may be NULL */
	struct logger *logger;   /* may be NULL */
	int64_t interval_ms;
	int64_t timeout_ms;               /* of one round */
	struct time_or_duration min_time; /* nothing older is served */
	bool checks_flags;                /* blocks are to be shipped */
	const char *shipper_file;         /* where the shipper keeps its state */
	bool ignores_unequal_block_size;
};

struct heartbeat;

struct heartbeat *heartbeat_new(const struct heartbeat_options *options);
void heartbeat_free(struct heartbeat *h); /* NULL is fine */
CLEANUP_DEFINE(struct heartbeat, heartbeat_free)

/* Returns when enough is known to serve. Fails when the context ends before, or when Prometheus is
 * not configured as it must be. */
bool heartbeat_begin(struct heartbeat *h, struct ctx *ctx, struct err *err);
/* Goes on until the context ends. */
void heartbeat_go_on(struct heartbeat *h, struct ctx *ctx);

/* The labels as last seen, copied into `a`; empty before heartbeat_begin() has succeeded. Any
 * thread. */
struct labels heartbeat_labels(struct heartbeat *h, struct arena *a);

#endif
