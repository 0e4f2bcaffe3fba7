/* Operands and operators: literals, calls, aggregations, and what binds tighter than what. */
#include "promql/number_lexer.h"
#include "promql/parser_internal.h"

/* Nodes under construction, then an array of constants in the arena. */
struct exprs {
	const struct expr **v;
	size_t n, cap;
};

/* --- literals ------------------------------------------------------------------------------ */

struct expr *parser_literal(struct parser *p)
{
	struct token t = parser_take(p);
	double value;

	if (!parser_number(p, &t, &value))
		return NULL;
	struct expr *e = parser_node(p, EXPR_NUMBER, VALUE_SCALAR, t.where);
	if (e)
		e->number = (struct number_expr){
		    .value = value,
		    .is_duration = t.kind == TOKEN_DURATION,
		};
	return e;
}

static struct expr *string_literal(struct parser *p)
{
	struct token t = parser_take(p);
	struct str value;

	if (!parser_unquote(p, &t, &value))
		return NULL;
	struct expr *e = parser_node(p, EXPR_STRING, VALUE_STRING, t.where);
	if (e)
		e->string = value;
	return e;
}

/* --- calls --------------------------------------------------------------------------------- */

/* Behind a left parenthesis, up to and with the right one, whose end is stored. */
static bool arguments(struct parser *p, struct exprs *args, uint32_t *end)
{
	while (parser_peek(p) != TOKEN_RIGHT_PAREN) {
		const struct expr *arg = parser_binary(p, PRECEDENCE_LOWEST);
		if (!arg)
			return false;
		ARENA_PUSH(p->arena, args, arg);
		if (parser_peek(p) != TOKEN_COMMA)
			break;
		struct token comma = parser_take(p);
		if (!token_starts_expression(parser_peek(p)))
			return parser_fail(p, comma.where,
					   "trailing commas not allowed in function call args");
	}
	if (parser_peek(p) != TOKEN_RIGHT_PAREN)
		return parser_unexpected(p);
	*end = parser_take(p).where.end;
	return true;
}

static const struct promql_function *find_function(struct parser *p, const struct token *name)
{
	const struct promql_function *f = function_find(name->text);

	if (!f || (f->stage == FUNCTION_EXTENDED && !p->options.extended_functions)) {
		parser_fail_quoted(p, name->where, "unknown function with name ", name->text, "");
		return NULL;
	}
	if (f->stage == FUNCTION_EXPERIMENTAL && !p->options.experimental_functions) {
		parser_fail_quoted(p, name->where, "function ", name->text, " is not enabled");
		return NULL;
	}
	return f;
}

static bool adopt_all(struct parser *p, struct expr *e, const struct exprs *children)
{
	for (size_t i = 0; i < children->n; i++) {
		if (!parser_adopt(p, e, children->v[i]))
			return false;
	}
	return true;
}

static struct expr *call(struct parser *p, const struct token *name)
{
	struct exprs args = {0};
	struct text_range where = name->where;

	parser_take(p);
	if (!arguments(p, &args, &where.end))
		return NULL;
	const struct promql_function *f = find_function(p, name);
	if (!f)
		return NULL;
	struct expr *e = parser_node(p, EXPR_CALL, f->returns, where);
	if (!e || !adopt_all(p, e, &args))
		return NULL;
	e->call = (struct call){.function = f, .args = args.v, .n_args = args.n};
	return e;
}

/* --- aggregations -------------------------------------------------------------------------- */

/* Distribute the arguments between parameter and expression. */
static bool assign_arguments(struct parser *p, struct expr *e, const struct exprs *args)
{
	struct aggregate *a = &e->aggregate;
	size_t n_wanted = aggregate_op_has_param(a->op) ? 2 : 1;

	if (args->n == 0)
		return parser_fail(p, e->where, "no arguments for aggregate expression provided");
	if (a->op >= AGGREGATE_LIMITK && !p->options.experimental_functions)
		return parser_fail(p, e->where,
				   "%s() is experimental and must be enabled with "
				   "--enable-feature=promql-experimental-functions",
				   aggregate_op_name(a->op));
	if (args->n != n_wanted)
		return parser_fail(p, e->where,
				   "wrong number of arguments for aggregate expression provided, "
				   "expected %zu, got %zu",
				   n_wanted, args->n);
	a->expr = args->v[n_wanted - 1];
	a->param = n_wanted == 2 ? args->v[0] : NULL;
	return adopt_all(p, e, args);
}

/* by (...) or without (...), if there is one. */
static bool aggregate_modifier(struct parser *p, struct aggregate *a, bool *found)
{
	*found = parser_peek(p) == TOKEN_BY || parser_peek(p) == TOKEN_WITHOUT;
	if (!*found)
		return !p->failed;
	a->without = parser_take(p).kind == TOKEN_WITHOUT;
	return parser_grouping(p, &a->grouping);
}

