#include "promql/operator.h"

#include "base/clock.h"
#include "promql/meter.h"

static const struct {
	operator_open_fn *open;
	struct operator* (*merge)(struct operator* op); /* of nodes that may collide */
} kinds[] = {
    [PLAN_NUMBER] = {scalar_op_open},
    [PLAN_TIME] = {scalar_op_open},
    [PLAN_SELECT] = {select_op_open},
    [PLAN_SELECT_TIMES] = {select_op_open},
    [PLAN_SELECT_START_TIMES] = {select_op_open},
    [PLAN_REPLICATE] = {replicate_op_open},
    [PLAN_RANGE_CALL] = {range_call_op_open, unique_op_new},
    [PLAN_ABSENT_RANGE] = {absent_op_open},
    [PLAN_MAP] = {map_op_open, merge_op_new},
    [PLAN_NEGATE] = {map_op_open, merge_op_new},
    [PLAN_TIMESTAMP] = {map_op_open, merge_op_new},
    [PLAN_SCALAR] = {scalar_op_open},
    [PLAN_SCALAR_MAP] = {scalar_op_open},
    [PLAN_VECTOR] = {scalar_op_open},
    [PLAN_ABSENT] = {absent_op_open},
    [PLAN_LABEL_REPLACE] = {label_op_open},
    [PLAN_LABEL_JOIN] = {label_op_open},
    [PLAN_INFO] = {info_op_open},
    [PLAN_SORT] = {sort_op_open},
    [PLAN_HISTOGRAM_QUANTILE] = {histogram_quantile_op_open},
    [PLAN_SCALAR_BINARY] = {scalar_op_open},
    [PLAN_VECTOR_SCALAR_BINARY] = {map_op_open, merge_op_new},
    [PLAN_VECTOR_BINARY] = {binary_op_open},
    [PLAN_SET_BINARY] = {set_op_open},
    [PLAN_AGGREGATE] = {aggregate_op_open},
    [PLAN_REMOTE] = {remote_op_open},
};

struct operator*
    operator_open_here(struct execution *x, const struct plan_node *node, struct err *err)
{
	assert(node->kind < sizeof(kinds) / sizeof(kinds[0]) && kinds[node->kind].open);
	return kinds[node->kind].open(x, node, err);
}

struct operator* operator_open(struct execution *x, const struct plan_node *node, struct err *err)
{
	bool is_parallel = node->is_per_series && x->plan->opts.helpers && !x->feed;
	int64_t began_ns = x->meter ? clock_monotonic_ns(&clock_system) : 0;
	struct operator* op = is_parallel ? parallel_op_open(x, node, err)
					  : operator_open_here(x, node, err);

	if (op && node->may_collide)
		op = kinds[node->kind].merge(op);
	return op ? metered_op_new(op, x, node, began_ns) : NULL;
}

void execution_fork(struct execution *lane, const struct execution *x, struct series_iter *feed)
{
	*lane = (struct execution){.plan = x->plan,
				   .queryable = x->queryable,
				   .ctx = x->ctx,
				   .tracker = x->tracker,
				   .feed = feed,
				   .meter = x->meter};
	annotations_init(&lane->annotations, x->tracker);
}

void execution_join(struct execution *x, struct execution *lane)
{
	x->samples_read += lane->samples_read;
	x->samples_seen += lane->samples_seen;
	if (x->samples_held + lane->samples_peak > x->samples_peak)
		x->samples_peak = x->samples_held + lane->samples_peak;
	annotations_merge(&x->annotations, &lane->annotations);
	annotations_done(&lane->annotations);
}

