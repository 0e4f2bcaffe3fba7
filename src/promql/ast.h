/* ast.h - a parsed PromQL query: the tree, and who owns it.
 *
 * Nodes never change after parsing. A planner that wants another tree builds new nodes in its own
 * arena around the old ones; strings and matchers are borrowed from the query they came from.
 *
 * Threads: a parsed query never changes, so any number of threads may read it.
 */
#ifndef PROMQL_AST_H
#define PROMQL_AST_H

#include "base/arena.h"
#include "model/matcher.h"
#include "promql/functions.h"

struct remote_engine; /* promql/remote_engines.h */

/* Bytes of the query text, [start, end). */
struct text_range {
	uint32_t start;
	uint32_t end;
};

/* From where one begins to where another, behind it, ends. */
static inline struct text_range text_range_join(struct text_range first, struct text_range last)
{
	return (struct text_range){.start = first.start, .end = last.end};
}

enum expr_kind {
	EXPR_NUMBER,
	EXPR_STRING,
	EXPR_VECTOR_SELECTOR,
	EXPR_MATRIX_SELECTOR,
	EXPR_SUBQUERY,
	EXPR_CALL,
	EXPR_AGGREGATE,
	EXPR_BINARY,
	EXPR_UNARY,
	EXPR_PAREN,
	EXPR_DURATION, /* only below struct duration; numbers occur there too */
	EXPR_REMOTE,   /* made by distribute.h only */
};

enum expr_op {
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_MOD,
	OP_POW,
	OP_ATAN2,
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_TRIM_UPPER, /* histogram </ bound */
	OP_TRIM_LOWER, /* histogram >/ bound */
	OP_AND,
	OP_OR,
	OP_UNLESS,
	/* in duration expressions only */
	OP_STEP,
	OP_RANGE,
	OP_MIN_OF,
	OP_MAX_OF,
	OP_N,
};

/* The operator as written: "+", "atan2", "</", "step". */
const char *expr_op_name(enum expr_op op);

static inline bool expr_op_is_trim(enum expr_op op)
{
	return op == OP_TRIM_UPPER || op == OP_TRIM_LOWER;
}

static inline bool expr_op_is_comparison(enum expr_op op)
{
	return op >= OP_EQ && op <= OP_GE;
}

static inline bool expr_op_is_set(enum expr_op op)
{
	return op >= OP_AND && op <= OP_UNLESS;
}

enum aggregate_op {
	AGGREGATE_SUM,
	AGGREGATE_AVG,
	AGGREGATE_COUNT,
	AGGREGATE_MIN,
	AGGREGATE_MAX,
	AGGREGATE_GROUP,
	AGGREGATE_STDDEV,
	AGGREGATE_STDVAR,
	AGGREGATE_TOPK, /* from here on with a parameter */
	AGGREGATE_BOTTOMK,
	AGGREGATE_QUANTILE,
	AGGREGATE_COUNT_VALUES, /* its parameter is a string, the others' are scalars */
	AGGREGATE_LIMITK,       /* the last two are experimental */
	AGGREGATE_LIMIT_RATIO,
	AGGREGATE_N,
};

const char *aggregate_op_name(enum aggregate_op op);

static inline bool aggregate_op_has_param(enum aggregate_op op)
{
	return op >= AGGREGATE_TOPK;
}

struct expr;

/* A length of time as the query has it: a literal, or a formula over the query's step and range,
 * which duration.h computes. */
struct duration {
	int64_t ns;                 /* of a literal, 0 with a formula; the engine counts whole ms */
	const struct expr *formula; /* EXPR_DURATION, or NULL */
};

enum at_kind {
	AT_NONE,
	AT_TIMESTAMP,
	AT_START,
	AT_END,
};

/* The @ modifier. */
struct at {
	enum at_kind kind;
	int64_t t_ms; /* of AT_TIMESTAMP */
};

struct number_expr {
	double value;
	bool is_duration; /* written as 5m; value is in seconds */
};

