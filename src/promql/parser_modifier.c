/* What follows an operand: [5m], [5m:1m], offset, @, anchored, smoothed. */
#include "promql/number_lexer.h"
#include "promql/parser_internal.h"

#include <math.h>

/* An operand on its way through its modifiers. */
struct target {
	struct expr *expr;
	struct expr *selector; /* the vector selector in it, if that is all it has */
};

static bool unexpected_in(struct parser *p, struct place place)
{
	p->place = place;
	return parser_unexpected(p);
}

/* --- brackets ------------------------------------------------------------------------------ */

static const char *why_no_range(const struct expr *selector)
{
	if (!selector)
		return "ranges only allowed for vector selectors";
	if (selector->vector.offset.ns != 0 || selector->vector.offset.formula)
		return "no offset modifiers allowed before range";
	if (selector->vector.at.kind != AT_NONE)
		return "no @ modifiers allowed before range";
	return NULL;
}

static bool matrix_selector(struct parser *p, struct target *t, struct duration range,
			    uint32_t bracket)
{
	struct expr *selector = t->expr->kind == EXPR_VECTOR_SELECTOR ? t->expr : NULL;
	struct text_range where = {t->expr->where.start, p->last_closing};
	const char *objection = why_no_range(selector);

	if (objection)
		return parser_fail(p, (struct text_range){bracket, where.end}, "%s", objection);
	struct expr *e = parser_node(p, EXPR_MATRIX_SELECTOR, VALUE_MATRIX, where);
	if (!e || !parser_adopt(p, e, selector))
		return false;
	e->matrix = (struct matrix_selector){.selector = selector, .range = range};
	*t = (struct target){.expr = e, .selector = selector};
	return true;
}

static bool subquery(struct parser *p, struct target *t, struct duration range,
		     struct duration step)
{
	struct text_range where = {t->expr->where.start, p->last_closing};
	struct expr *e = parser_node(p, EXPR_SUBQUERY, VALUE_MATRIX, where);

	if (!e || !parser_adopt(p, e, t->expr))
		return false;
	e->subquery = (struct subquery){.expr = t->expr, .range = range, .step = step};
	*t = (struct target){.expr = e};
	return true;
}

static bool starts_duration(enum token_kind kind)
{
	switch ((int)kind) {
	case TOKEN_NUMBER:
	case TOKEN_DURATION:
	case TOKEN_ADD:
	case TOKEN_SUB:
	case TOKEN_LEFT_PAREN:
	case TOKEN_STEP:
	case TOKEN_RANGE:
	case TOKEN_MIN_OF:
	case TOKEN_MAX_OF:
		return true;
	default:
		return false;
	}
}

/* Behind the colon: a step or nothing, and the right bracket. */
static bool step_of_subquery(struct parser *p, struct duration *step)
{
	p->place = (struct place){
	    .in = "subquery selector",
	    .expected = "number, duration, step(), range(), or \"]\"",
	};
	if (parser_peek(p) == TOKEN_RIGHT_BRACKET) {
		parser_take(p);
		return true;
	}
	if (!starts_duration(parser_peek(p)))
		return parser_unexpected(p);
	if (!parser_positive_duration(p, step))
		return false;
	p->place.expected = "\"]\"";
	return parser_expect(p, TOKEN_RIGHT_BRACKET);
}

static bool brackets(struct parser *p, struct target *t)
{
	struct token left = parser_take(p);
	struct duration range, step = {0};

	p->place = (struct place){
	    .in = "subquery or range selector",
	    .expected = "number, duration, step(), or range()",
	};
	if (!parser_positive_duration(p, &range))
		return false;
	if (parser_peek(p) == TOKEN_RIGHT_BRACKET) {
		parser_take(p);
		return matrix_selector(p, t, range, left.where.start);
	}
	if (parser_peek(p) != TOKEN_COLON)
		return unexpected_in(p, (struct place){
					    .in = "subquery or range",
					    .expected = "\":\" or \"]\"",
					});
	parser_take(p);
	return step_of_subquery(p, &step) && subquery(p, t, range, step);
}

/* --- offset -------------------------------------------------------------------------------- */

static struct duration *offset_of(struct target *t)
{
	if (t->selector)
		return &t->selector->vector.offset;
	return t->expr->kind == EXPR_SUBQUERY ? &t->expr->subquery.offset : NULL;
}

static bool offset(struct parser *p, struct target *t)
{
	struct duration value, *offset = offset_of(t);

	parser_take(p);
	p->place = (struct place){
	    .in = "offset",
	    .expected = "number, duration, step(), or range()",
	};
	if (!parser_offset_duration(p, &value))
		return false;
	if (!offset)
		return parser_fail(p, t->expr->where,
				   "offset modifier must be preceded by an instant vector "
				   "selector or range vector selector or a subquery");
	if (offset->ns != 0 || offset->formula)
		return parser_fail(p, t->expr->where, "offset may not be set multiple times");
	*offset = value;
	t->expr->where.end = p->last_closing;
	return true;
}

