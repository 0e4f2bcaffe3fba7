#include "promql/parser.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/duration.h"
#include "base/quote.h"
#include "base/vec.h"
#include "promql/duration.h"
#include "promql/number_lexer.h"
#include "promql/parser_internal.h"

#include <stdarg.h>
#include <stdio.h>

struct text_position text_position(struct str text, size_t offset)
{
	struct text_position at = {.line = 1, .column = 1};

	for (size_t i = 0; i < offset && i < text.n; i++) {
		at.column++;
		if (text.p[i] == '\n') {
			at.line++;
			at.column = 1;
		}
	}
	return at;
}

/* --- errors -------------------------------------------------------------------------------- */

bool parser_fail(struct parser *p, struct text_range where, const char *fmt, ...)
{
	char message[sizeof(p->err->msg)];
	va_list args;

	if (p->failed)
		return false;
	p->failed = true;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	if (p->query->text.n == 0)
		return err_set(p->err, ERR_INVALID, "unknown position: parse error: %s", message);
	struct text_position at = text_position(p->query->text, where.start);
	return err_set(p->err, ERR_INVALID, "%u:%u: parse error: %s", at.line, at.column, message);
}

bool parser_fail_quoted(struct parser *p, struct text_range where, const char *before,
			struct str text, const char *after)
{
	struct buf quoted auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	if (p->failed)
		return false;
	quote_append(&quoted, text);
	return parser_fail(p, where, "%s%.*s%s", before, STR_FMT(buf_str(&quoted)), after);
}

bool parser_limit(struct parser *p, const char *fmt, ...)
{
	char message[sizeof(p->err->msg)];
	va_list args;

	if (p->failed)
		return false;
	p->failed = true;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	return err_set(p->err, ERR_LIMIT, "%s", message);
}

bool parser_unexpected(struct parser *p)
{
	struct buf message auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	if (parser_peek(p) == TOKEN_ERROR)
		return false;
	buf_puts(&message, "unexpected ");
	token_describe(&message, &p->ahead);
	if (p->place.in)
		buf_printf(&message, " in %s", p->place.in);
	if (p->place.expected)
		buf_printf(&message, ", expected %s", p->place.expected);
	return parser_fail(p, p->ahead.where, "%.*s", STR_FMT(buf_str(&message)));
}

/* --- tokens -------------------------------------------------------------------------------- */

static bool is_closing(enum token_kind kind)
{
	return kind == TOKEN_RIGHT_PAREN || kind == TOKEN_RIGHT_BRACE ||
	       kind == TOKEN_RIGHT_BRACKET || kind == TOKEN_NUMBER || kind == TOKEN_DURATION;
}

enum token_kind parser_peek(struct parser *p)
{
	if (p->failed)
		return TOKEN_ERROR;
	if (p->has_ahead)
		return p->ahead.kind;

	p->ahead = lexer_next(&p->lexer);
	p->has_ahead = true;
	if (p->ahead.kind == TOKEN_ERROR)
		parser_fail(p, p->ahead.where, "%.*s", STR_FMT(p->lexer.error));
	if (is_closing(p->ahead.kind))
		p->last_closing = p->ahead.where.end;
	return p->ahead.kind;
}

struct token parser_take(struct parser *p)
{
	parser_peek(p);
	p->has_ahead = false;
	return p->ahead;
}

bool parser_expect(struct parser *p, enum token_kind kind)
{
	if (parser_peek(p) != kind)
		return parser_unexpected(p);
	parser_take(p);
	return true;
}

bool parser_unquote(struct parser *p, const struct token *t, struct str *out)
{
	struct buf unquoted auto_done(buf_done) = BUF_INIT(QUERY_MAX_BYTES);
	struct err err;

	if (!unquote_append(&unquoted, t->text, UNQUOTE_PROMQL, &err))
		return parser_fail_quoted(p, t->where, "error unquoting string ", t->text,
					  ": invalid syntax");
	*out = arena_str(p->arena, buf_str(&unquoted));
	return true;
}

bool parser_number(struct parser *p, const struct token *t, double *out)
{
	struct err err = ERR_INIT;
	int64_t ms;

	if (t->kind == TOKEN_DURATION) {
		if (!model_duration_parse(t->text, &ms, &err))
			return parser_fail(p, t->where, "%s", err.msg);
		*out = seconds_of_ms(ms);
		return true;
	}
	enum number_result result = number_parse(t->text, out);
	if (result == NUMBER_OK)
		return true;
	return parser_fail_quoted(
	    p, t->where, "error parsing number: strconv.ParseFloat: parsing ", t->text,
	    result == NUMBER_RANGE ? ": value out of range" : ": invalid syntax");
}

