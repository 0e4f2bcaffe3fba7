/* Names in parentheses and braces: selectors and label lists. */
#include "base/alloc.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "promql/parser_internal.h"

struct matcher_list {
	struct matcher **v;
	size_t n, cap;
};

struct name_list {
	struct str *v;
	size_t n, cap;
};

bool token_starts_expression(enum token_kind kind)
{
	switch ((int)kind) {
	case TOKEN_STRING:
	case TOKEN_NUMBER:
	case TOKEN_DURATION:
	case TOKEN_LEFT_PAREN:
	case TOKEN_LEFT_BRACE:
	case TOKEN_ADD:
	case TOKEN_SUB:
		return true;
	default:
		return token_is_metric_name(kind);
	}
}

/* --- matchers ------------------------------------------------------------------------------ */

static bool add_matcher(struct parser *p, struct matcher_list *list, struct text_range where,
			enum matcher_type type, struct str name, struct str value)
{
	struct err err = ERR_INIT;

	if (++p->n_matchers > QUERY_MAX_MATCHERS)
		return parser_limit(p, "the query has more than %d matchers", QUERY_MAX_MATCHERS);
	struct matcher *m = matcher_new(type, name, value, &err);
	if (!m && err.code == ERR_LIMIT)
		return parser_limit(p, "%s", err.msg);
	if (!m)
		return parser_fail(p, where, "%s", err.msg);
	vec_push(&p->query->owned_matchers, m);
	ARENA_PUSH(p->arena, list, m);
	return true;
}

static bool match_operator(enum token_kind kind, enum matcher_type *type)
{
	switch ((int)kind) {
	case TOKEN_EQUAL:
		*type = MATCH_EQ;
		return true;
	case TOKEN_NE:
		*type = MATCH_NEQ;
		return true;
	case TOKEN_MATCH_RE:
		*type = MATCH_RE;
		return true;
	case TOKEN_MATCH_NRE:
		*type = MATCH_NRE;
		return true;
	default:
		return false;
	}
}

static bool unexpected_in_matching(struct parser *p, const char *expected)
{
	p->place = (struct place){.in = "label matching", .expected = expected};
	return parser_unexpected(p);
}

/* name="value", "name"="value", or a metric's "name" alone. */
static bool label_matcher(struct parser *p, struct matcher_list *list)
{
	struct token t;
	struct str name, value;
	enum matcher_type type;

	if (parser_peek(p) != TOKEN_IDENTIFIER && parser_peek(p) != TOKEN_STRING)
		return unexpected_in_matching(p, "identifier or \"}\"");
	t = parser_take(p);
	name = t.text;
	if (t.kind == TOKEN_STRING && !parser_unquote(p, &t, &name))
		return false;
	if (!match_operator(parser_peek(p), &type)) {
		if (t.kind == TOKEN_IDENTIFIER)
			return unexpected_in_matching(p, "label matching operator");
		return add_matcher(p, list, t.where, MATCH_EQ, STR(LABEL_NAME), name);
	}
	parser_take(p);
	if (parser_peek(p) != TOKEN_STRING)
		return unexpected_in_matching(p, "string");
	struct token quoted = parser_take(p);
	return parser_unquote(p, &quoted, &value) &&
	       add_matcher(p, list, t.where, type, name, value);
}

/* From a left brace to the right one, whose end is stored. */
static bool label_matchers(struct parser *p, struct matcher_list *list, uint32_t *end)
{
	parser_take(p);
	while (parser_peek(p) != TOKEN_RIGHT_BRACE) {
		if (!label_matcher(p, list))
			return false;
		if (parser_peek(p) == TOKEN_COMMA)
			parser_take(p);
		else if (parser_peek(p) != TOKEN_RIGHT_BRACE)
			return unexpected_in_matching(p, "\",\" or \"}\"");
	}
	*end = parser_take(p).where.end;
	return true;
}

struct expr *parser_vector_selector(struct parser *p, const struct token *name)
{
	struct matcher_list matchers = {0};
	struct text_range where = {0};

	enum token_kind kind = parser_peek(p);
	where = name ? name->where : p->ahead.where;
	if (kind == TOKEN_LEFT_BRACE && !label_matchers(p, &matchers, &where.end))
		return NULL;
	if (name && !add_matcher(p, &matchers, where, MATCH_EQ, STR(LABEL_NAME), name->text))
		return NULL;

	struct expr *e = parser_node(p, EXPR_VECTOR_SELECTOR, VALUE_VECTOR, where);
	if (!e)
		return NULL;
	e->vector.matchers = (struct matchers){.v = matchers.v, .n = matchers.n};
	if (name)
		e->vector.name = name->text;
	if (p->options.enforced.name.n > 0)
		ARENA_PUSH(p->arena, &p->selectors, e);
	return e;
}

/* --- label lists --------------------------------------------------------------------------- */

static bool label_name(struct parser *p, struct name_list *names)
{
	struct token t = parser_take(p);
	struct str name = t.text;

	if (t.kind == TOKEN_STRING && !parser_unquote(p, &t, &name))
		return false;
	if (name.n == 0 || !utf8_valid(name))
		return parser_fail_quoted(p, t.where, "invalid label name for grouping: ", name,
					  "");
	ARENA_PUSH(p->arena, names, name);
	return true;
}

static bool expected_in_grouping(struct parser *p, const char *expected)
{
	p->place = (struct place){.in = "grouping opts", .expected = expected};
	return parser_unexpected(p);
}

static bool grouping(struct parser *p, struct name_list *names)
{
	if (parser_peek(p) != TOKEN_LEFT_PAREN)
		return expected_in_grouping(p, "\"(\"");
	parser_take(p);
	while (parser_peek(p) != TOKEN_RIGHT_PAREN) {
		if (!token_is_label_name(parser_peek(p)) && parser_peek(p) != TOKEN_STRING)
			return expected_in_grouping(p, "label");
		if (!label_name(p, names))
			return false;
		if (parser_peek(p) == TOKEN_COMMA)
			parser_take(p);
		else if (parser_peek(p) != TOKEN_RIGHT_PAREN)
			return expected_in_grouping(p, "\",\" or \")\"");
	}
	parser_take(p);
	return true;
}

bool parser_grouping(struct parser *p, struct label_names *out)
{
	struct name_list names = {0};

	if (!grouping(p, &names))
		return false;
	*out = (struct label_names){.v = names.v, .n = names.n};
	return true;
}

bool parser_optional_grouping(struct parser *p, struct label_names *out)
{
	enum token_kind kind = parser_peek(p);

	if (kind != TOKEN_LEFT_PAREN && token_starts_expression(kind))
		return true;
	return parser_grouping(p, out);
}
