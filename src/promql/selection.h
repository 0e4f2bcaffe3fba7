/* selection.h - the series that a selector selects: found one by one, then decoded.
 */
#ifndef PROMQL_SELECTION_H
#define PROMQL_SELECTION_H

#include "promql/operator.h"

struct selection {
	struct execution *x;
	const struct plan_node *node;
	struct series_iter *it;
	struct arena *arena; /* of the current series */
	uint64_t n;          /* series so far */
};

/* One selected series; borrowed until the next one. */
struct selected_series {
	struct labels labels;
	struct samples samples;
	uint32_t block;
};

bool selection_open(struct selection *sel, struct execution *x, const struct plan_node *node,
		    struct err *err);
void selection_done(struct selection *sel);

/* The next series, encoded; borrowed until the next one. */
enum iter_result selection_find(struct selection *sel, struct series *out, struct err *err);
/* The same, decoded. */
enum iter_result selection_next(struct selection *sel, struct selected_series *out,
				struct err *err);

#endif
