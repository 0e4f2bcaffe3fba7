#include "tests/oracle/check.h"

#include "promql/printer.h"

#include <math.h>

enum { DEFAULT_STEP_MS = 60000, LOOKBACK_MS = 300000, MAX_HELPERS = 3 };

static const double ROUNDING = 1e-9;

static const struct promql_engine_opts engine_opts = {
    .parser = {.experimental_functions = true,
	       .duration_expressions = true,
	       .extended_range_selectors = true,
	       .fill_modifiers = true},
    .lookback_ms = LOOKBACK_MS,
    .default_step_ms = DEFAULT_STEP_MS,
};

bool check_answer(const struct checker *c, struct arena *a, struct str text, struct query_time time,
		  struct kept_answer *out, struct err *err)
{
	struct promql_engine_opts opts = engine_opts;
	struct notes notes;
	bool ok = false;

	opts.helpers = c->helpers;
	opts.max_helpers = MAX_HELPERS;
	notes_init(&notes);
	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(text, &opts, time, err);
	struct promql_result *r =
	    plan ? promql_execute(plan, memory_queryable(c->mq), NULL, NULL, &notes, err) : NULL;
	if (r)
		ok = kept_answer_read(a, r, out, err);
	promql_result_free(r);
	notes_done(&notes);
	return ok;
}

/* --- what is not defined ---------------------------------------------------------------------- */

/* In what order elements come is not always defined: that of count_values() and classic histograms
 * is that of a map in Prometheus, and so is that of everything evaluated at several steps, unless
 * it is in the order of its labels, as selectors are. It matters to whoever sums with rounding, and
 * to whoever chooses among equals. */
enum order {
	ORDER_DEFINED,
	ORDER_ROUNDS, /* the last digits may be others */
	ORDER_CHOOSES,
};

static bool has_no_order(const struct expr *e)
{
	if (e->kind == EXPR_AGGREGATE)
		return e->aggregate.op == AGGREGATE_COUNT_VALUES;
	if (e->kind != EXPR_CALL)
		return false;
	return e->call.function->id == FUNCTION_SORT_BY_LABEL ||
	       e->call.function->id == FUNCTION_SORT_BY_LABEL_DESC ||
	       e->call.function->id == FUNCTION_HISTOGRAM_QUANTILE ||
	       e->call.function->id == FUNCTION_HISTOGRAM_QUANTILES ||
	       e->call.function->id == FUNCTION_HISTOGRAM_FRACTION;
}

/* Does a step's order differ from that of all steps together? */
static bool has_order_of_step(const struct expr *e)
{
	if (e->kind == EXPR_CALL)
		return e->call.function->id == FUNCTION_SORT ||
		       e->call.function->id == FUNCTION_SORT_DESC;
	if (e->kind == EXPR_BINARY)
		return e->binary.op == OP_OR ||
		       (e->binary.matching &&
			(e->binary.matching->fill_left || e->binary.matching->fill_right));
	return e->kind == EXPR_AGGREGATE;
}

static bool is_reordered(const struct expr *e, bool several_steps)
{
	const struct expr *child;
	bool here = has_no_order(e) || (several_steps && has_order_of_step(e));

	several_steps |= e->kind == EXPR_SUBQUERY;
	for (size_t i = 0; !here && (child = expr_child(e, i)); i++)
		here = is_reordered(child, several_steps);
	return here;
}

static enum order order_needed(enum aggregate_op op)
{
	switch ((int)op) {
	case AGGREGATE_SUM:
	case AGGREGATE_AVG:
	case AGGREGATE_STDDEV:
	case AGGREGATE_STDVAR:
		return ORDER_ROUNDS;
	case AGGREGATE_TOPK:
	case AGGREGATE_BOTTOMK:
	case AGGREGATE_LIMITK:
		return ORDER_CHOOSES;
	default:
		return ORDER_DEFINED;
	}
}

static enum order order_of(const struct expr *e, bool several_steps)
{
	const struct expr *child;
	enum order worst = ORDER_DEFINED;

