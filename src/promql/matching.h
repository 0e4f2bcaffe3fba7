/* matching.h - on (...) and ignoring (...): which series of two vectors belong together.
 */
#ifndef PROMQL_MATCHING_H
#define PROMQL_MATCHING_H

#include "promql/plan.h"

/* Equal for series that match. */
uint64_t matching_hash(const struct vector_matching *m, struct labels ls);
/* What they have in common; in `a` unless these are all labels. */
struct labels matching_labels(const struct vector_matching *m, struct arena *a, struct labels ls);

/* Whether no two series of `node` can match the same series, as far as the plan knows. */
bool matching_is_unique(const struct vector_matching *m, const struct plan_node *node);

#endif
