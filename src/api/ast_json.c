/* Keys are in the order in which Go writes those of a map. */
#include "api/ast_json.h"

#include "base/assert.h"
#include "base/duration.h"
#include "base/float_text.h"

static void put_text(struct json_writer *w, const char *key, const char *text)
{
	json_key(w, key);
	json_put_cstr(w, text);
}

static void put_bool(struct json_writer *w, const char *key, bool v)
{
	json_key(w, key);
	json_put_bool(w, v);
}

static void put_expr(struct json_writer *w, const char *key, const struct expr *e)
{
	json_key(w, key);
	if (e)
		expr_json(w, e);
	else
		json_put_null(w);
}

static void put_number(struct json_writer *w, double v)
{
	char text[FLOAT_TEXT_MAX];

	json_key(w, "val");
	json_put_str(w, str_from(text, float_format(text, v, FLOAT_F)));
}

static void put_names(struct json_writer *w, const char *key, struct label_names names)
{
	json_key(w, key);
	json_begin_array(w);
	for (size_t i = 0; i < names.n; i++)
		json_put_str(w, names.v[i]);
	json_end_array(w);
}

/* --- lengths of time -------------------------------------------------------------------------- */

static void put_formula(struct json_writer *w, const struct expr *e)
{
	if (!e) {
		json_put_null(w);
		return;
	}
	json_begin_object(w);
	if (e->kind == EXPR_NUMBER) {
		put_bool(w, "duration", e->number.is_duration);
		put_text(w, "type", "numberLiteral");
		put_number(w, e->number.value);
	} else {
		json_key(w, "lhs");
		put_formula(w, e->duration.left);
		put_text(w, "op", expr_op_name(e->duration.op));
		json_key(w, "rhs");
		put_formula(w, e->duration.right);
		put_text(w, "type", "durationExpr");
		put_bool(w, "wrapped", e->duration.in_parens);
	}
	json_end_object(w);
}

/* A literal in milliseconds under `key`, a formula under `formula_key`. */
static void put_duration(struct json_writer *w, const char *key, const char *formula_key,
			 const struct duration *d)
{
	json_key(w, key);
	json_put_i64(w, d->ns / NS_PER_MS);
	json_key(w, formula_key);
	put_formula(w, d->formula);
}

static void put_start_or_end(struct json_writer *w, const struct at *at)
{
	json_key(w, "startOrEnd");
	if (at->kind == AT_START || at->kind == AT_END)
		json_put_cstr(w, at->kind == AT_START ? "start" : "end");
	else
		json_put_null(w);
}

static void put_timestamp(struct json_writer *w, const struct at *at)
{
	json_key(w, "timestamp");
	if (at->kind == AT_TIMESTAMP)
		json_put_i64(w, at->t_ms);
	else
		json_put_null(w);
}

/* --- selectors -------------------------------------------------------------------------------- */

static void put_matchers(struct json_writer *w, struct matchers ms)
{
	static const char *const types[] = {
	    [MATCH_EQ] = "=", [MATCH_NEQ] = "!=", [MATCH_RE] = "=~", [MATCH_NRE] = "!~"};

	json_key(w, "matchers");
	json_begin_array(w);
	for (size_t i = 0; i < ms.n; i++) {
		json_begin_object(w);
		json_key(w, "name");
		json_put_str(w, matcher_name(ms.v[i]));
		put_text(w, "type", types[matcher_type(ms.v[i])]);
		json_key(w, "value");
		json_put_str(w, matcher_value(ms.v[i]));
		json_end_object(w);
	}
	json_end_array(w);
}

/* `range` is NULL of an instant selector. */
static void put_selector(struct json_writer *w, const struct vector_selector *vs,
			 const struct duration *range)
{
	put_bool(w, "anchored", vs->bounds == BOUNDS_ANCHORED);
	put_matchers(w, vs->matchers);
	json_key(w, "name");
	json_put_str(w, vs->name);
	put_duration(w, "offset", "offsetExpr", &vs->offset);
	if (range)
		put_duration(w, "range", "rangeExpr", range);
	put_bool(w, "smoothed", vs->bounds == BOUNDS_SMOOTHED);
	put_start_or_end(w, &vs->at);
	put_timestamp(w, &vs->at);
	put_text(w, "type", range ? "matrixSelector" : "vectorSelector");
}

static void put_subquery(struct json_writer *w, const struct subquery *s)
{
	put_expr(w, "expr", s->expr);
	put_duration(w, "offset", "offsetExpr", &s->offset);
	put_duration(w, "range", "rangeExpr", &s->range);
	put_start_or_end(w, &s->at);
	put_duration(w, "step", "stepExpr", &s->step);
	put_timestamp(w, &s->at);
	put_text(w, "type", "subquery");
}

