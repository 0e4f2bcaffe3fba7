/* redis_sentinel.h - asking sentinels where the master is. */
#ifndef CACHE_REDIS_SENTINEL_H
#define CACHE_REDIS_SENTINEL_H

#include "base/arena.h"
#include "base/ctx.h"

/* Asks them in turn until one knows; *out is "host:port" in memory of `a`. Fails with the reason of
 * the last. */
bool redis_sentinel_ask(const struct str *sentinels, size_t n, struct str master_name,
			int64_t timeout_ms, struct ctx *ctx, struct arena *a, struct str *out,
			struct err *err);

#endif
