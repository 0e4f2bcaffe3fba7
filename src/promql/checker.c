/* What is wrong with a tree that can be known without running it. Errors come in the order in which
 * Prometheus finds them: a node's children first, left to right, except that a call's arguments are
 * counted before they are looked at. */
#include "base/quote.h"
#include "promql/parser_internal.h"

#include <stdio.h>

enum selector_role {
	SELECTS_SERIES,
	SELECTS_LABELS, /* info()'s second argument may match everything */
};

static bool check(struct parser *p, const struct expr *e);

static bool expect_type(struct parser *p, const struct expr *e, enum value_type want,
			const char *context)
{
	return check(p, e) &&
	       (e->type == want ||
		parser_fail(p, e->where, "expected type %s in %s, got %s", value_type_title(want),
			    context, value_type_title(e->type)));
}

static bool check_aggregate(struct parser *p, const struct expr *e)
{
	const struct aggregate *a = &e->aggregate;
	enum value_type param = a->op == AGGREGATE_COUNT_VALUES ? VALUE_STRING : VALUE_SCALAR;

	return expect_type(p, a->expr, VALUE_VECTOR, "aggregation expression") &&
	       (!a->param || expect_type(p, a->param, param, "aggregation parameter"));
}

/* --- binary expressions -------------------------------------------------------------------- */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Where the operator is: behind the left side and blanks. */
static struct text_range operator_range(const struct parser *p, const struct expr *e)
{
	struct text_range where = {e->binary.left->where.end, e->binary.right->where.start};
	struct str text = p->query->text;

	while (where.start < text.n && is_space(text.p[where.start]))
		where.start++;
	return where;
}

static bool check_bool(struct parser *p, const struct expr *e)
{
	const struct binary *b = &e->binary;
	bool comparison = expr_op_is_comparison(b->op);

	if (b->returns_bool && !comparison)
		return parser_fail(p, operator_range(p, e),
				   "bool modifier can only be used on comparison operators");
	if (comparison && !b->returns_bool && b->left->type == VALUE_SCALAR &&
	    b->right->type == VALUE_SCALAR)
		return parser_fail(p, operator_range(p, e),
				   "comparisons between scalars must use BOOL modifier");
	return true;
}

static bool check_disjoint_labels(struct parser *p, const struct expr *e)
{
	const struct vector_matching *m = e->binary.matching;

	if (!m || !m->on)
		return true;
	for (size_t i = 0; i < m->labels.n; i++) {
		for (size_t j = 0; j < m->include.n; j++) {
			if (str_eq(m->labels.v[i], m->include.v[j]))
				return parser_fail_quoted(
				    p, operator_range(p, e), "label ", m->labels.v[i],
				    " must not occur in ON and GROUP clause at once");
		}
	}
	return true;
}

static bool check_side(struct parser *p, const struct expr *side)
{
	return side->type == VALUE_SCALAR || side->type == VALUE_VECTOR ||
	       parser_fail(p, side->where,
			   "binary expression must contain only scalar and instant vector types");
}

static bool check_set_matching(struct parser *p, const struct expr *e)
{
	const struct vector_matching *m = e->binary.matching;

	if (m->card != CARD_MANY_TO_MANY)
		return parser_fail(p, e->where, "no grouping allowed for \"%s\" operation",
				   expr_op_name(e->binary.op));
	if (m->fill_left || m->fill_right)
		return parser_fail(p, e->where,
				   "filling in missing series not allowed for set operators");
	return true;
}

static bool check_matching(struct parser *p, const struct expr *e)
{
	const struct binary *b = &e->binary;
	const struct vector_matching *m = b->matching;

	if (m && b->left->type == VALUE_VECTOR && b->right->type == VALUE_VECTOR)
		return !expr_op_is_set(b->op) || check_set_matching(p, e);
	if (m && m->labels.n > 0)
		return parser_fail(p, e->where,
				   "vector matching only allowed between instant vectors");
	if (m)
		return parser_fail(
		    p, e->where, "filling in missing series only allowed between instant vectors");
	if (expr_op_is_set(b->op))
		return parser_fail(p, e->where,
				   "set operator \"%s\" not allowed in binary scalar expression",
				   expr_op_name(b->op));
	return true;
}

static bool check_binary(struct parser *p, const struct expr *e)
{
	return check(p, e->binary.left) && check(p, e->binary.right) && check_bool(p, e) &&
	       check_disjoint_labels(p, e) && check_side(p, e->binary.left) &&
	       check_side(p, e->binary.right) && check_matching(p, e);
}

/* --- selectors ----------------------------------------------------------------------------- */