static bool check_limits(struct execution *x, uint64_t n_samples, struct err *err)
{
	const struct promql_engine_opts *opts = &x->plan->opts;

	if (!ctx_check(x->ctx, err) || !tracker_check(x->tracker, err))
		return false;
	if (opts->max_series > 0 && x->series_found > (uint64_t)opts->max_series)
		return err_set(err, ERR_LIMIT,
			       "the query selects more than the %lld series that "
			       "--query.max-series allows",
			       (long long)opts->max_series);
	if (opts->max_samples > 0 && x->samples_held + n_samples > (uint64_t)opts->max_samples)
		return err_set(err, ERR_LIMIT,
			       "query processing would load too many samples into memory in query "
			       "execution: more than the %lld that --query.max-samples allows",
			       (long long)opts->max_samples);
	return true;
}

bool execution_check_samples(struct execution *x, uint64_t n_samples, struct err *err)
{
	if (check_limits(x, n_samples, err))
		return true;
	if (err->code == ERR_LIMIT && x->selector)
		err_wrap(err, "selector %.*s", STR_FMT(plan_node_text(x->plan, x->selector)));
	return false;
}

bool execution_check(struct execution *x, struct err *err)
{
	return execution_check_samples(x, 0, err);
}

bool execution_delays_names(const struct execution *x)
{
	return x->plan->opts.delayed_name_removal;
}

struct labels labels_drop_name(struct arena *a, struct labels ls)
{
	static const struct str names[] = {{LABEL_NAME, sizeof(LABEL_NAME) - 1},
					   {LABEL_TYPE, sizeof(LABEL_TYPE) - 1},
					   {LABEL_UNIT, sizeof(LABEL_UNIT) - 1}};

	return labels_without(a, ls, names, 3);
}

void series_drop_name(struct execution *x, struct arena *a, struct step_series *s)
{
	if (!execution_delays_names(x))
		s->labels = labels_drop_name(a, s->labels);
	s->drops_name = true;
}

bool name_dropper_drop(struct name_dropper *d, struct execution *x, struct arena *a,
		       struct step_series *s, struct err *err)
{
	d->is_looking |= !execution_delays_names(x) && (labels_has(s->labels, STR(LABEL_TYPE)) ||
							labels_has(s->labels, STR(LABEL_UNIT)));
	series_drop_name(x, a, s);
	if (d->is_looking && !hash_set_add(&d->seen, labels_hash(s->labels)))
		return err_set(err, ERR_EXECUTION, DUPLICATE_LABELS);
	return true;
}

bool dropping_keeps_order(const struct execution *x, enum plan_names names, struct labels first)
{
	if (execution_delays_names(x) || names == NAMES_NONE)
		return true;
	return names == NAMES_ONE && first.n > 1 && str_eq(first.v[0].name, STR(LABEL_NAME)) &&
	       str_cmp(first.v[1].name, STR(LABEL_UNIT)) > 0;
}

bool operator_read_scalar(struct operator* op, struct arena *a, const double **out, struct err *err)
{
	struct step_series s;

	*out = NULL;
	if (op->steps.n == 0)
		return true;
	if (operator_next(op, &s, err) != ITER_VALUE)
		return false;
	double *v = arena_alloc(a, op->steps.n * sizeof(*v));
	memcpy(v, s.v, op->steps.n * sizeof(*v));
	*out = v;
	return true;
}

bool operator_collect(struct operator* op, struct arena *a, struct series_list *out,
		      struct err *err)
{
	struct step_series s;
	enum iter_result r;

	while ((r = operator_next(op, &s, err)) == ITER_VALUE) {
		if (!op->keeps)
			s = step_series_copy(a, &s, op->steps.n);
		ARENA_PUSH(a, out, s);
		op->x->samples_held += bits_count(s.present, op->steps.n);
		if (!execution_check(op->x, err))
			return false;
	}
	return r == ITER_END;
}

enum iter_result whole_answer_next(struct whole_answer *w, struct operator* op,
				   operator_evaluate_fn *evaluate, struct step_series *out,
				   struct err *err)
{
	if (!w->is_there && !evaluate(op, err))
		return ITER_ERROR;
	w->is_there = true;
	if (w->next == w->series.n)
		return ITER_END;
	*out = w->series.v[w->next++];
	return ITER_VALUE;
}
