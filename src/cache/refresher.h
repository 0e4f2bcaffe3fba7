/* refresher.h - a thread that does one thing again and again, and at once when asked to. */
#ifndef CACHE_REFRESHER_H
#define CACHE_REFRESHER_H

#include "base/cleanup.h"
#include "base/ctx.h"

struct refresher;

/* `fn` is called every `interval_ms`, for the first time after one; its context ends when the
 * refresher does. NULL when the system gives no thread. */
struct refresher *refresher_new(const char *name, int64_t interval_ms,
				void (*fn)(void *arg, struct ctx *ctx), void *arg, struct err *err);
/* From any thread: do not wait for the interval to end; but REFRESHER_PAUSE_MS pass between two
 * calls of `fn`. */
void refresher_hurry(struct refresher *r);
enum { REFRESHER_PAUSE_MS = 1000 };

/* Waits for `fn`. */
void refresher_free(struct refresher *r); /* NULL is fine */
CLEANUP_DEFINE(struct refresher, refresher_free)

#endif
