/* template_parser.c - from text to a tree, in one pass without tokens. */
#include "base/alloc.h"
#include "base/float_text.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "template/template_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct parser {
	struct template *t;
	struct arena *a;
	struct str rest;
	bool trims_next; /* the action before ended with -}} */
	unsigned depth;
	unsigned range_depth;
	struct str_names variables; /* in scope */
	struct err *err;
};

/* What ended a list of nodes. */
enum ending { ENDED_BY_TEXT, ENDED_BY_END, ENDED_BY_ELSE, ENDED_BY_ERROR };

/* --- errors ---------------------------------------------------------------------------------- */

static size_t line_of(const struct template *t, const char *at)
{
	size_t line = 1;

	for (const char *p = t->text.p; p < at; p++)
		line += *p == '\n';
	return line;
}

static bool fail(struct parser *p, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail(struct parser *p, enum err_code code, const char *fmt, ...)
{
	char what[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	return err_set(p->err, code, "template: :%zu: %s", line_of(p->t, p->rest.p), what);
}

/* --- bytes ----------------------------------------------------------------------------------- */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct parser *p)
{
	while (p->rest.n > 0 && is_space(p->rest.p[0]))
		p->rest = str_skip(p->rest, 1);
}

static bool take_text(struct parser *p, const char *text)
{
	if (!str_starts(p->rest, str_of(text)))
		return false;
	p->rest = str_skip(p->rest, strlen(text));
	return true;
}

static bool is_letter(struct str s, bool first)
{
	char c = s.n > 0 ? s.p[0] : '\0';

	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (unsigned char)c >= 0x80 || (!first && c >= '0' && c <= '9');
}

static struct str take_name(struct parser *p)
{
	struct str rest = p->rest;
	size_t n = 0;

	while (is_letter(str_skip(rest, n), n == 0))
		n++;
	p->rest = str_skip(rest, n);
	return str_from(rest.p, n);
}

/* The end of an action: }}, or -}} behind a space. Its length, or 0. */
static size_t close_length(const struct parser *p)
{
	if (str_starts(p->rest, STR("}}")))
		return 2;
	return str_starts(p->rest, STR("-}}")) && is_space(p->rest.p[-1]) ? 3 : 0;
}

static bool close_action(struct parser *p)
{
	skip_space(p);
	size_t n = close_length(p);
	if (n == 0)
		return fail(p, ERR_INVALID,
			    p->rest.n == 0 ? "unclosed action" : "unexpected \"%.1s\" in command",
			    p->rest.p);
	p->trims_next = n == 3;
	p->rest = str_skip(p->rest, n);
	return true;
}

/* --- operands -------------------------------------------------------------------------------- */

static struct pipeline *parse_pipeline(struct parser *p, const char *what, size_t n_variables_max);

static bool is_number_byte(struct str s, size_t i)
{
	char c = s.p[i];

	return (c >= '0' && c <= '9') || c == '.' || is_letter(str_skip(s, i), true) ||
	       ((c == '+' || c == '-') && (i == 0 || s.p[i - 1] == 'e' || s.p[i - 1] == 'E'));
}

static bool read_integer(const char *text, int64_t *out)
{
	bool negative = *text == '-';
	const char *digits = text + (negative || *text == '+');
	char *end;
	int base = 0;

	if (strncmp(digits, "0b", 2) == 0 || strncmp(digits, "0o", 2) == 0) {
		base = digits[1] == 'b' ? 2 : 8;
		digits += 2;
	}
	uint64_t v = strtoull(digits, &end, base);
	if (*end || end == digits || v > INT64_MAX)
		return false;
	*out = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

/* 1_000 */
static struct str without_underscores(struct arena *a, struct str s)
{
	char *text = arena_cstr(a, s);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		if (text[i] != '_')
			text[n++] = text[i];
	text[n] = '\0';
	return (struct str){text, n};
}

static bool parse_number(struct parser *p, struct operand *o)
{
	struct str rest = p->rest;
	size_t n = 0;
	double f;
	int64_t i;

	while (n < rest.n && is_number_byte(rest, n))
		n++;
	struct str text = without_underscores(p->a, str_from(rest.p, n));
	bool is_float = strpbrk(text.p, ".eEpP") && !strpbrk(text.p, "xX");
	if (!is_float && read_integer(text.p, &i))
		o->literal = template_int(i);
	else if (is_float && float_parse(text, &f))
		o->literal = (struct template_value){.kind = TEMPLATE_FLOAT, .f64 = f};
	else
		return fail(p, ERR_INVALID, "bad number syntax: \"%.*s\"", STR_FMT(text));
	p->rest = str_skip(rest, n);
	return true;
}

/* The length of a literal with its quotes, or 0 when it does not end. */
static size_t quoted_length(struct str s)
{
	char quote = s.p[0];

	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == quote)
			return i + 1;
		if (quote != '`' && s.p[i] == '\n')
			return 0;
		if (quote != '`' && s.p[i] == '\\')
			i++;
	}
	return 0;
}

