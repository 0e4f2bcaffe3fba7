/* retention.h - blocks that are older than anybody wants them are marked for deletion. */
#ifndef BLOCK_RETENTION_H
#define BLOCK_RETENTION_H

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "block/block_view.h"
#include "model/bucket.h"

/* How long samples are kept, by the resolution of their block. 0: for ever. */
struct retention {
	int64_t raw_ms;
	int64_t five_minutes_ms;
	int64_t one_hour_ms;
};

/* Marks the blocks of the view that end longer ago than that. A mark that is there stays as it is.
 * `marked` counts the new ones; it may be NULL, as may `logger`. Stops at the first failure: the
 * next time does the rest. */
bool retention_apply(const struct retention *r, struct bucket *b, struct ctx *ctx,
		     const struct block_view *view, struct clock *clock, struct counter *marked,
		     struct logger *logger, struct err *err);

#endif
