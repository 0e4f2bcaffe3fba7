#include "base/gate.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/lock.h"
#include "base/metric.h"

#include <stdio.h>
#include <stdlib.h>

/* Lives in the frame of the thread that waits. */
struct waiter {
	struct waiter *next;
	pthread_cond_t let_in;
	bool granted; /* guarded by the gate's mu */
};

struct gate {
	unsigned max;
	struct gauge *in_flight_metric;
	struct counter *total;
	struct histogram_metric *duration;
	struct mutex mu;
	unsigned in_flight;           /* guarded by mu */
	struct waiter *first, **last; /* guarded by mu */
};

static const double WAIT_SECONDS[] = {0.01, 0.1, 0.3, 0.6, 1,   3,   6,   9,
				      20,   30,  60,  90,  120, 240, 360, 720};

static void count_in(struct gate *g, struct metrics *m, const char *prefix, const char *operation)
{
	char name[200], help[200];

	snprintf(name, sizeof(name), "%sgate_%s_max", prefix, operation);
	snprintf(help, sizeof(help), "Maximum number of concurrent %s.", operation);
	gauge_set(metrics_gauge(m, name, help), g->max);

	snprintf(name, sizeof(name), "%sgate_%s_in_flight", prefix, operation);
	snprintf(help, sizeof(help), "Number of %s that are currently in flight.", operation);
	g->in_flight_metric = metrics_gauge(m, name, help);

	snprintf(name, sizeof(name), "%sgate_%s_total", prefix, operation);
	snprintf(help, sizeof(help), "Total number of %s.", operation);
	g->total = metrics_counter(m, name, help);

	snprintf(name, sizeof(name), "%sgate_%s_duration_seconds", prefix, operation);
	snprintf(help, sizeof(help), "How many seconds it took for %s to wait at the gate.",
		 operation);
	g->duration = metrics_histogram(m, name, help, WAIT_SECONDS,
					sizeof(WAIT_SECONDS) / sizeof(WAIT_SECONDS[0]));
}

static struct gate *new_gate(unsigned max_in_flight)
{
	struct gate *g = NEW(struct gate);

	g->max = max_in_flight;
	g->last = &g->first;
	mutex_init(&g->mu, RANK_QUEUE);
	return g;
}

struct gate *gate_new(unsigned max_in_flight, struct metrics *m, const char *prefix,
		      const char *operation)
{
	struct gate *g = new_gate(max_in_flight);

	if (m)
		count_in(g, m, prefix, operation);
	return g;
}

struct gate *gate_new_like(const struct gate *g)
{
	struct gate *another = new_gate(g->max);

	another->in_flight_metric = g->in_flight_metric;
	another->total = g->total;
	another->duration = g->duration;
	return another;
}

void gate_free(struct gate *g)
{
	if (!g)
		return;
	assert(g->in_flight == 0 && !g->first);
	mutex_done(&g->mu);
	free(g);
}

/* True when inside; else `w` is at the end of the line. */
static bool enter_or_line_up(struct gate *g, struct waiter *w)
{
	MUTEX_HOLD(&g->mu);
	if (g->max == 0 || g->in_flight < g->max) {
		g->in_flight++;
		return true;
	}
	*g->last = w;
	g->last = &w->next;
	return false;
}

static void leave_line(struct gate *g, struct waiter *w)
{
	struct waiter **link = &g->first;
	while (*link != w)
		link = &(*link)->next;
	*link = w->next;
	if (!*link)
		g->last = link;
}

static bool wait_in_line(struct gate *g, struct ctx *ctx, struct waiter *w)
{
	struct ctx_waker waker;

	ctx_waker_start(&waker, ctx, &w->let_in, &g->mu.os);
	mutex_lock(&g->mu);
	while (!w->granted && ctx_wait(ctx, &w->let_in, &g->mu.os))
		;
	bool granted = w->granted;
	if (!granted)
		leave_line(g, w);
	mutex_unlock(&g->mu);
	ctx_waker_stop(&waker);
	return granted;
}

static bool enter(struct gate *g, struct ctx *ctx, struct err *err)
{
	struct waiter w = {0};

	if (!ctx_check(ctx, err))
		return false;
	ctx_cond_init(&w.let_in);
	bool inside = enter_or_line_up(g, &w) || wait_in_line(g, ctx, &w);
	pthread_cond_destroy(&w.let_in);
	return inside || ctx_check(ctx, err);
}

bool gate_enter(struct gate *g, struct ctx *ctx, struct err *err)
{
	if (!g)
		return true;
	int64_t start_ns = clock_monotonic_ns(&clock_system);
	counter_inc(g->total);
	bool inside = enter(g, ctx, err);
	histogram_metric_observe(g->duration,
				 (double)(clock_monotonic_ns(&clock_system) - start_ns) / 1e9);
	if (inside)
		gauge_inc(g->in_flight_metric);
	return inside;
}

void gate_leave(struct gate *g)
{
	if (!g)
		return;
	gauge_dec(g->in_flight_metric);
	MUTEX_HOLD(&g->mu);
	assert(g->in_flight > 0);
	struct waiter *w = g->first;
	if (!w) {
		g->in_flight--;
		return;
	}
	/* The place goes to the first in line: in_flight stays. */
	g->first = w->next;
	if (!g->first)
		g->last = &g->first;
	w->granted = true;
	pthread_cond_signal(&w->let_in);
}
