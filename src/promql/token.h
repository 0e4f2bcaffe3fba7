/* token.h - the words of PromQL, and what errors call them. */
#ifndef PROMQL_TOKEN_H
#define PROMQL_TOKEN_H

#include "base/buf.h"
#include "promql/ast.h"

enum token_class {
	CLASS_MARK,       /* punctuation: errors show it in quotes */
	CLASS_WORD,       /* an open set: errors name the kind too */
	CLASS_OPERATOR,   /* <op:+> */
	CLASS_AGGREGATOR, /* <aggr:sum> */
	CLASS_KEYWORD,    /* <by> */
	CLASS_NAMED,      /* a word with a meaning in some places only: "start" */
};

/* Where a word of the language may stand for a name. */
enum token_names {
	NAMES_NOTHING = 0,
	NAMES_METRIC = 1, /* sum{a="b"} */
	NAMES_LABEL = 2,  /* sum by (sum) (x) */
	NAMES_BOTH = 3,
};

/* X(kind, class, names, text). The text is how a keyword is spelled in lower case, or what a word's
 * kind is called. */
#define PROMQL_TOKENS(X)                                                                           \
	X(END_OF_INPUT, WORD, NOTHING, "end of input")                                             \
	X(ERROR, WORD, NOTHING, "error")                                                           \
	X(IDENTIFIER, WORD, BOTH, "identifier")                                                    \
	X(METRIC_IDENTIFIER, WORD, BOTH, "metric identifier") /* with a colon */                   \
	X(STRING, WORD, NOTHING, "string")                                                         \
	X(NUMBER, WORD, NOTHING, "number")                                                         \
	X(DURATION, WORD, NOTHING, "duration")                                                     \
	X(LEFT_PAREN, MARK, NOTHING, "(")                                                          \
	X(RIGHT_PAREN, MARK, NOTHING, ")")                                                         \
	X(LEFT_BRACE, MARK, NOTHING, "{")                                                          \
	X(RIGHT_BRACE, MARK, NOTHING, "}")                                                         \
	X(LEFT_BRACKET, MARK, NOTHING, "[")                                                        \
	X(RIGHT_BRACKET, MARK, NOTHING, "]")                                                       \
	X(COMMA, MARK, NOTHING, ",")                                                               \
	X(COLON, MARK, NOTHING, ":")                                                               \
	X(EQUAL, MARK, NOTHING, "=")                                                               \
	X(ADD, OPERATOR, NOTHING, "+")                                                             \
	X(SUB, OPERATOR, NOTHING, "-")                                                             \
	X(MUL, OPERATOR, NOTHING, "*")                                                             \
	X(DIV, OPERATOR, NOTHING, "/")                                                             \
	X(MOD, OPERATOR, NOTHING, "%")                                                             \
	X(POW, OPERATOR, NOTHING, "^")                                                             \
	X(EQ, OPERATOR, NOTHING, "==")                                                             \
	X(NE, OPERATOR, NOTHING, "!=")                                                             \
	X(LT, OPERATOR, NOTHING, "<")                                                              \
	X(LE, OPERATOR, NOTHING, "<=")                                                             \
	X(GT, OPERATOR, NOTHING, ">")                                                              \
	X(GE, OPERATOR, NOTHING, ">=")                                                             \
	X(TRIM_UPPER, OPERATOR, NOTHING, "</")                                                     \
	X(TRIM_LOWER, OPERATOR, NOTHING, ">/")                                                     \
	X(MATCH_RE, OPERATOR, NOTHING, "=~")                                                       \
	X(MATCH_NRE, OPERATOR, NOTHING, "!~")                                                      \
	X(AT, OPERATOR, NOTHING, "@")                                                              \
	X(ATAN2, OPERATOR, LABEL, "atan2")                                                         \
	X(AND, OPERATOR, BOTH, "and")                                                              \
	X(OR, OPERATOR, BOTH, "or")                                                                \
	X(UNLESS, OPERATOR, BOTH, "unless")                                                        \
	X(SUM, AGGREGATOR, BOTH, "sum")                                                            \
	X(AVG, AGGREGATOR, BOTH, "avg")                                                            \
	X(COUNT, AGGREGATOR, BOTH, "count")                                                        \
	X(MIN, AGGREGATOR, BOTH, "min")                                                            \
	X(MAX, AGGREGATOR, BOTH, "max")                                                            \
	X(GROUP, AGGREGATOR, BOTH, "group")                                                        \
	X(STDDEV, AGGREGATOR, BOTH, "stddev")                                                      \
	X(STDVAR, AGGREGATOR, BOTH, "stdvar")                                                      \
	X(TOPK, AGGREGATOR, BOTH, "topk")                                                          \
	X(BOTTOMK, AGGREGATOR, BOTH, "bottomk")                                                    \
	X(QUANTILE, AGGREGATOR, BOTH, "quantile")                                                  \
	X(COUNT_VALUES, AGGREGATOR, BOTH, "count_values")                                          \
	X(LIMITK, AGGREGATOR, BOTH, "limitk")                                                      \
	X(LIMIT_RATIO, AGGREGATOR, BOTH, "limit_ratio")                                            \
	X(OFFSET, KEYWORD, BOTH, "offset")                                                         \
	X(SMOOTHED, KEYWORD, BOTH, "smoothed")                                                     \
	X(ANCHORED, KEYWORD, BOTH, "anchored")                                                     \
	X(BY, KEYWORD, BOTH, "by")                                                                 \
	X(WITHOUT, KEYWORD, METRIC, "without")                                                     \
	X(ON, KEYWORD, LABEL, "on")                                                                \
	X(IGNORING, KEYWORD, LABEL, "ignoring")                                                    \
	X(GROUP_LEFT, KEYWORD, LABEL, "group_left")                                                \
	X(GROUP_RIGHT, KEYWORD, LABEL, "group_right")                                              \
	X(FILL, KEYWORD, BOTH, "fill")                                                             \
	X(FILL_LEFT, KEYWORD, BOTH, "fill_left")                                                   \
	X(FILL_RIGHT, KEYWORD, BOTH, "fill_right")                                                 \
	X(BOOL, KEYWORD, LABEL, "bool")                                                            \
	X(START, NAMED, BOTH, "start")                                                             \
	X(END, NAMED, BOTH, "end")                                                                 \
	X(STEP, NAMED, BOTH, "step")                                                               \
	X(RANGE, NAMED, BOTH, "range")                                                             \
	X(MAX_OF, NAMED, BOTH, "max_of")                                                           \
	X(MIN_OF, NAMED, BOTH, "min_of")

enum token_kind {
#define X(kind, ...) TOKEN_##kind,
	PROMQL_TOKENS(X)
#undef X
	    TOKEN_N,
};

struct token {
	enum token_kind kind;
	struct text_range where;
	struct str text; /* points into the query */
};

bool token_is_metric_name(enum token_kind kind);
bool token_is_label_name(enum token_kind kind);

/* The keyword in any case; TOKEN_NUMBER for inf and nan, TOKEN_IDENTIFIER for everything else. */
enum token_kind token_of_word(struct str word);

enum {
	PRECEDENCE_LOWEST = 1, /* or */
	PRECEDENCE_POW = 6,    /* the only one that groups to the right */
};

/* From PRECEDENCE_LOWEST to PRECEDENCE_POW for a token between two operands, 0 for all others. */
int token_precedence(enum token_kind kind);
/* What the operators of its right operand must have at least: more, so that a - b - c groups to the
 * left. */
int token_right_precedence(enum token_kind kind);
enum expr_op token_op(enum token_kind kind);

bool token_is_aggregator(enum token_kind kind);
enum aggregate_op token_aggregate_op(enum token_kind kind);

/* As errors show it: identifier "foo", <op:+>, end of input. */
void token_describe(struct buf *out, const struct token *t);

#endif