/* --- @ ------------------------------------------------------------------------------------- */

static bool at_timestamp(struct parser *p, const struct target *t, struct at *at)
{
	bool negative = false;
	double seconds;

	if (parser_peek(p) == TOKEN_ADD || parser_peek(p) == TOKEN_SUB)
		negative = parser_take(p).kind == TOKEN_SUB;
	if (parser_peek(p) != TOKEN_NUMBER && parser_peek(p) != TOKEN_DURATION)
		return parser_unexpected(p);
	struct token number = parser_take(p);
	if (!parser_number(p, &number, &seconds))
		return false;
	if (negative)
		seconds = -seconds;
	if (isnan(seconds))
		return parser_fail(p, t->expr->where,
				   "timestamp out of bounds for @ modifier: NaN");
	if (isinf(seconds))
		return parser_fail(p, t->expr->where,
				   "timestamp out of bounds for @ modifier: %cInf",
				   seconds < 0 ? '-' : '+');
	if (seconds >= 0x1p63 || seconds <= -0x1p63)
		return parser_fail(p, t->expr->where, "timestamp out of bounds for @ modifier: %f",
				   seconds);
	*at = (struct at){.kind = AT_TIMESTAMP, .t_ms = int64_of_double(round(seconds * 1000))};
	return true;
}

static bool at_bound(struct parser *p, struct at *at)
{
	at->kind = parser_take(p).kind == TOKEN_START ? AT_START : AT_END;
	return parser_expect(p, TOKEN_LEFT_PAREN) && parser_expect(p, TOKEN_RIGHT_PAREN);
}

static struct at *at_of(struct target *t)
{
	if (t->selector)
		return &t->selector->vector.at;
	return t->expr->kind == EXPR_SUBQUERY ? &t->expr->subquery.at : NULL;
}

static bool at_modifier(struct parser *p, struct target *t)
{
	struct at value = {0}, *at = at_of(t);

	parser_take(p);
	p->place = (struct place){.in = "@", .expected = "timestamp"};
	enum token_kind kind = parser_peek(p);
	bool is_bound = kind == TOKEN_START || kind == TOKEN_END;
	if (is_bound ? !at_bound(p, &value) : !at_timestamp(p, t, &value))
		return false;
	if (!at)
		return parser_fail(p, t->expr->where,
				   "@ modifier must be preceded by an instant vector selector or "
				   "range vector selector or a subquery");
	if (at->kind != AT_NONE)
		return parser_fail(p, t->expr->where,
				   "@ <timestamp> may not be set multiple times");
	*at = value;
	t->expr->where.end = p->last_closing;
	return true;
}

/* --- anchored, smoothed -------------------------------------------------------------------- */

static bool bounds(struct parser *p, struct target *t)
{
	bool anchored = parser_take(p).kind == TOKEN_ANCHORED;
	const char *name = anchored ? "anchored" : "smoothed";
	struct text_range where = t->expr->where;

	if (!p->options.extended_range_selectors)
		return parser_fail(p, where, "%s modifier is experimental and not enabled", name);
	if (t->expr->kind == EXPR_SUBQUERY)
		return parser_fail(p, where, "%s modifier is not supported for subqueries", name);
	if (!t->selector)
		return parser_fail(p, where, "%s modifier not implemented", name);

	struct vector_selector *v = &t->selector->vector;
	enum selector_bounds wanted = anchored ? BOUNDS_ANCHORED : BOUNDS_SMOOTHED;
	if (v->bounds != BOUNDS_PLAIN && v->bounds != wanted)
		return parser_fail(p, where,
				   "anchored and smoothed modifiers cannot be used together");
	v->bounds = wanted;
	return true;
}

/* Take one modifier, if there is one. */
static bool modifier(struct parser *p, struct target *t, bool *found)
{
	struct place outer = p->place;
	bool ok;

	*found = true;
	switch ((int)parser_peek(p)) {
	case TOKEN_LEFT_BRACKET:
		ok = brackets(p, t);
		break;
	case TOKEN_OFFSET:
		ok = offset(p, t);
		break;
	case TOKEN_AT:
		ok = at_modifier(p, t);
		break;
	case TOKEN_ANCHORED:
	case TOKEN_SMOOTHED:
		ok = bounds(p, t);
		break;
	default:
		*found = false;
		ok = !p->failed;
		break;
	}
	p->place = outer;
	return ok;
}

struct expr *parser_modifiers(struct parser *p, struct expr *operand)
{
	bool vector = operand->kind == EXPR_VECTOR_SELECTOR;
	struct target t = {.expr = operand, .selector = vector ? operand : NULL};
	bool found = true;

	while (found) {
		if (!modifier(p, &t, &found))
			return NULL;
	}
	return t.expr;
}
