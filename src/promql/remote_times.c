#include "promql/remote_times.h"

#include "base/duration.h"

static int64_t last_step(const struct steps *steps)
{
	return steps_at(steps, steps->n - 1);
}

/* --- how far back ----------------------------------------------------------------------------- */

/* Ranges add up: those of subqueries do, and more than is needed does no harm. */
struct reach {
	const struct steps *steps;
	int64_t lookback_ms;
	int64_t ranges_ms;
	int64_t offset_ms; /* the largest one of a selector */
};

/* Beyond is no sample; sums of a few such times are still numbers. */
static int64_t time_of_pin(const struct at *at)
{
	int64_t max_ms = INT64_MAX / 4;

	if (at->t_ms > max_ms)
		return max_ms;
	return at->t_ms < -max_ms ? -max_ms : at->t_ms;
}

static int64_t offset_of(const struct reach *r, const struct duration *offset, const struct at *at)
{
	int64_t offset_ms = offset->ns / NS_PER_MS;

	if (at->kind == AT_TIMESTAMP)
		offset_ms += r->steps->start_ms - time_of_pin(at);
	return offset_ms;
}

static void add_selector(struct reach *r, const struct vector_selector *vs)
{
	int64_t offset_ms = offset_of(r, &vs->offset, &vs->at);

	if (offset_ms > r->offset_ms)
		r->offset_ms = offset_ms;
	if (vs->bounds != BOUNDS_PLAIN)
		r->ranges_ms += r->lookback_ms;
}

static void add_subquery(struct reach *r, const struct subquery *sub)
{
	int64_t offset_ms = offset_of(r, &sub->offset, &sub->at);

	r->ranges_ms += sub->range.ns / NS_PER_MS + (offset_ms > 0 ? offset_ms : 0);
}

static void add_reach(struct reach *r, const struct expr *e)
{
	switch ((int)e->kind) {
	case EXPR_VECTOR_SELECTOR:
		add_selector(r, &e->vector);
		break;
	case EXPR_MATRIX_SELECTOR:
		r->ranges_ms += e->matrix.range.ns / NS_PER_MS;
		break;
	case EXPR_SUBQUERY:
		add_subquery(r, &e->subquery);
		break;
	case EXPR_CALL:
		if (e->call.function->stage == FUNCTION_EXTENDED)
			r->ranges_ms += MS_PER_H;
		break;
	}
	for (size_t i = 0; expr_child(e, i); i++)
		add_reach(r, expr_child(e, i));
}

int64_t remote_reach_ms(const struct expr *e, const struct steps *steps, int64_t lookback_ms)
{
	struct reach r = {.steps = steps, .lookback_ms = lookback_ms, .offset_ms = INT64_MIN / 4};

	add_reach(&r, e);
	int64_t reach_ms = r.offset_ms + r.ranges_ms;
	return reach_ms > lookback_ms ? reach_ms : lookback_ms;
}

/* --- engines of one share --------------------------------------------------------------------- */

static bool has_share(const struct remote_engine *engine, struct labels share)
{
	for (size_t i = 0; i < engine->n_partition_sets; i++)
		if (labels_eq(engine->partition_sets[i], share))
			return true;
	return false;
}

/* The engine of the same share that begins last before it; NULL if it is the first. */
static const struct remote_engine *engine_before(const struct remote_engines *engines, size_t i,
						 struct labels share)
{
	while (i > 0)
		if (has_share(&engines->v[--i], share))
			return &engines->v[i];
	return NULL;
}

int64_t remote_overlap_ms(const struct remote_engines *engines, int64_t from_ms, int64_t to_ms)
{
	int64_t least_ms = INT64_MAX;

	for (size_t i = 0; i < engines->n; i++) {
		const struct remote_engine *e = &engines->v[i];
		if (e->max_t_ms < from_ms || e->min_t_ms > to_ms)
			continue;
		for (size_t k = 0; k < e->n_partition_sets; k++) {
			const struct remote_engine *before =
			    engine_before(engines, i, e->partition_sets[k]);
			if (before && before->max_t_ms - e->min_t_ms < least_ms)
				least_ms = before->max_t_ms - e->min_t_ms;
		}
	}
	return least_ms;
}

static bool has_pin(const struct remote_engines *engines, const struct at *at, int64_t reach_ms)
{
	if (at->kind != AT_TIMESTAMP)
		return true;
	for (size_t i = 0; i < engines->n; i++)
		if (engines->v[i].min_t_ms > time_of_pin(at) - reach_ms ||
		    engines->v[i].max_t_ms < time_of_pin(at))
			return false;
	return true;
}

bool remote_has_pins(const struct remote_engines *engines, const struct expr *e, int64_t reach_ms)
{
	if (e->kind == EXPR_VECTOR_SELECTOR && !has_pin(engines, &e->vector.at, reach_ms))
		return false;
	if (e->kind == EXPR_SUBQUERY && !has_pin(engines, &e->subquery.at, reach_ms))
		return false;
	for (size_t i = 0; expr_child(e, i); i++)
		if (!remote_has_pins(engines, expr_child(e, i), reach_ms))
			return false;
	return true;
}

/* What the oldest one of a share does not have nobody has. */
static bool is_oldest(const struct remote_engines *engines, const struct remote_engine *engine)
{
	size_t at = (size_t)(engine - engines->v);

	for (size_t i = 0; i < engine->n_partition_sets; i++) {
		const struct remote_engine *before =
		    engine_before(engines, at, engine->partition_sets[i]);
		if (before && before->min_t_ms < engine->min_t_ms)
			return false;
	}
	return true;
}

bool remote_first_step(const struct remote_engines *engines, const struct remote_engine *engine,
		       const struct steps *steps, int64_t reach_ms, int64_t *first_ms)
{
	int64_t needed_ms = steps->start_ms - reach_ms;

	if (engine->min_t_ms > last_step(steps) || engine->max_t_ms < needed_ms)
		return false;
	*first_ms = steps->start_ms;
	if (is_oldest(engines, engine))
		return true;
	if (steps->n == 1)
		return engine->min_t_ms < needed_ms;
	if (engine->min_t_ms <= needed_ms)
		return true;
	/* The first step whose window it has whole. */
	int64_t late_ms = engine->min_t_ms - needed_ms;
	*first_ms += (late_ms + steps->step_ms - 1) / steps->step_ms * steps->step_ms;
	return *first_ms <= last_step(steps);
}