/* --- nodes --------------------------------------------------------------------------------- */

struct expr *parser_node(struct parser *p, enum expr_kind kind, enum value_type type,
			 struct text_range where)
{
	if (p->failed)
		return NULL;
	if (++p->n_nodes > QUERY_MAX_NODES) {
		parser_limit(p, "the query has more than %d parts", QUERY_MAX_NODES);
		return NULL;
	}
	struct expr *e = ARENA_NEW(p->arena, struct expr);
	e->kind = kind;
	e->type = type;
	e->where = where;
	e->height = 1;
	return e;
}

static bool too_deep(struct parser *p)
{
	return parser_limit(p, "the query is nested more than %d levels deep", QUERY_MAX_DEPTH);
}

bool parser_adopt(struct parser *p, struct expr *e, const struct expr *child)
{
	if (e->height <= child->height)
		e->height = child->height + 1;
	return e->height <= QUERY_MAX_DEPTH || too_deep(p);
}

bool parser_enter(struct parser *p)
{
	if (p->depth == QUERY_MAX_DEPTH)
		return too_deep(p);
	p->depth++;
	return true;
}

void parser_leave(struct parser *p)
{
	assert(p->depth > 0);
	p->depth--;
}

/* --- entry --------------------------------------------------------------------------------- */

static struct expr *parse_whole_expression(struct parser *p)
{
	if (parser_peek(p) == TOKEN_END_OF_INPUT) {
		parser_fail(p, (struct text_range){0}, "no expression found in input");
		return NULL;
	}
	struct expr *root = parser_binary(p, PRECEDENCE_LOWEST);
	if (root && parser_expect(p, TOKEN_END_OF_INPUT) && parser_check(p, root))
		return root;
	return NULL;
}

static struct expr *parse_whole_selector(struct parser *p)
{
	struct expr *root = NULL;

	if (token_is_metric_name(parser_peek(p))) {
		struct token name = parser_take(p);
		root = parser_vector_selector(p, &name);
	} else if (parser_peek(p) == TOKEN_LEFT_BRACE) {
		root = parser_vector_selector(p, NULL);
	} else {
		parser_unexpected(p);
	}
	return root && parser_expect(p, TOKEN_END_OF_INPUT) ? root : NULL;
}

static struct promql_query *query_new(struct str text, struct tracker *tracker)
{
	struct promql_query *query = NEW(struct promql_query);

	query->arena = arena_new(tracker);
	query->text = arena_str(query->arena, text);
	return query;
}

/* After the check: what a selector must have is asked of the query as it was written. */
static bool enforce_label(struct parser *p, struct err *err)
{
	const struct label *label = &p->options.enforced;

	if (label->name.n == 0)
		return true;
	struct matcher *m = matcher_new(MATCH_EQ, label->name, label->value, err);
	if (!m)
		return false;
	vec_push(&p->query->owned_matchers, m);
	p->query->enforced = m;
	for (size_t i = 0; i < p->selectors.n; i++) {
		struct vector_selector *v = &p->selectors.v[i]->vector;
		v->matchers = matchers_enforce(p->arena, v->matchers, m);
		if (str_is(label->name, LABEL_NAME))
			v->name = (struct str){0};
	}
	return true;
}

static struct promql_query *parse(struct str text, const struct parser_options *options,
				  struct tracker *tracker,
				  struct expr *(*parse_whole)(struct parser *p), struct err *err)
{
	if (text.n > QUERY_MAX_BYTES) {
		err_set(err, ERR_LIMIT, "the query has %zu bytes, more than %d", text.n,
			QUERY_MAX_BYTES);
		return NULL;
	}
	struct promql_query *query auto_free(promql_query_free) = query_new(text, tracker);
	struct parser p = {
	    .query = query,
	    .arena = query->arena,
	    .options = *options,
	    .err = err,
	};

	lexer_init(&p.lexer, query->text, query->arena);
	query->root = parse_whole(&p);
	assert((query->root == NULL) == p.failed);
	if (p.failed || !enforce_label(&p, err) || !tracker_check(tracker, err))
		return NULL;
	return take(query);
}

struct promql_query *promql_parse(struct str text, const struct parser_options *options,
				  struct tracker *tracker, struct err *err)
{
	return parse(text, options, tracker, parse_whole_expression, err);
}

struct promql_query *promql_parse_selector(struct str text, struct err *err)
{
	return parse(text, &PARSER_OPTIONS_DEFAULT, NULL, parse_whole_selector, err);
}
