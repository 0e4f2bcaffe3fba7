/* grouping.h - by (...) and without (...): which group a series belongs to.
 */
#ifndef PROMQL_GROUPING_H
#define PROMQL_GROUPING_H

#include "promql/ast.h"

struct grouping {
	bool without;
	struct label_names names;
};

static inline struct grouping grouping_of(const struct aggregate *agg)
{
	return (struct grouping){agg->without, agg->grouping};
}

/* Equal for the series of a group. */
uint64_t grouping_hash(const struct grouping *g, struct labels ls);
/* What names the group; in `a` unless these are all labels. */
struct labels grouping_labels(const struct grouping *g, struct arena *a, struct labels ls);

#endif