/* --- calls and operators ---------------------------------------------------------------------- */

static void put_function(struct json_writer *w, const struct promql_function *f)
{
	json_key(w, "func");
	json_begin_object(w);
	json_key(w, "argTypes");
	json_begin_array(w);
	for (size_t i = 0; i < f->n_args; i++)
		json_put_cstr(w, value_type_name(function_arg_type(f, i)));
	json_end_array(w);
	put_text(w, "name", f->name);
	put_text(w, "returnType", value_type_name(f->returns));
	json_key(w, "variadic");
	json_put_i64(w, f->variadic);
	json_end_object(w);
}

static void put_call(struct json_writer *w, const struct call *c)
{
	json_key(w, "args");
	json_begin_array(w);
	for (size_t i = 0; i < c->n_args; i++)
		expr_json(w, c->args[i]);
	json_end_array(w);
	put_function(w, c->function);
	put_text(w, "type", "call");
}

static void put_aggregate(struct json_writer *w, const struct aggregate *a)
{
	put_expr(w, "expr", a->expr);
	put_names(w, "grouping", a->grouping);
	put_text(w, "op", aggregate_op_name(a->op));
	put_expr(w, "param", a->param);
	put_text(w, "type", "aggregation");
	put_bool(w, "without", a->without);
}

static void put_fill(struct json_writer *w, const char *key, const double *v)
{
	json_key(w, key);
	if (v)
		json_put_f64(w, *v);
	else
		json_put_null(w);
}

static void put_matching(struct json_writer *w, const struct vector_matching *m)
{
	static const char *const cards[] = {
	    [CARD_ONE_TO_ONE] = "one-to-one",
	    [CARD_MANY_TO_ONE] = "many-to-one",
	    [CARD_ONE_TO_MANY] = "one-to-many",
	    [CARD_MANY_TO_MANY] = "many-to-many",
	};

	json_key(w, "matching");
	if (!m) {
		json_put_null(w);
		return;
	}
	json_begin_object(w);
	put_text(w, "card", cards[m->card]);
	json_key(w, "fillValues");
	json_begin_object(w);
	put_fill(w, "lhs", m->fill_left);
	put_fill(w, "rhs", m->fill_right);
	json_end_object(w);
	put_names(w, "include", m->include);
	put_names(w, "labels", m->labels);
	put_bool(w, "on", m->on);
	json_end_object(w);
}

static void put_binary(struct json_writer *w, const struct binary *b)
{
	put_bool(w, "bool", b->returns_bool);
	put_expr(w, "lhs", b->left);
	put_matching(w, b->matching);
	put_text(w, "op", expr_op_name(b->op));
	put_expr(w, "rhs", b->right);
	put_text(w, "type", "binaryExpr");
}

static void put_members(struct json_writer *w, const struct expr *e)
{
	switch (e->kind) {
	case EXPR_NUMBER:
		put_text(w, "type", "numberLiteral");
		put_number(w, e->number.value);
		break;
	case EXPR_STRING:
		put_text(w, "type", "stringLiteral");
		json_key(w, "val");
		json_put_str(w, e->string);
		break;
	case EXPR_VECTOR_SELECTOR:
		put_selector(w, &e->vector, NULL);
		break;
	case EXPR_MATRIX_SELECTOR:
		put_selector(w, &e->matrix.selector->vector, &e->matrix.range);
		break;
	case EXPR_SUBQUERY:
		put_subquery(w, &e->subquery);
		break;
	case EXPR_CALL:
		put_call(w, &e->call);
		break;
	case EXPR_AGGREGATE:
		put_aggregate(w, &e->aggregate);
		break;
	case EXPR_BINARY:
		put_binary(w, &e->binary);
		break;
	case EXPR_UNARY:
		put_expr(w, "expr", e->unary.expr);
		put_text(w, "op", expr_op_name(e->unary.op));
		put_text(w, "type", "unaryExpr");
		break;
	case EXPR_PAREN:
		put_expr(w, "expr", e->paren);
		put_text(w, "type", "parenExpr");
		break;
	case EXPR_DURATION:
	case EXPR_REMOTE:
		assert(!"neither is in a tree that was just parsed");
	}
}

void expr_json(struct json_writer *w, const struct expr *e)
{
	json_begin_object(w);
	put_members(w, e);
	json_end_object(w);
}
