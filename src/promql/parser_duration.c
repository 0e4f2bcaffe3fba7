/* Lengths of time: literals, and formulas over them. */
#include "promql/number_lexer.h"
#include "promql/parser_internal.h"

#include "base/duration.h"

#include <math.h>

static struct expr *formula(struct parser *p, int precedence);

static bool check_enabled(struct parser *p, const struct expr *e)
{
	return p->options.duration_expressions ||
	       parser_fail(p, e->where, "experimental duration expression is not enabled");
}

/* `left` and `right` may be NULL. */
static struct expr *duration_node(struct parser *p, enum expr_op op, const struct expr *left,
				  const struct expr *right, struct text_range where)
{
	struct expr *e = parser_node(p, EXPR_DURATION, VALUE_SCALAR, where);

	if (!e || (left && !parser_adopt(p, e, left)) || (right && !parser_adopt(p, e, right)))
		return NULL;
	e->duration = (struct duration_expr){.op = op, .left = left, .right = right};
	return e;
}

/* Seconds that nanoseconds in 64 bits cannot hold. */
static bool is_out_of_range(double seconds)
{
	return seconds > 0x1p63 / 1e9 || seconds < -0x1p63 / 1e9;
}

static struct expr *literal(struct parser *p, const struct token *sign)
{
	struct expr *e = parser_literal(p);

	if (!e)
		return NULL;
	if (sign && sign->kind == TOKEN_SUB)
		e->number.value = -e->number.value;
	if (sign)
		e->where.start = sign->where.start;
	if (is_out_of_range(e->number.value)) {
		parser_fail(p, e->where, "duration out of range");
		return NULL;
	}
	return e;
}

/* step() and range(). */
static struct expr *query_property(struct parser *p)
{
	struct token name = parser_take(p);

	if (!parser_expect(p, TOKEN_LEFT_PAREN) || !parser_expect(p, TOKEN_RIGHT_PAREN))
		return NULL;
	struct text_range where = {.start = name.where.start, .end = p->last_closing};
	return duration_node(p, name.kind == TOKEN_STEP ? OP_STEP : OP_RANGE, NULL, NULL, where);
}

/* min_of(a, b) and max_of(a, b). */
static struct expr *smaller_or_larger(struct parser *p)
{
	struct token name = parser_take(p);
	const struct expr *left, *right;

	if (!parser_expect(p, TOKEN_LEFT_PAREN) || !(left = formula(p, PRECEDENCE_LOWEST)) ||
	    !parser_expect(p, TOKEN_COMMA) || !(right = formula(p, PRECEDENCE_LOWEST)) ||
	    !parser_expect(p, TOKEN_RIGHT_PAREN))
		return NULL;
	return duration_node(p, name.kind == TOKEN_MIN_OF ? OP_MIN_OF : OP_MAX_OF, left, right,
			     text_range_join(left->where, right->where));
}

static bool is_property(enum token_kind kind)
{
	return kind == TOKEN_STEP || kind == TOKEN_RANGE;
}

static bool is_choice(enum token_kind kind)
{
	return kind == TOKEN_MIN_OF || kind == TOKEN_MAX_OF;
}

/* A number in parentheses becomes a formula, so that it is printed with them. */
static struct expr *wrap(struct parser *p, struct expr *e, uint32_t start)
{
	if (e->kind != EXPR_DURATION) {
		struct text_range where = {.start = start, .end = e->where.end};
		e = duration_node(p, OP_ADD, NULL, e, where);
	}
	if (e)
		e->duration.in_parens = true;
	return e;
}

static struct expr *apply_sign(struct parser *p, const struct token *sign, struct expr *e)
{
	if (e->kind == EXPR_NUMBER) {
		if (sign->kind == TOKEN_SUB)
			e->number.value = -e->number.value;
		e->where.start = sign->where.start;
		return e;
	}
	if (sign->kind == TOKEN_ADD)
		return e;
	return duration_node(p, OP_SUB, NULL, e, text_range_join(sign->where, e->where));
}

static struct expr *parens(struct parser *p)
{
	struct token left = parser_take(p);
	struct expr *e = formula(p, PRECEDENCE_LOWEST);

	if (!e || !parser_expect(p, TOKEN_RIGHT_PAREN) || !check_enabled(p, e))
		return NULL;
	return wrap(p, e, left.where.start);
}

static struct expr *signed_formula(struct parser *p)
{
	struct token sign = parser_take(p);
	struct expr *e = formula(p, PRECEDENCE_POW);

