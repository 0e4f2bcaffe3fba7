#include "promql/meter.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "promql/window_cursor.h"

#include <stdlib.h>

struct meter *meter_new(const struct promql_plan *plan, struct arena *a)
{
	const struct promql_engine_opts *opts = &plan->opts;

	if (!opts->counts_steps && !opts->analyzes)
		return NULL;
	struct meter *m = ARENA_NEW(a, struct meter);
	m->n_steps = plan->root->steps.n;
	if (opts->counts_steps)
		m->samples_at = arena_calloc(a, m->n_steps, sizeof(*m->samples_at));
	if (opts->analyzes)
		m->costs = arena_calloc(a, plan->n_nodes, sizeof(*m->costs));
	return m;
}

static void add(atomic_uint_fast64_t *to, uint64_t n)
{
	atomic_fetch_add_explicit(to, n, memory_order_relaxed);
}

/* --- samples ---------------------------------------------------------------------------------- */

static void raise_to(atomic_uint_fast64_t *peak, uint64_t n)
{
	uint_fast64_t was = atomic_load_explicit(peak, memory_order_relaxed);

	while (was < n && !atomic_compare_exchange_weak_explicit(
			      peak, &was, n, memory_order_relaxed, memory_order_relaxed))
		;
}

/* What is evaluated once counts at every step; what is below a subquery at none. */
static void add_at(struct meter *m, const struct plan_node *node, size_t step, uint64_t n)
{
	if (!m || !m->samples_at || node->sample_weight == 0)
		return;
	if (node->steps.n == m->n_steps) {
		add(&m->samples_at[step], n * node->sample_weight);
		return;
	}
	assert(node->steps.n == 1);
	for (size_t i = 0; i < m->n_steps; i++)
		add(&m->samples_at[i], n);
}

static void add_total(struct execution *x, const struct plan_node *node, uint64_t n)
{
	x->samples_seen += node->sample_weight * n;
	if (!x->meter || !x->meter->costs)
		return;
	struct metered_cost *cost = &x->meter->costs[node->id];
	add(&cost->samples_total, n);
	raise_to(&cost->samples_peak, n);
}

static uint64_t weight_of(const struct histogram *h)
{
	return h ? histogram_num_samples(h) : 1;
}

static bool counts_samples(const struct execution *x)
{
	return x->meter || x->plan->opts.counts_samples;
}

void count_selected(struct execution *x, const struct plan_node *node, const struct step_series *s)
{
	size_t n_steps = node->steps.n;
	uint64_t total = 0;

	if (!counts_samples(x))
		return;
	if (!s->hist && (!x->meter || !x->meter->samples_at)) {
		add_total(x, node, bits_count(s->present, n_steps));
		return;
	}
	for (size_t i = bits_next(s->present, n_steps, 0); i < n_steps;
	     i = bits_next(s->present, n_steps, i + 1)) {
		uint64_t n = weight_of(step_series_histogram(s, i));
		add_at(x->meter, node, i, n);
		total += n;
	}
	add_total(x, node, total);
}

static uint64_t samples_between(const struct samples *s, size_t from, size_t to)
{
	uint64_t n = 0;

	if (!s->hist)
		return to > from ? to - from : 0;
	for (size_t i = from; i < to; i++)
		n += weight_of(s->hist[i]);
	return n;
}

void count_windows(struct execution *x, const struct plan_node *node, const struct samples *s)
{
	const struct plan_window *window = &node->window;
	struct window_cursor c = {.t_ms = s->t_ms, .n = s->n};
	uint64_t total = 0;

	if (!counts_samples(x))
		return;
	for (size_t step = 0; step < node->steps.n; step++) {
		int64_t end_ms = window_end(window, steps_at(&node->steps, step));
		window_cursor_move(&c, end_ms - window->range_ms, end_ms);
		uint64_t n = samples_between(s, c.from, c.to);
		add_at(x->meter, node, step, n);
		total += n;
	}
	add_total(x, node, total);
}

void count_chunks(struct execution *x, const struct plan_node *node, const struct series *s)
{
	if (x->meter && x->meter->costs)
		add(&x->meter->costs[node->id].chunk_bytes, series_chunk_bytes(s));
}

/* --- operators -------------------------------------------------------------------------------- */

struct metered_op {
	struct operator base; /* first, so that the two pointers convert */
	struct operator* inner;
	struct metered_cost *cost;
};

static void add_time_since(struct metered_cost *cost, int64_t began_ns)
{
	atomic_fetch_add_explicit(&cost->time_ns, clock_monotonic_ns(&clock_system) - began_ns,
				  memory_order_relaxed);
}

/* It shows what the inner operator has found out about its order. */
static void look_alike(struct metered_op *op)
{
	op->base.in_order = op->inner->in_order;
	op->base.keeps = op->inner->keeps;
}

static void add_series(struct metered_cost *cost, uint64_t n_values)
{
	add(&cost->n_series, 1);
	add(&cost->n_values, n_values);
}

void count_given(struct execution *x, const struct plan_node *node, int64_t began_ns,
		 const size_t *n_values)
{
	if (!x->meter || !x->meter->costs)
		return;
	add_time_since(&x->meter->costs[node->id], began_ns);
	if (n_values)
		add_series(&x->meter->costs[node->id], *n_values);
}

static enum iter_result metered_next(struct operator* base, struct step_series *out,
				     struct err *err)
{
	struct metered_op *op = (struct metered_op *)base;
	int64_t began_ns = clock_monotonic_ns(&clock_system);

	enum iter_result r = operator_next(op->inner, out, err);
	add_time_since(op->cost, began_ns);
	look_alike(op);
	if (r == ITER_VALUE)
		add_series(op->cost, bits_count(out->present, base->steps.n));
	return r;
}

static void metered_close(struct operator* base)
{
	struct metered_op *op = (struct metered_op *)base;

	operator_close(op->inner);
	free(op);
}

static const struct operator_ops metered_ops = {metered_next, metered_close};

struct operator* metered_op_new(struct operator* op, struct execution *x,
				const struct plan_node *node, int64_t began_ns)
{
	if (!x->meter || !x->meter->costs)
		return op;
	struct metered_op *metered = NEW(struct metered_op);
	operator_init(&metered->base, &metered_ops, x, node);
	metered->base.steps = op->steps;
	metered->inner = op;
	metered->cost = &x->meter->costs[node->id];
	look_alike(metered);
	add_time_since(metered->cost, began_ns);
	return &metered->base;
}
