/* printer.h - a tree as PromQL text again.
 *
 * The texts are Prometheus': what its /api/v1/format_query answers, and what its Expr.String()
 * writes. Reading the text gives the same tree.
 */
#ifndef PROMQL_PRINTER_H
#define PROMQL_PRINTER_H

#include "base/buf.h"
#include "promql/ast.h"

/* On one line, with one spelling for everything: sum(x)by(a) becomes sum by (a) (x). Stops early
 * when `out` is full. */
void expr_print(struct buf *out, const struct expr *e);

/* Indented; what takes up to 100 bytes on one line stays on one line. */
void expr_pretty_print(struct buf *out, const struct expr *e);

/* The parts that both have in common: sum by (a), + bool on (b) group_left (c), and what follows
 * the expression of a subquery. */
void expr_print_aggregate_head(struct buf *out, const struct aggregate *a);
void expr_print_operator(struct buf *out, const struct binary *b);
void expr_print_subquery_tail(struct buf *out, const struct subquery *s);

#endif