	return e ? apply_sign(p, &sign, e) : NULL;
}

static struct expr *operand(struct parser *p)
{
	enum token_kind kind = parser_peek(p);
	struct expr *e = NULL;

	if (kind == TOKEN_NUMBER || kind == TOKEN_DURATION)
		return literal(p, NULL);
	if (kind == TOKEN_ADD || kind == TOKEN_SUB)
		return signed_formula(p);
	if (kind == TOKEN_LEFT_PAREN)
		return parens(p);
	if (is_property(kind))
		e = query_property(p);
	else if (is_choice(kind))
		e = smaller_or_larger(p);
	else
		parser_unexpected(p);
	return e && check_enabled(p, e) ? e : NULL;
}

static bool is_zero(const struct expr *e)
{
	return e->kind == EXPR_NUMBER && e->number.value == 0;
}

static struct expr *operation(struct parser *p, const struct expr *left)
{
	struct token symbol = parser_take(p);
	enum expr_op op = token_op(symbol.kind);
	const struct expr *right = formula(p, token_right_precedence(symbol.kind));

	if (!right || !check_enabled(p, left))
		return NULL;
	if (is_zero(right) && (op == OP_DIV || op == OP_MOD)) {
		parser_fail(p, symbol.where, "%s by zero", op == OP_DIV ? "division" : "modulo");
		return NULL;
	}
	return duration_node(p, op, left, right, text_range_join(left->where, right->where));
}

/* What follows a first operand. */
static struct expr *rest_of_formula(struct parser *p, struct expr *e, int precedence)
{
	while (e) {
		enum token_kind kind = parser_peek(p);
		if (kind < TOKEN_ADD || kind > TOKEN_POW || token_precedence(kind) < precedence)
			break;
		e = operation(p, e);
	}
	return p->failed ? NULL : e;
}

static struct expr *formula(struct parser *p, int precedence)
{
	if (!parser_enter(p))
		return NULL;
	struct expr *e = rest_of_formula(p, operand(p), precedence);
	parser_leave(p);
	return e;
}

static void store(struct duration *out, const struct expr *e)
{
	if (e->kind == EXPR_DURATION)
		*out = (struct duration){.formula = e};
	else
		*out = (struct duration){.ns = int64_of_double(round(e->number.value * NS_PER_S))};
}

bool parser_positive_duration(struct parser *p, struct duration *out)
{
	struct expr *e = formula(p, PRECEDENCE_LOWEST);

	if (!e)
		return false;
	if (e->kind == EXPR_NUMBER && e->number.value <= 0)
		return parser_fail(p, e->where, "duration must be greater than 0");
	store(out, e);
	return true;
}

/* Behind a sign: a parenthesis or a single thing ends the offset, so that in `foo offset -2^2` the
 * power is taken of the result. */
static struct expr *signed_offset(struct parser *p)
{
	struct token sign = parser_take(p);
	enum token_kind kind = parser_peek(p);
	struct expr *e = NULL;

	if (kind == TOKEN_NUMBER || kind == TOKEN_DURATION)
		return literal(p, &sign);
	if (is_property(kind) || is_choice(kind)) {
		e = is_property(kind) ? query_property(p) : smaller_or_larger(p);
		if (e)
			e = duration_node(p, token_op(sign.kind), NULL, e,
					  text_range_join(sign.where, e->where));
		return e && check_enabled(p, e) ? e : NULL;
	}
	if (kind == TOKEN_LEFT_PAREN) {
		parser_take(p);
		e = formula(p, PRECEDENCE_LOWEST);
		if (!e || !parser_expect(p, TOKEN_RIGHT_PAREN))
			return NULL;
		e = wrap(p, e, e->where.start);
		return e ? apply_sign(p, &sign, e) : NULL;
	}
	e = formula(p, PRECEDENCE_POW);
	return e ? rest_of_formula(p, apply_sign(p, &sign, e), PRECEDENCE_LOWEST) : NULL;
}

bool parser_offset_duration(struct parser *p, struct duration *out)
{
	enum token_kind kind = parser_peek(p);
	struct expr *e;

	if (kind == TOKEN_ADD || kind == TOKEN_SUB)
		e = signed_offset(p);
	else if (kind == TOKEN_LEFT_PAREN)
		e = formula(p, PRECEDENCE_LOWEST);
	else
		e = operand(p);
	if (!e)
		return false;
	store(out, e);
	return true;
}