static bool parse_quoted(struct parser *p, struct operand *o)
{
	struct buf text auto_done(buf_done) = BUF_INIT(TEMPLATE_MAX_BYTES);
	size_t n = quoted_length(p->rest), rune_bytes;
	struct err why = ERR_INIT;

	if (n == 0)
		return fail(p, ERR_INVALID, "unterminated quoted string");
	if (!unquote_append(&text, str_from(p->rest.p, n), UNQUOTE_GO, &why))
		return fail(p, ERR_INVALID, "%s", why.msg);
	o->literal = p->rest.p[0] == '\'' ? template_int(utf8_decode(buf_str(&text), &rune_bytes))
					  : template_string(arena_str(p->a, buf_str(&text)));
	p->rest = str_skip(p->rest, n);
	return true;
}

static bool is_in_scope(const struct parser *p, struct str name)
{
	for (size_t i = 0; i < p->variables.n; i++)
		if (str_eq(p->variables.v[i], name))
			return true;
	return false;
}

/* $ or $name */
static struct str take_variable(struct parser *p)
{
	const char *begin = p->rest.p;

	p->rest = str_skip(p->rest, 1);
	struct str name = take_name(p);
	return str_from(begin, name.n + 1);
}

static bool parse_variable(struct parser *p, struct operand *o)
{
	o->kind = OPERAND_VARIABLE;
	o->name = take_variable(p);
	return is_in_scope(p, o->name) ||
	       fail(p, ERR_INVALID, "undefined variable \"%.*s\"", STR_FMT(o->name));
}

static bool parse_word(struct parser *p, struct operand *o)
{
	struct str name = take_name(p);

	if (str_is(name, "true") || str_is(name, "false")) {
		o->literal = template_bool(name.n == 4);
		return true;
	}
	if (str_is(name, "nil")) {
		o->literal.kind = TEMPLATE_NIL;
		return true;
	}
	o->kind = OPERAND_FUNCTION;
	o->function = template_function_find(name);
	if (!o->function && template_function_is_missing(name))
		return fail(p, ERR_UNSUPPORTED, "function \"%.*s\" is not supported yet",
			    STR_FMT(name));
	return o->function || fail(p, ERR_INVALID, "function \"%.*s\" not defined", STR_FMT(name));
}

static bool parse_parentheses(struct parser *p, struct operand *o)
{
	p->rest = str_skip(p->rest, 1);
	o->kind = OPERAND_PIPELINE;
	o->pipeline = parse_pipeline(p, "parenthesized pipeline", 0);
	if (!o->pipeline)
		return false;
	skip_space(p);
	return take_text(p, ")") || fail(p, ERR_INVALID, "unclosed left paren");
}

