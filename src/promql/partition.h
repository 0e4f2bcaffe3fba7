/* partition.h - which expressions may be evaluated share by share, when shares of all series are
 * told apart by some labels.
 */
#ifndef PROMQL_PARTITION_H
#define PROMQL_PARTITION_H

#include "promql/ast.h"
#include "promql/remote_engines.h"

/* The names of the labels that tell the shares of engines apart. */
struct partition {
	struct str *names; /* ascending, each once */
	size_t n;
};

struct partition partition_of(const struct remote_engines *engines, struct arena *a);
bool partition_has(const struct partition *p, struct str name);

/* Series of the result still have all these labels, so that those of two shares never meet. Without
 * any label there is no telling. */
bool partition_is_kept_by(const struct partition *p, const struct expr *e);

/* Whether this node, not what is below it, may be evaluated by share: its values over all are the
 * values over the shares, or are aggregated from them by the same or a fitting aggregation. */
bool partition_allows(const struct partition *p, const struct expr *e);

/* A binary operation with a number on one side: a function of the other. */
bool expr_has_number_side(const struct expr *e);

/* label_replace() of one of the labels, or another function that sets it. */
bool partition_is_rewritten_by(const struct partition *p, const struct expr *e);

/* The same at all times and for all shares. */
bool expr_is_constant(const struct expr *e);

#endif