enum selector_bounds {
	BOUNDS_PLAIN,
	BOUNDS_ANCHORED,
	BOUNDS_SMOOTHED,
};

struct vector_selector {
	/* The name written before the braces, empty when there is none. Its matcher is the last of
	 * `matchers` then. */
	struct str name;
	struct matchers matchers;
	struct duration offset;
	struct at at;
	enum selector_bounds bounds;
};

struct matrix_selector {
	const struct expr *selector; /* EXPR_VECTOR_SELECTOR; offset and @ are there */
	struct duration range;
};

struct subquery {
	const struct expr *expr;
	struct duration range;
	struct duration step; /* 0: the default evaluation interval */
	struct duration offset;
	struct at at;
};

struct call {
	const struct promql_function *function;
	const struct expr *const *args;
	size_t n_args;
};

struct label_names {
	const struct str *v; /* as written: neither sorted nor unique */
	size_t n;
};

struct aggregate {
	enum aggregate_op op;
	bool without;
	struct label_names grouping;
	const struct expr *param; /* NULL where the operator has none */
	const struct expr *expr;
};

enum match_card {
	CARD_ONE_TO_ONE,
	CARD_MANY_TO_ONE, /* group_left */
	CARD_ONE_TO_MANY, /* group_right */
	CARD_MANY_TO_MANY,
};

/* How the elements of two vectors find each other. */
struct vector_matching {
	enum match_card card;
	bool on; /* `labels` are all that count, instead of those that do not */
	struct label_names labels;
	struct label_names include; /* of group_left(...) */
	/* What stands in for a missing partner on that side; NULL: the pair is dropped. */
	const double *fill_left;
	const double *fill_right;
};

struct binary {
	enum expr_op op;
	bool returns_bool;
	const struct vector_matching *matching; /* NULL unless both sides are instant vectors */
	const struct expr *left;
	const struct expr *right;
};

struct unary {
	enum expr_op op; /* OP_ADD or OP_SUB */
	const struct expr *expr;
};

/* step() and range() have no operands, a sign only the right one. */
struct duration_expr {
	enum expr_op op;
	bool in_parens;
	const struct expr *left;
	const struct expr *right;
};

/* What other engines evaluate instead of this one. Without any part it has no series. */
struct remote_part {
	const struct remote_engine *engine;
	int64_t first_ms; /* the first step that it is asked for */
};

struct remote_expr {
	const struct expr *query;        /* the same for all of them */
	struct str text;                 /* of the query */
	const struct remote_part *parts; /* of two values for a step the later one counts */
	size_t n_parts;
};

struct expr {
	enum expr_kind kind;
	enum value_type type;
	struct text_range where;
	uint32_t height; /* 1 for a leaf, never above QUERY_MAX_DEPTH: recursion is safe */
	union {
		struct number_expr number;
		struct str string;
		struct vector_selector vector;
		struct matrix_selector matrix;
		struct subquery subquery;
		struct call call;
		struct aggregate aggregate;
		struct binary binary;
		struct unary unary;
		const struct expr *paren;
		struct duration_expr duration;
		struct remote_expr remote;
	};
};

/* A parsed query: its text, its nodes and its matchers. */
struct promql_query {
	struct arena *arena; /* owned */
	struct str text;
	const struct expr *root;
	struct {
		struct matcher **v;
		size_t n, cap;
	} owned_matchers;
	struct matcher *enforced; /* one of them, of parser_options.enforced; or NULL */
};

void promql_query_free(struct promql_query *query); /* NULL is fine */
CLEANUP_DEFINE(struct promql_query, promql_query_free)

/* The i-th child in the order Prometheus walks them (an aggregation's expression comes before its
 * parameter); NULL past the last. Formulas of durations are not children. */
const struct expr *expr_child(const struct expr *e, size_t i);

/* Without parentheses around it. */
const struct expr *expr_unwrap(const struct expr *e);

#endif