static bool aggregate_parts(struct parser *p, struct aggregate *a, struct exprs *args,
			    uint32_t *end)
{
	bool modifier_first, modifier_last;

	if (!aggregate_modifier(p, a, &modifier_first) || !parser_expect(p, TOKEN_LEFT_PAREN) ||
	    !arguments(p, args, end))
		return false;
	if (modifier_first)
		return true;
	if (!aggregate_modifier(p, a, &modifier_last))
		return false;
	if (modifier_last)
		*end = p->last_closing;
	return true;
}

static struct expr *aggregate(struct parser *p, const struct token *name)
{
	struct place outer = p->place;
	struct aggregate a = {.op = token_aggregate_op(name->kind)};
	struct text_range where = name->where;
	struct exprs args = {0};

	p->place = (struct place){.in = "aggregation"};
	if (!aggregate_parts(p, &a, &args, &where.end))
		return NULL;
	p->place = outer;

	struct expr *e = parser_node(p, EXPR_AGGREGATE, VALUE_VECTOR, where);
	if (!e)
		return NULL;
	e->aggregate = a;
	return assign_arguments(p, e, &args) ? e : NULL;
}

/* --- operands ------------------------------------------------------------------------------ */

static struct expr *paren(struct parser *p)
{
	struct token left = parser_take(p);
	struct expr *inner = parser_binary(p, PRECEDENCE_LOWEST);

	if (!inner)
		return NULL;
	if (parser_peek(p) != TOKEN_RIGHT_PAREN) {
		parser_unexpected(p);
		return NULL;
	}
	struct token right = parser_take(p);
	struct expr *e =
	    parser_node(p, EXPR_PAREN, inner->type, text_range_join(left.where, right.where));
	if (!e || !parser_adopt(p, e, inner))
		return NULL;
	e->paren = inner;
	return e;
}

static bool may_name_function(enum token_kind kind)
{
	return kind == TOKEN_IDENTIFIER || (kind >= TOKEN_START && kind <= TOKEN_MIN_OF);
}

/* A word: what follows it tells what it is. */
static struct expr *named(struct parser *p)
{
	struct token name = parser_take(p);
	enum token_kind follower = parser_peek(p);

	if (token_is_aggregator(name.kind) &&
	    (follower == TOKEN_LEFT_PAREN || follower == TOKEN_BY || follower == TOKEN_WITHOUT))
		return aggregate(p, &name);
	if (may_name_function(name.kind) && follower == TOKEN_LEFT_PAREN)
		return call(p, &name);
	return parser_vector_selector(p, &name);
}

static struct expr *operand(struct parser *p)
{
	enum token_kind kind = parser_peek(p);

	if (token_is_metric_name(kind))
		return named(p);
	switch ((int)kind) {
	case TOKEN_NUMBER:
	case TOKEN_DURATION:
		return parser_literal(p);
	case TOKEN_STRING:
		return string_literal(p);
	case TOKEN_LEFT_PAREN:
		return paren(p);
	case TOKEN_LEFT_BRACE:
		return parser_vector_selector(p, NULL);
	default:
		parser_unexpected(p);
		return NULL;
	}
}

/* --- operators ----------------------------------------------------------------------------- */

/* A sign binds as tight as a multiplication: -2^2 is -(2^2). It becomes part of a number. */
static struct expr *signed_operand(struct parser *p)
{
	struct token sign = parser_take(p);
	struct expr *e = parser_binary(p, PRECEDENCE_POW);

	if (!e)
		return NULL;
	if (e->kind == EXPR_NUMBER) {
		if (sign.kind == TOKEN_SUB)
			e->number.value = -e->number.value;
		e->where.start = sign.where.start;
		return e;
	}
	struct expr *u = parser_node(p, EXPR_UNARY, e->type, text_range_join(sign.where, e->where));
	if (!u || !parser_adopt(p, u, e))
		return NULL;
	u->unary = (struct unary){.op = token_op(sign.kind), .expr = e};
	return u;
}

static struct expr *signed_or_modified(struct parser *p)
{
	enum token_kind kind = parser_peek(p);

	if (kind == TOKEN_ADD || kind == TOKEN_SUB)
		return signed_operand(p);
	struct expr *e = operand(p);
	return e ? parser_modifiers(p, e) : NULL;
}