	several_steps |= e->kind == EXPR_SUBQUERY;
	if (e->kind == EXPR_AGGREGATE && is_reordered(e->aggregate.expr, several_steps))
		worst = order_needed(e->aggregate.op);
	for (size_t i = 0; (child = expr_child(e, i)); i++) {
		enum order order = order_of(child, several_steps);
		worst = order > worst ? order : worst;
	}
	return worst;
}

/* --- comparison ------------------------------------------------------------------------------- */

/* Bit by bit, but that one NaN is like the other. */
static bool same_value(double a, double b, enum order order)
{
	if (order == ORDER_ROUNDS && fabs(a - b) <= ROUNDING * fmax(fabs(a), fabs(b)))
		return true;
	return memcmp(&a, &b, sizeof(a)) == 0 || (isnan(a) && isnan(b));
}

static bool fail_value(struct labels labels, int64_t t_ms, double got, double want, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	labels_format(&text, labels);
	return err_set(err, ERR_INTERNAL, "%.*s at %lld ms: got %.17g, want %.17g",
		       STR_FMT(buf_str(&text)), (long long)t_ms, got, want);
}

static bool fail_series(struct labels labels, const char *what, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	labels_format(&text, labels);
	return err_set(err, ERR_INTERNAL, "%.*s: %s", STR_FMT(buf_str(&text)), what);
}

static bool same_series(const struct answer_series *got, const struct answer_series *want,
			enum order order, struct err *err)
{
	for (size_t i = 0; i < got->n && i < want->n; i++) {
		if (got->t_ms[i] != want->t_ms[i])
			return fail_series(want->labels, "has samples at other times", err);
		if (!same_value(got->v[i], want->v[i], order))
			return fail_value(want->labels, got->t_ms[i], got->v[i], want->v[i], err);
	}
	return got->n == want->n || fail_series(want->labels, "has more or fewer samples", err);
}

static bool same_answer(const struct kept_answer *got, const struct kept_answer *want,
			enum order order, struct err *err)
{
	if (got->type != want->type)
		return err_set(err, ERR_INTERNAL, "got a %s, want a %s", value_type_name(got->type),
			       value_type_name(want->type));
	if (got->type == VALUE_STRING)
		return str_eq(got->string, want->string) ||
		       err_set(err, ERR_INTERNAL, "another string");
	if (got->type == VALUE_SCALAR)
		return same_value(got->scalar.v, want->scalar.v, order) ||
		       fail_value((struct labels){0}, got->scalar.t_ms, got->scalar.v,
				  want->scalar.v, err);
	for (size_t i = 0; i < want->series.n; i++) {
		const struct answer_series *s = kept_answer_find(got, want->series.v[i].labels);
		if (!s)
			return fail_series(want->series.v[i].labels, "is missing", err);
		if (!same_series(s, &want->series.v[i], order, err))
			return false;
	}
	for (size_t i = 0; i < got->series.n; i++)
		if (!kept_answer_find(want, got->series.v[i].labels))
			return fail_series(got->series.v[i].labels, "is unexpected", err);
	return true;
}

static bool sorts_by_value(const struct expr *e)
{
	if (e->kind == EXPR_CALL)
		return e->call.function->id == FUNCTION_SORT ||
		       e->call.function->id == FUNCTION_SORT_DESC;
	return e->kind == EXPR_AGGREGATE && e->aggregate.grouping.n == 0 && !e->aggregate.without &&
	       (e->aggregate.op == AGGREGATE_TOPK || e->aggregate.op == AGGREGATE_BOTTOMK);
}

/* What sorts by value has the order of its values; that of equal ones is not defined. */
static bool same_order(const struct expr *root, const struct kept_answer *got,
		       const struct kept_answer *want, struct err *err)
{
	if (got->type != VALUE_VECTOR || !sorts_by_value(expr_unwrap(root)))
		return true;
	for (size_t i = 0; i < got->series.n; i++)
		if (!same_value(got->series.v[i].v[0], want->series.v[i].v[0], ORDER_ROUNDS))
			return fail_series(got->series.v[i].labels, "is not in its place", err);
	return true;
}

static enum check_outcome compare(const struct kept_answer *got, const struct kept_answer *want,
				  const struct promql_query *query, struct query_time time,
				  struct err *err)
{
	enum order order = order_of(query->root, time.step_ms != 0);

