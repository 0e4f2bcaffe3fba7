/* parser.h - PromQL text to a checked tree.
 *
 * The language is that of Prometheus 3.14; its error texts are Prometheus' too, of the form
 * "1:5: parse error: unexpected ...", because people search for them. Only the first error is
 * reported.
 *
 * Threads: all functions may be called from any thread.
 */
#ifndef PROMQL_PARSER_H
#define PROMQL_PARSER_H

#include "promql/ast.h"

struct parser_options {
	bool experimental_functions;   /* functions and aggregations marked experimental */
	bool duration_expressions;     /* foo[5m * 2], foo offset step() */
	bool extended_range_selectors; /* anchored, smoothed */
	bool fill_modifiers;           /* fill(), fill_left(), fill_right() */
	bool extended_functions;       /* xrate(), xincrease(), xdelta() of Thanos' engine */
	/* All selectors are restricted to series with this label; no name: they are not. What the
	 * query itself asks of the label is dropped. info() asks for such info series only. */
	struct label enforced;
};

/* What a querier allows unless told otherwise. */
#define PARSER_OPTIONS_DEFAULT                                                                     \
	((struct parser_options){                                                                  \
	    .experimental_functions = false,                                                       \
	})
/* The whole language. */
#define PARSER_OPTIONS_ALL                                                                         \
	((struct parser_options){                                                                  \
	    .experimental_functions = true,                                                        \
	    .duration_expressions = true,                                                          \
	    .extended_range_selectors = true,                                                      \
	    .fill_modifiers = true,                                                                \
	    .extended_functions = true,                                                            \
	})

/* Beyond these a query is refused with ERR_LIMIT before it costs anything. */
enum {
	QUERY_MAX_BYTES = 1 << 20,
	QUERY_MAX_DEPTH = 1000, /* of nested expressions */
	QUERY_MAX_NODES = 200000,
	QUERY_MAX_MATCHERS = 50000,
};

/* Parse and type-check. `text` is copied. Nodes are charged to `tracker`, which may be NULL. The
 * result is the caller's, to end with promql_query_free(); NULL with ERR_INVALID or ERR_LIMIT. */
struct promql_query *promql_parse(struct str text, const struct parser_options *options,
				  struct tracker *tracker, struct err *err);

/* A lone selector as match[] has it: root is an EXPR_VECTOR_SELECTOR without modifiers. An empty
 * matcher list is accepted, as Prometheus does; refusing it is the caller's business. */
struct promql_query *promql_parse_selector(struct str text, struct err *err);

/* "line:column" of a byte offset, both from 1, columns counted in bytes: what annotations carry. */
struct text_position {
	uint32_t line;
	uint32_t column;
};
struct text_position text_position(struct str text, size_t offset);

#endif
