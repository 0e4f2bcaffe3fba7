/* range_source.h - where a function of windows gets its samples from: a range selector, or a
 * subquery evaluated at its own steps.
 */
#ifndef PROMQL_RANGE_SOURCE_H
#define PROMQL_RANGE_SOURCE_H

#include "promql/selection.h"

/* All samples of a series that any window can hold, borrowed until the next one. Markers of
 * staleness are gone. */
struct range_series {
	struct labels labels;
	struct samples samples; /* st_ms is NULL unless start timestamps count */
	bool drops_name;
	uint32_t block;
};

/* One of the two. */
struct range_source {
	struct execution *x;
	const struct plan_node *node; /* PLAN_RANGE_SELECT or PLAN_SUBQUERY */
	struct selection selection;
	struct operator* subquery;
	struct arena *arena; /* of the current series of a subquery */
};

bool range_source_open(struct range_source *src, struct execution *x, const struct plan_node *node,
		       struct err *err);
void range_source_done(struct range_source *src);

enum iter_result range_source_next(struct range_source *src, struct range_series *out,
				   struct err *err);

/* Without the markers of staleness. In place. */
void samples_drop_stale(struct samples *s);

/* As an operator's in_order. */
bool range_source_in_order(const struct range_source *src);

#endif