static bool parse_term(struct parser *p, struct operand *o)
{
	char c = p->rest.p[0];

	o->kind = OPERAND_LITERAL;
	if (c == '"' || c == '`' || c == '\'')
		return parse_quoted(p, o);
	if (c == '$')
		return parse_variable(p, o);
	if (c == '(')
		return parse_parentheses(p, o);
	if ((c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.')
		return parse_number(p, o);
	if (is_letter(p->rest, true))
		return parse_word(p, o);
	return fail(p, ERR_INVALID, "unexpected \"%c\" in operand", c);
}

static bool begins_field(const struct parser *p)
{
	return p->rest.n > 1 && p->rest.p[0] == '.' && is_letter(str_skip(p->rest, 1), true);
}

/* .5 */
static bool begins_decimals(const struct parser *p)
{
	return p->rest.n > 1 && p->rest.p[1] >= '0' && p->rest.p[1] <= '9';
}

static bool ends_operand(const struct parser *p)
{
	return p->rest.n == 0 || is_space(p->rest.p[0]) || p->rest.p[0] == '|' ||
	       p->rest.p[0] == ')' || close_length(p) > 0;
}

static bool parse_operand(struct parser *p, struct operand *o)
{
	const char *begin = p->rest.p;

	*o = (struct operand){.kind = OPERAND_DOT};
	if (p->rest.p[0] != '.' || begins_decimals(p)) {
		if (!parse_term(p, o))
			return false;
	} else if (!begins_field(p)) {
		p->rest = str_skip(p->rest, 1);
	}
	while (begins_field(p)) {
		p->rest = str_skip(p->rest, 1);
		ARENA_PUSH(p->a, &o->fields, take_name(p));
	}
	o->text = str_from(begin, (size_t)(p->rest.p - begin));
	return ends_operand(p) ||
	       fail(p, ERR_INVALID, "unexpected \"%c\" in operand", p->rest.p[0]);
}

/* --- pipelines ------------------------------------------------------------------------------- */

static bool ends_command(struct parser *p)
{
	skip_space(p);
	return p->rest.n == 0 || p->rest.p[0] == '|' || p->rest.p[0] == ')' || close_length(p) > 0;
}

static bool parse_command(struct parser *p, const char *what, struct pipeline *pipeline)
{
	struct command_args args = {0};
	struct operand o;

	while (!ends_command(p)) {
		if (!parse_operand(p, &o))
			return false;
		ARENA_PUSH(p->a, &args, o);
	}
	if (args.n == 0)
		return p->rest.n == 0 ? fail(p, ERR_INVALID, "unclosed action")
				      : fail(p, ERR_INVALID, "missing value for %s", what);
	ARENA_PUSH(p->a, &pipeline->commands, args);
	return true;
}

/* $x :=, $x = and in a range $i, $x :=; leaves everything alone where there is none of them. */
static void take_declaration(struct parser *p, struct pipeline *pipeline, size_t n_max)
{
	struct str before = p->rest;
	size_t n = 0;

	while (n < n_max && p->rest.n > 0 && p->rest.p[0] == '$') {
		pipeline->variables[n++] = take_variable(p);
		skip_space(p);
		if (n == 2 || !take_text(p, ","))
			break;
		skip_space(p);
	}
	bool declares = n > 0 && take_text(p, ":=");
	if (n > 0 && (declares || take_text(p, "="))) {
		pipeline->n_variables = n;
		pipeline->is_assignment = !declares;
	} else {
		p->rest = before;
	}
}

/* The new names are in scope already where their value is written, as in Go. */
static bool declare(struct parser *p, const struct pipeline *pipeline)
{
	for (size_t i = 0; i < pipeline->n_variables; i++) {
		if (!pipeline->is_assignment)
			ARENA_PUSH(p->a, &p->variables, pipeline->variables[i]);
		else if (!is_in_scope(p, pipeline->variables[i]))
			return fail(p, ERR_INVALID, "undefined variable \"%.*s\"",
				    STR_FMT(pipeline->variables[i]));
	}
	return true;
}

static struct pipeline *parse_pipeline(struct parser *p, const char *what, size_t n_variables_max)
{
	struct pipeline *pipeline = ARENA_NEW(p->a, struct pipeline);

	if (++p->depth > TEMPLATE_MAX_DEPTH) {
		fail(p, ERR_LIMIT, "nested more than %d deep", TEMPLATE_MAX_DEPTH);
		return NULL;
	}
	skip_space(p);
	take_declaration(p, pipeline, n_variables_max);
	if (!declare(p, pipeline))
		return NULL;
	do
		if (!parse_command(p, what, pipeline))
			return NULL;
	while (take_text(p, "|"));
	p->depth--;
	return pipeline;
}

/* --- nodes ----------------------------------------------------------------------------------- */

static enum ending parse_list(struct parser *p, struct node_list *out);

static bool parse_control(struct parser *p, struct node *n, const char *what);

/* Behind {{else: an if or with of its own, which ends where this one does. */
static bool parse_else(struct parser *p, struct node *n, const char *what)
{
	struct node chained = {.kind = n->kind};

	skip_space(p);
	if (n->kind != NODE_RANGE && take_text(p, what)) {
		if (!parse_control(p, &chained, what))
			return false;
		ARENA_PUSH(p->a, &n->otherwise, chained);
		return true;
	}
	if (!close_action(p))
		return false;
	switch (parse_list(p, &n->otherwise)) {
	case ENDED_BY_END:
		return close_action(p);
	case ENDED_BY_ELSE:
		return fail(p, ERR_INVALID, "unexpected {{else}}");
	case ENDED_BY_TEXT:
		return fail(p, ERR_INVALID, "unexpected EOF");
	case ENDED_BY_ERROR:
		break;
	}
	return false;
}

static bool parse_body(struct parser *p, struct node *n, const char *what)
{
	n->pipeline = parse_pipeline(p, what, n->kind == NODE_RANGE ? 2 : 1);
	if (!n->pipeline || !close_action(p))
		return false;
	p->range_depth += n->kind == NODE_RANGE;
	enum ending ending = parse_list(p, &n->body);
	p->range_depth -= n->kind == NODE_RANGE;
	switch (ending) {
	case ENDED_BY_END:
		return close_action(p);
	case ENDED_BY_ELSE:
		return parse_else(p, n, what);
	case ENDED_BY_TEXT:
		return fail(p, ERR_INVALID, "unexpected EOF");
	case ENDED_BY_ERROR:
		break;
	}
	return false;
}

/* Behind the keyword. What it declares is gone behind its end. */
static bool parse_control(struct parser *p, struct node *n, const char *what)
{
	size_t n_variables = p->variables.n;

	if (++p->depth > TEMPLATE_MAX_DEPTH)
		return fail(p, ERR_LIMIT, "nested more than %d deep", TEMPLATE_MAX_DEPTH);
	bool ok = parse_body(p, n, what);
	p->depth--;
	p->variables.n = n_variables;
	return ok;
}

static bool parse_jump(struct parser *p, struct node *n, const char *what)
{
	(void)n;
	if (p->range_depth == 0)
		return fail(p, ERR_INVALID, "{{%s}} outside {{range}}", what);
	return close_action(p);
}

static bool refuse(struct parser *p, struct node *n, const char *what)
{
	(void)n;
	return fail(p, ERR_UNSUPPORTED, "{{%s}} is not supported yet", what);
}

typedef bool parse_fn(struct parser *p, struct node *n, const char *what);

static const struct {
	const char *word;
	enum node_kind kind;
	parse_fn *parse;
} keywords[] = {
    {"if", NODE_IF, parse_control},          {"range", NODE_RANGE, parse_control},
    {"with", NODE_WITH, parse_control},      {"break", NODE_BREAK, parse_jump},
    {"continue", NODE_CONTINUE, parse_jump}, {"define", NODE_TEXT, refuse},
    {"template", NODE_TEXT, refuse},         {"block", NODE_TEXT, refuse},
};

static bool take_keyword(struct parser *p, const char *word)
{
	struct str rest = p->rest;

	if (str_eq(take_name(p), str_of(word)))
		return true;
	p->rest = rest;
	return false;
}

static bool parse_action(struct parser *p, struct node_list *out)
{
	struct node n = {.kind = NODE_ACTION, .text = p->rest};

	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++) {
		if (!take_keyword(p, keywords[i].word))
			continue;
		n.kind = keywords[i].kind;
		if (!keywords[i].parse(p, &n, keywords[i].word))
			return false;
		ARENA_PUSH(p->a, out, n);
		return true;
	}
	n.pipeline = parse_pipeline(p, "command", 1);
	if (!n.pipeline || !close_action(p))
		return false;
	ARENA_PUSH(p->a, out, n);
	return true;
}

/* Behind {{ or {{-: whether a comment stood there. */
static bool take_comment(struct parser *p, bool *ok)
{
	if (!str_starts(p->rest, STR("/*")))
		return false;
	size_t n = str_find(p->rest, STR("*/"));
	*ok = n < p->rest.n || fail(p, ERR_INVALID, "unclosed comment");
	if (*ok) {
		p->rest = str_skip(p->rest, n + 2);
		*ok = close_action(p);
	}
	return true;
}

/* The text up to the next action, trimmed where actions say so. */
static void take_plain(struct parser *p, struct node_list *out)
{
	size_t n = str_find(p->rest, STR("{{"));
	struct str text = str_from(p->rest.p, n);

	p->rest = str_skip(p->rest, n);
	if (p->trims_next)
		while (text.n > 0 && is_space(text.p[0]))
			text = str_skip(text, 1);
	p->trims_next = false;
	bool trims = p->rest.n > 3 && p->rest.p[2] == '-' && is_space(p->rest.p[3]);
	while (trims && text.n > 0 && is_space(text.p[text.n - 1]))
		text.n--;
	p->rest = str_skip(p->rest, trims ? 4 : 2);
	if (text.n > 0)
		ARENA_PUSH(p->a, out, (struct node){.kind = NODE_TEXT, .text = text});
}

static enum ending parse_list(struct parser *p, struct node_list *out)
{
	bool ok = true;

	for (;;) {
		bool is_last = str_find(p->rest, STR("{{")) == p->rest.n;
		take_plain(p, out);
		if (is_last)
			return ENDED_BY_TEXT;
		skip_space(p);
		if (take_comment(p, &ok)) {
			if (!ok)
				return ENDED_BY_ERROR;
			continue;
		}
		if (take_keyword(p, "end"))
			return ENDED_BY_END;
		if (take_keyword(p, "else"))
			return ENDED_BY_ELSE;
		if (!parse_action(p, out))
			return ENDED_BY_ERROR;
	}
}

struct template *template_parse(struct str text, struct err *err)
{
	struct template *t auto_free(template_free) = NEW(struct template);

	t->a = arena_new(NULL);
	if (text.n > TEMPLATE_MAX_BYTES) {
		err_set(err, ERR_LIMIT, "template: more than %d bytes", TEMPLATE_MAX_BYTES);
		return NULL;
	}
	t->text = arena_str(t->a, text);
	struct parser p = {.t = t, .a = t->a, .rest = t->text, .err = err};
	ARENA_PUSH(t->a, &p.variables, STR("$"));
	switch (parse_list(&p, &t->nodes)) {
	case ENDED_BY_TEXT:
		return take(t);
	case ENDED_BY_END:
		fail(&p, ERR_INVALID, "unexpected {{end}}");
		break;
	case ENDED_BY_ELSE:
		fail(&p, ERR_INVALID, "unexpected {{else}}");
		break;
	case ENDED_BY_ERROR:
		break;
	}
	return NULL;
}

void template_free(struct template *t)
{
	if (!t)
		return;
	arena_free(t->a);
	free(t);
}

bool template_fail_at(const struct template *t, const char *at, struct err *err, const char *fmt,
		      ...)
{
	char what[600];
	const char *line = at;
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	while (line > t->text.p && line[-1] != '\n')
		line--;
	return err_set(err, ERR_INVALID, "template: :%zu:%zu: executing \"\" at %s", line_of(t, at),
		       (size_t)(at - line), what);
}
