#include "tools/progress.h"

#include "base/alloc.h"
#include "base/duration.h"
#include "base/lock.h"

#include <stdio.h>
#include <stdlib.h>

enum { QUIET_S = 1, INTERVAL_MS = 200 };

#define LINE_CLEAR "\r\x1b[K"

struct progress {
	int fd;
	struct clock *clock;
	struct mutex mu;
	const char *what; /* guarded by mu */
	int64_t since_ns; /* guarded by mu */
	bool is_shown;    /* guarded by mu */
};

struct progress *progress_new(int fd, struct clock *clock)
{
	struct progress *p = NEW(struct progress);

	p->fd = fd;
	p->clock = clock;
	mutex_init(&p->mu, RANK_LEAF);
	return p;
}

static void clear(struct progress *p)
{
	if (p->is_shown)
		dprintf(p->fd, LINE_CLEAR);
	p->is_shown = false;
}

void progress_say(struct progress *p, const char *what)
{
	mutex_lock(&p->mu);
	if (!what)
		clear(p);
	p->what = what;
	p->since_ns = clock_monotonic_ns(p->clock);
	mutex_unlock(&p->mu);
}

void progress_show(struct progress *p)
{
	mutex_lock(&p->mu);
	int64_t seconds = (clock_monotonic_ns(p->clock) - p->since_ns) / NS_PER_S;
	if (p->fd >= 0 && p->what && seconds >= QUIET_S) {
		dprintf(p->fd, LINE_CLEAR "%s … %lld s", p->what, (long long)seconds);
		p->is_shown = true;
	}
	mutex_unlock(&p->mu);
}

void progress_run(struct progress *p, struct ctx *ctx)
{
	while (ctx_sleep_ms(ctx, INTERVAL_MS))
		progress_show(p);
}

void progress_free(struct progress *p)
{
	if (!p)
		return;
	progress_say(p, NULL);
	mutex_done(&p->mu);
	free(p);
}
