/* template_internal.h - the tree of a template, between its parser and its execution. */
#ifndef TEMPLATE_TEMPLATE_INTERNAL_H
#define TEMPLATE_TEMPLATE_INTERNAL_H

#include "template/template.h"

enum { TEMPLATE_MAX_BYTES = 1 << 20, TEMPLATE_MAX_DEPTH = 100 };

struct template_functions;

enum operand_kind {
	OPERAND_DOT,
	OPERAND_VARIABLE,
	OPERAND_FUNCTION,
	OPERAND_LITERAL,
	OPERAND_PIPELINE, /* in parentheses */
};

/* One thing with the fields behind it: .A.B, $x.A, (index . 1).A */
struct operand {
	enum operand_kind kind;
	struct str text; /* as it is written, and where: for errors */
	struct str name; /* of a variable, with its $ */
	const struct template_function *function;
	struct template_value literal;
	struct pipeline *pipeline;
	struct str_names {
		struct str *v;
		size_t n, cap;
	} fields;
};

/* Operands, of which the first may be a function that is called with the others. */
struct command_args {
	struct operand *v;
	size_t n, cap;
};

struct pipeline {
	struct str variables[2];
	size_t n_variables;
	bool is_assignment; /* of a variable that is there: = and not := */
	struct command_list_ {
		struct command_args *v;
		size_t n, cap;
	} commands;
};

enum node_kind {
	NODE_TEXT,
	NODE_ACTION,
	NODE_IF,
	NODE_WITH,
	NODE_RANGE,
	NODE_BREAK,
	NODE_CONTINUE
};

struct node_list {
	struct node *v;
	size_t n, cap;
};

struct node {
	enum node_kind kind;
	struct str text;
	struct pipeline *pipeline;
	struct node_list body, otherwise;
};

struct template
{
	struct arena *a;
	struct str text;
	struct node_list nodes;
};

/* --- functions -------------------------------------------------------------------------------- */

struct call {
	struct arena *a;
	const struct template_value *args;
	size_t n_args;
};

typedef bool function_fn(const struct call *c, struct template_value *out, struct err *err);

struct template_function {
	const char *name;
	function_fn *fn; /* NULL: and, or, which do not evaluate all of their arguments */
	size_t n_min, n_max;
};

/* NULL when there is none. */
const struct template_function *template_function_find(struct str name);
/* Names of Go's that are not there. */
bool template_function_is_missing(struct str name);

/* Go's Printf. */
void template_printf(struct str format, const struct template_value *args, size_t n,
		     struct buf *out);

/* "1:5" of a place in the text: line, and column in bytes from 1 (Go counts from 0 in errors of
 * parsing, which have the line alone). */
bool template_fail_at(const struct template *t, const char *at, struct err *err, const char *fmt,
		      ...) __attribute__((format(printf, 4, 5)));

#endif