/* A name in front of the braces, and another one inside. */
static bool check_name(struct parser *p, const struct expr *e)
{
	const struct vector_selector *v = &e->vector;

	for (size_t i = 0; i + 1 < v->matchers.n; i++) {
		struct matcher *m = v->matchers.v[i];
		if (!str_is(matcher_name(m), LABEL_NAME))
			continue;
		struct buf names auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
		quote_append(&names, v->name);
		buf_puts(&names, " or ");
		quote_append(&names, matcher_value(m));
		return parser_fail(p, e->where, "metric name must not be set twice: %.*s",
				   STR_FMT(buf_str(&names)));
	}
	return true;
}

static bool check_selector(struct parser *p, const struct expr *e, enum selector_role role)
{
	const struct vector_selector *v = &e->vector;

	if (v->name.n > 0)
		return check_name(p, e);
	if (role == SELECTS_LABELS)
		return true;
	for (size_t i = 0; i < v->matchers.n; i++) {
		if (!matcher_matches_empty(v->matchers.v[i]))
			return true;
	}
	return parser_fail(p, e->where,
			   "vector selector must contain at least one non-empty matcher");
}

/* --- calls --------------------------------------------------------------------------------- */

static bool check_n_args(struct parser *p, const struct expr *e)
{
	const struct call *c = &e->call;
	const struct promql_function *f = c->function;
	size_t least = f->variadic ? f->n_args - 1u : f->n_args;

	if (f->variadic == 0 && c->n_args != least)
		return parser_fail(p, e->where,
				   "expected %zu argument(s) in call to \"%s\", got %zu", least,
				   f->name, c->n_args);
	if (c->n_args < least)
		return parser_fail(p, e->where,
				   "expected at least %zu argument(s) in call to \"%s\", got %zu",
				   least, f->name, c->n_args);
	if (f->variadic > 0 && c->n_args > least + (size_t)f->variadic)
		return parser_fail(p, e->where,
				   "expected at most %zu argument(s) in call to \"%s\", got %zu",
				   least + (size_t)f->variadic, f->name, c->n_args);
	return true;
}

static bool check_info_labels(struct parser *p, const struct expr *call)
{
	const struct expr *labels = call->call.args[1];

	if (labels->type != VALUE_VECTOR)
		return parser_fail(
		    p, call->where,
		    "expected type instant vector in call to function \"info\", got %s",
		    value_type_title(labels->type));
	if (labels->kind != EXPR_VECTOR_SELECTOR)
		return parser_fail(p, labels->where, "expected label selectors only");
	if (labels->vector.name.n > 0)
		return parser_fail(p, labels->where,
				   "expected label selectors only, got vector selector instead");
	return true;
}

static bool check_arg(struct parser *p, const struct expr *call, size_t i)
{
	const struct promql_function *f = call->call.function;
	const struct expr *arg = call->call.args[i];
	char context[64];

	if (f->id == FUNCTION_INFO && i == 1)
		return check_selector(p, arg, SELECTS_LABELS);
	snprintf(context, sizeof(context), "call to function \"%s\"", f->name);
	return expect_type(p, arg, function_arg_type(f, i), context);
}

static bool check_call(struct parser *p, const struct expr *e)
{
	if (!check_n_args(p, e))
		return false;
	if (e->call.function->id == FUNCTION_INFO && e->call.n_args > 1 && !check_info_labels(p, e))
		return false;
	for (size_t i = 0; i < e->call.n_args; i++) {
		if (!check_arg(p, e, i))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------------------------------- */

static bool check_unary(struct parser *p, const struct expr *e)
{
	enum value_type type = e->unary.expr->type;

	return check(p, e->unary.expr) &&
	       (type == VALUE_SCALAR || type == VALUE_VECTOR ||
		parser_fail(p, e->where,
			    "unary expression only allowed on expressions of type scalar or "
			    "instant vector, got \"%s\"",
			    value_type_title(type)));
}

static bool check_subquery(struct parser *p, const struct expr *e)
{
	enum value_type type = e->subquery.expr->type;

	return check(p, e->subquery.expr) &&
	       (type == VALUE_VECTOR ||
		parser_fail(p, e->where,
			    "subquery is only allowed on instant vector, got %s instead",
			    value_type_name(type)));
}

static bool check(struct parser *p, const struct expr *e)
{
	switch (e->kind) {
	case EXPR_AGGREGATE:
		return check_aggregate(p, e);
	case EXPR_BINARY:
		return check_binary(p, e);
	case EXPR_CALL:
		return check_call(p, e);
	case EXPR_MATRIX_SELECTOR:
		return check(p, e->matrix.selector);
	case EXPR_PAREN:
		return check(p, e->paren);
	case EXPR_SUBQUERY:
		return check_subquery(p, e);
	case EXPR_UNARY:
		return check_unary(p, e);
	case EXPR_VECTOR_SELECTOR:
		return check_selector(p, e, SELECTS_SERIES);
	case EXPR_DURATION:
	case EXPR_NUMBER:
	case EXPR_STRING:
	case EXPR_REMOTE:
		break;
	}
	return true;
}

bool parser_check(struct parser *p, const struct expr *root)
{
	return check(p, root);
}