/* (1), (-1): behind fill. */
static bool fill_value(struct parser *p, const double **out)
{
	double *value = ARENA_NEW(p->arena, double);
	bool negative = false;

	if (!parser_expect(p, TOKEN_LEFT_PAREN))
		return false;
	if (parser_peek(p) == TOKEN_ADD || parser_peek(p) == TOKEN_SUB)
		negative = parser_take(p).kind == TOKEN_SUB;
	if (parser_peek(p) != TOKEN_NUMBER && parser_peek(p) != TOKEN_DURATION)
		return parser_unexpected(p);
	struct token t = parser_take(p);
	if (!parser_number(p, &t, value) || !parser_expect(p, TOKEN_RIGHT_PAREN))
		return false;
	if (negative)
		*value = -*value;
	*out = value;
	return true;
}

static bool fill_modifiers(struct parser *p, struct vector_matching *m)
{
	enum token_kind kind = parser_peek(p);

	if (kind == TOKEN_FILL) {
		parser_take(p);
		if (!fill_value(p, &m->fill_left))
			return false;
		m->fill_right = m->fill_left;
		return true;
	}
	for (int i = 0; i < 2; i++) {
		const double **side = kind == TOKEN_FILL_LEFT    ? &m->fill_left
				      : kind == TOKEN_FILL_RIGHT ? &m->fill_right
								 : NULL;
		if (!side || *side)
			break;
		parser_take(p);
		if (!fill_value(p, side))
			return false;
		kind = parser_peek(p);
	}
	return !p->failed;
}

/* on (...) group_left (...) fill (...), each of which may be absent. */
static bool matching_modifiers(struct parser *p, struct vector_matching *m)
{
	enum token_kind kind = parser_peek(p);

	if (kind == TOKEN_ON || kind == TOKEN_IGNORING) {
		m->on = parser_take(p).kind == TOKEN_ON;
		if (!parser_grouping(p, &m->labels))
			return false;
		kind = parser_peek(p);
		if (kind == TOKEN_GROUP_LEFT || kind == TOKEN_GROUP_RIGHT) {
			parser_take(p);
			m->card = kind == TOKEN_GROUP_LEFT ? CARD_MANY_TO_ONE : CARD_ONE_TO_MANY;
			if (!parser_optional_grouping(p, &m->include))
				return false;
		}
	}
	return fill_modifiers(p, m);
}

/* Matching means nothing unless both sides are vectors. What was said about it nevertheless stays
 * for the checker to complain about. */
static bool is_idle_matching(const struct binary *b)
{
	const struct vector_matching *m = b->matching;
	bool between_vectors = b->left->type == VALUE_VECTOR && b->right->type == VALUE_VECTOR;

	return !between_vectors && m->labels.n == 0 && !m->fill_left && !m->fill_right;
}

static struct expr *binary_node(struct parser *p, const struct binary *parts)
{
	const struct expr *left = parts->left, *right = parts->right;
	bool scalar = left->type == VALUE_SCALAR && right->type == VALUE_SCALAR;
	struct text_range where = text_range_join(left->where, right->where);

	if (!p->options.fill_modifiers &&
	    (parts->matching->fill_left || parts->matching->fill_right)) {
		parser_fail(p, where, "binop fill modifiers are experimental and not enabled");
		return NULL;
	}
	struct expr *e = parser_node(p, EXPR_BINARY, scalar ? VALUE_SCALAR : VALUE_VECTOR, where);
	if (!e || !parser_adopt(p, e, left) || !parser_adopt(p, e, right))
		return NULL;
	e->binary = *parts;
	if (is_idle_matching(parts))
		e->binary.matching = NULL;
	return e;
}

/* left <operator> right, the operator being next. */
static struct expr *operation(struct parser *p, const struct expr *left)
{
	struct vector_matching *matching = ARENA_NEW(p->arena, struct vector_matching);
	struct token symbol = parser_take(p);
	struct binary parts = {
	    .op = token_op(symbol.kind),
	    .left = left,
	    .matching = matching,
	};

	if (parser_peek(p) == TOKEN_BOOL) {
		parser_take(p);
		parts.returns_bool = true;
	}
	if (!matching_modifiers(p, matching))
		return NULL;
	if (expr_op_is_set(parts.op) && matching->card == CARD_ONE_TO_ONE)
		matching->card = CARD_MANY_TO_MANY;
	parts.right = parser_binary(p, token_right_precedence(symbol.kind));
	return parts.right ? binary_node(p, &parts) : NULL;
}

struct expr *parser_binary(struct parser *p, int precedence)
{
	if (!parser_enter(p))
		return NULL;
	struct expr *e = signed_or_modified(p);
	while (e) {
		int next = token_precedence(parser_peek(p));
		if (next == 0 || next < precedence)
			break;
		e = operation(p, e);
	}
	parser_leave(p);
	return p->failed ? NULL : e;
}
