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
enum { N_WAIT_SECONDS = sizeof(WAIT_SECONDS) / sizeof(WAIT_SECONDS[0]) };

/* What the metrics of one gate have in common. */
struct counting {
	struct metrics *m;
	const char *prefix, *operation;
	const char *label; /* of the gate; NULL: none */
};

/* The family of `what`; help is `before`, the operation, `after`. */
static struct family *family_of(const struct counting *c, enum metric_type type, const char *what,
				const char *before, const char *after)
{
	bool is_histogram = type == METRIC_HISTOGRAM;
	char name[200], help[200];

	snprintf(name, sizeof(name), "%sgate_%s_%s", c->prefix, c->operation, what);
	snprintf(help, sizeof(help), "%s%s%s", before, c->operation, after);
	return metrics_family(c->m, &(const struct metric_spec){
					.name = name,
					.help = help,
					.type = type,
					.label_names = c->label ? METRIC_NAMES("name") : NULL,
					.buckets = WAIT_SECONDS,
					.n_buckets = is_histogram ? N_WAIT_SECONDS : 0,
				    });
}

static void count_in(struct gate *g, const struct counting *c)
{
	const char *const *label = &c->label;
	size_t n = c->label != NULL;

	gauge_set(gauge_of(family_of(c, METRIC_GAUGE, "max", "Maximum number of concurrent ", "."),
			   label, n),
		  g->max);
	g->in_flight_metric = gauge_of(
	    family_of(c, METRIC_GAUGE, "in_flight", "Number of ", " that are currently in flight."),
	    label, n);
	g->total =
	    counter_of(family_of(c, METRIC_COUNTER, "total", "Total number of ", "."), label, n);
	g->duration =
	    histogram_metric_of(family_of(c, METRIC_HISTOGRAM, "duration_seconds",
					  "How many seconds it took for ", " to wait at the gate."),
				label, n);
}

static struct gate *new_gate(unsigned max_in_flight)
{
	struct gate *g = NEW(struct gate);

	g->max = max_in_flight;
	g->last = &g->first;
	mutex_init(&g->mu, RANK_QUEUE);
	return g;
}

struct gate *gate_new_named(unsigned max_in_flight, struct metrics *m, const char *prefix,
			    const char *operation, const char *name)
{
	struct gate *g = new_gate(max_in_flight);

	if (m)
		count_in(g, &(const struct counting){
				.m = m, .prefix = prefix, .operation = operation, .label = name});
	return g;
}

struct gate *gate_new(unsigned max_in_flight, struct metrics *m, const char *prefix,
		      const char *operation)
{
	return gate_new_named(max_in_flight, m, prefix, operation, NULL);
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
