#include "sidecar/shipping.h"

#include "base/clock.h"
#include "base/duration.h"
#include "base/log.h"
#include "block/shipper.h"
#include "sidecar/heartbeat.h"

enum { SYNC_INTERVAL_MS = 30000, LABELS_INTERVAL_MS = 2000 };

/* *known is false while there are none. */
static void pass_labels_on(const struct shipping_options *o, bool *known)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct labels labels = heartbeat_labels(o->heartbeat, a);

	*known = labels.n > 0;
	if (*known)
		shipper_set_labels(o->shipper, labels);
}

static bool wait_for_labels(const struct shipping_options *o, struct ctx *ctx, struct err *err)
{
	struct ctx *waiting auto_free(ctx_free) = ctx_new_timeout_ms(ctx, o->ready_timeout_ms);
	bool known;

	for (;;) {
		pass_labels_on(o, &known);
		if (known || ctx_done(ctx))
			return true;
		if (!ctx_sleep_ms(waiting, LABELS_INTERVAL_MS) && !ctx_done(ctx))
			return err_set(err, ERR_TIMEOUT,
				       "aborting as no external labels found after waiting %s",
				       duration_str(o->ready_timeout_ms * NS_PER_MS));
	}
}

bool shipping_run(const struct shipping_options *o, struct ctx *ctx, struct err *err)
{
	bool known;

	if (!wait_for_labels(o, ctx, err))
		return false;
	while (!ctx_done(ctx)) {
		struct err failure = ERR_INIT;
		size_t n_uploaded = 0;
		pass_labels_on(o, &known);
		if (!shipper_sync(o->shipper, ctx, &n_uploaded, &failure) && !ctx_done(ctx))
			log_warn(o->logger, "uploading blocks failed", LOG_ERR(&failure),
				 LOG_INT("uploaded", (int64_t)n_uploaded));
		ctx_sleep_ms(ctx, SYNC_INTERVAL_MS);
	}
	return true;
}
