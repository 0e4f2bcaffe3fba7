/* ctx_event.h - a descriptor that becomes readable when a context is canceled, for code that waits
 * in poll(). Deadlines are the timeout of that poll().
 */
#ifndef BASE_CTX_EVENT_H
#define BASE_CTX_EVENT_H

#include "base/ctx.h"

struct ctx_event {
	struct ctx_hook hook; /* first, so that the two pointers convert */
	struct ctx *ctx;
	int fd; /* -1: there is no context, or no descriptor was left: poll() skips it */
};

void ctx_event_start(struct ctx_event *e, struct ctx *ctx);
void ctx_event_stop(struct ctx_event *e);

/* How long a poll() may take: `limit_ms`, or less when the context ends before. */
int ctx_poll_timeout_ms(struct ctx *ctx, int64_t limit_ms);

#endif
