#include "base/ctx_event.h"

#include <limits.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void wake(struct ctx_hook *hook)
{
	const struct ctx_event *e = (const struct ctx_event *)hook;
	uint64_t one = 1;

	/* The counter is far from full: this neither waits nor fails. */
	if (write(e->fd, &one, sizeof(one)) != sizeof(one))
		return;
}

void ctx_event_start(struct ctx_event *e, struct ctx *ctx)
{
	*e = (struct ctx_event){.hook.fn = wake, .ctx = ctx, .fd = -1};
	if (ctx)
		e->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (e->fd >= 0)
		ctx_add_hook(ctx, &e->hook);
}

void ctx_event_stop(struct ctx_event *e)
{
	if (e->fd < 0)
		return;
	ctx_remove_hook(e->ctx, &e->hook);
	close(e->fd);
	e->fd = -1;
}

int ctx_poll_timeout_ms(struct ctx *ctx, int64_t limit_ms)
{
	int64_t left_ms = ctx ? ctx_remaining_ms(ctx) : INT64_MAX;
	int64_t ms = limit_ms < left_ms ? limit_ms : left_ms;

	return ms < 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}
