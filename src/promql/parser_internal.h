/* parser_internal.h - what the files of the parser share.
 *
 * Every function that parses leaves an error and returns NULL (or false) as soon as something is
 * wrong; only the first error counts. When the next token is looked at decides which of two errors
 * comes first, so functions look no further than they must.
 */
#ifndef PROMQL_PARSER_INTERNAL_H
#define PROMQL_PARSER_INTERNAL_H

#include "promql/lexer.h"
#include "promql/parser.h"

/* What an unexpected token is said to stand in, and what should stand there instead. */
struct place {
	const char *in;       /* "grouping opts"; NULL outside of all */
	const char *expected; /* may be NULL */
};

struct parser {
	struct promql_query *query;
	struct arena *arena; /* the query's */
	struct parser_options options;
	struct lexer lexer;
	struct token ahead;
	bool has_ahead;
	uint32_t last_closing; /* end of the last bracket, number or duration that was looked at */
	struct place place;
	unsigned depth;
	size_t n_nodes;
	size_t n_matchers;
	struct {
		struct expr **v;
		size_t n, cap;
	} selectors; /* when a label is enforced */
	struct err *err;
	bool failed;
};

/* parser.c */

enum token_kind parser_peek(struct parser *p); /* TOKEN_ERROR once something failed */
struct token parser_take(struct parser *p);    /* the token peeked at */
/* Take a token of this kind, or complain about another one. */
bool parser_expect(struct parser *p, enum token_kind kind);

/* The error functions return false, and do nothing after the first error. */
bool parser_fail(struct parser *p, struct text_range where, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* As parser_fail, "%s" being replaced by the text in quotes. */
bool parser_fail_quoted(struct parser *p, struct text_range where, const char *before,
			struct str text, const char *after);
bool parser_limit(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool parser_unexpected(struct parser *p);

/* A zeroed node; NULL beyond QUERY_MAX_NODES. */
struct expr *parser_node(struct parser *p, enum expr_kind kind, enum value_type type,
			 struct text_range where);
/* Count `child` into the height of `e`; false beyond QUERY_MAX_DEPTH. */
bool parser_adopt(struct parser *p, struct expr *e, const struct expr *child);

/* Parentheses and the like: each parser_enter() that returned true has its parser_leave(). */
bool parser_enter(struct parser *p);
void parser_leave(struct parser *p);

bool parser_unquote(struct parser *p, const struct token *t, struct str *out);
/* A NUMBER or DURATION token; *seconds of the latter. */
bool parser_number(struct parser *p, const struct token *t, double *out);

/* parser_expr.c */

/* An expression of operators that bind at least as tight as `precedence`. */
struct expr *parser_binary(struct parser *p, int precedence);
struct expr *parser_literal(struct parser *p);

/* parser_selector.c */

/* `name` is a token that was taken, or NULL. */
struct expr *parser_vector_selector(struct parser *p, const struct token *name);
/* by (a, b): what follows the keyword. */
bool parser_grouping(struct parser *p, struct label_names *out);
/* group_left (a, b), where the list may be absent. */
bool parser_optional_grouping(struct parser *p, struct label_names *out);
bool token_starts_expression(enum token_kind kind);

/* parser_duration.c */

/* What stands in brackets, or its part before a colon: more than 0 if it is a literal. */
bool parser_positive_duration(struct parser *p, struct duration *out);
bool parser_offset_duration(struct parser *p, struct duration *out);

/* parser_modifier.c */

/* [5m], offset, @, anchored, smoothed behind an operand, any number of them. */
struct expr *parser_modifiers(struct parser *p, struct expr *operand);

/* checker.c */

/* Types, numbers of arguments, and what else can be said without running the query. */
bool parser_check(struct parser *p, const struct expr *root);

#endif
