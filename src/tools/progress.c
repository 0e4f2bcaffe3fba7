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
	size_t n_done;    /* guarded by mu */
	size_t n_all;     /* guarded by mu; 0: nobody counts */
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
	if (!p)
		return;
	mutex_lock(&p->mu);
	if (!what)
		clear(p);
	p->what = what;
	p->n_all = 0;
	p->since_ns = clock_monotonic_ns(p->clock);
	mutex_unlock(&p->mu);
}

void progress_count(struct progress *p, size_t n_done, size_t n_all)
{
	if (!p)
		return;
	mutex_lock(&p->mu);
	p->n_done = n_done;
	p->n_all = n_all;
	mutex_unlock(&p->mu);
}

void progress_show(struct progress *p)
{
	mutex_lock(&p->mu);
	int64_t seconds = (clock_monotonic_ns(p->clock) - p->since_ns) / NS_PER_S;
	if (p->fd >= 0 && p->what && seconds >= QUIET_S) {
		char counted[64] = "";
		if (p->n_all > 0)
			snprintf(counted, sizeof(counted), ", %zu of %zu", p->n_done, p->n_all);
		dprintf(p->fd, LINE_CLEAR "%s%s … %lld s", p->what, counted, (long long)seconds);
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
