/* shipping.h - bringing the blocks of the Prometheus beside us into the bucket, every 30 s. */
#ifndef SIDECAR_SHIPPING_H
#define SIDECAR_SHIPPING_H

#include "base/ctx.h"

struct heartbeat;
struct logger;
struct shipper;

struct shipping_options {
	struct shipper *shipper;
	struct heartbeat *heartbeat; /* knows the external labels */
	struct logger *logger;
	int64_t ready_timeout_ms; /* how long to wait for external labels */
};

/* Returns true when the context ends; fails when there are no external labels in time. */
bool shipping_run(const struct shipping_options *options, struct ctx *ctx, struct err *err);

#endif