	if (!kept_answer_is_well_formed(got, time, err))
		return CHECK_DIFFERENT;
	if (order == ORDER_CHOOSES)
		return CHECK_SKIPPED;
	if (!same_answer(got, want, order, err) || !same_order(query->root, got, want, err))
		return CHECK_DIFFERENT;
	bool has_series = got->type == VALUE_VECTOR || got->type == VALUE_MATRIX;
	return has_series && got->series.n == 0 ? CHECK_EMPTY : CHECK_SAME;
}

/* --- both ------------------------------------------------------------------------------------- */

/* Both answers to one query, or how it failed. */
struct attempt {
	struct arena *arena;
	struct kept_answer got, want;
	struct err got_err, want_err;
	bool got_ok, want_ok;
};

static void attempt(const struct checker *c, struct str text, const struct expr *e,
		    struct query_time time, struct attempt *out)
{
	*out = (struct attempt){.arena = arena_new(NULL)};
	struct oracle oracle = {.arena = out->arena,
				.data = c->data,
				.time = time,
				.lookback_ms = LOOKBACK_MS,
				.default_step_ms = DEFAULT_STEP_MS,
				.err = &out->want_err};
	out->got_ok = check_answer(c, out->arena, text, time, &out->got, &out->got_err);
	out->want_ok = oracle_answer(&oracle, e, &out->want);
}

static void attempt_part(const struct checker *c, const struct expr *e, struct query_time time,
			 struct attempt *out)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	expr_print(&text, e);
	attempt(c, buf_str(&text), e, time, out);
}

/* Operands that cannot change an empty answer need not be evaluated: a failure in one of them may
 * not show. Asked for the operand alone, the engine must fail too. */
static bool fails_in_part(const struct checker *c, const struct expr *e, struct query_time time)
{
	const struct expr *child;
	bool fails = false;

	for (size_t i = 0; !fails && (child = expr_child(e, i)); i++) {
		struct attempt a;
		if (child->type != VALUE_VECTOR && child->type != VALUE_SCALAR) {
			fails = fails_in_part(c, child, time);
			continue;
		}
		attempt_part(c, child, time, &a);
		fails = !a.want_ok && (!a.got_ok || fails_in_part(c, child, time));
		arena_free(a.arena);
	}
	return fails;
}

/* A subquery is evaluated at all of its steps between the first and the last that any step of the
 * query asks for, and may fail where none of them looks. */
static bool looks_between_steps(const struct expr *e, bool several_steps)
{
	const struct expr *child;
	bool found = several_steps && e->kind == EXPR_SUBQUERY;

	several_steps |= e->kind == EXPR_SUBQUERY;
	for (size_t i = 0; !found && (child = expr_child(e, i)); i++)
		found = looks_between_steps(child, several_steps);
	return found;
}

static enum check_outcome judge(const struct checker *c, const struct promql_query *query,
				struct query_time time, const struct attempt *a, struct err *err)
{
	if (a->got_ok && a->want_ok)
		return compare(&a->got, &a->want, query, time, err);
	if (a->got_err.code == ERR_UNSUPPORTED || a->want_err.code == ERR_UNSUPPORTED)
		return CHECK_SKIPPED;
	if (a->got_ok == a->want_ok || (a->got_ok && fails_in_part(c, query->root, time)))
		return CHECK_FAILED;
	if (a->want_ok && looks_between_steps(query->root, time.step_ms != 0))
		return CHECK_SKIPPED;
	err_set(err, ERR_INTERNAL, "%s: %s", a->got_ok ? "should have failed" : "failed",
		a->got_ok ? a->want_err.msg : a->got_err.msg);
	return CHECK_DIFFERENT;
}

enum check_outcome check_query(const struct checker *c, struct str text, struct query_time time,
			       struct err *err)
{
	struct attempt a;

	*err = ERR_INIT;
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(text, &engine_opts.parser, NULL, err);
	if (!query)
		return CHECK_DIFFERENT; /* it ought to be valid */
	attempt(c, text, query->root, time, &a);
	enum check_outcome outcome = judge(c, query, time, &a, err);
	arena_free(a.arena);
	return outcome;
}
