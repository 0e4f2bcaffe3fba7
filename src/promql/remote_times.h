/* remote_times.h - from which step on an engine can evaluate an expression: it must have all that
 * the first window looks at.
 */
#ifndef PROMQL_REMOTE_TIMES_H
#define PROMQL_REMOTE_TIMES_H

#include "promql/ast.h"
#include "promql/remote_engines.h"
#include "promql/steps.h"

/* How far the expression looks back from a step, at least `lookback_ms`. What is pinned by @ is
 * seen from the first step. */
int64_t remote_reach_ms(const struct expr *e, const struct steps *steps, int64_t lookback_ms);

/* The shortest overlap of two engines of the same share that follow each other, of those that
 * matter between the two times; below zero for a gap, INT64_MAX where there are no two. */
int64_t remote_overlap_ms(const struct remote_engines *engines, int64_t from_ms, int64_t to_ms);

/* All times of @ are times that all engines have. */
bool remote_has_pins(const struct remote_engines *engines, const struct expr *e, int64_t reach_ms);

/* The first step that `engine`, one of `engines`, can evaluate; all of them if no older one has its
 * share. False when there is none, or when it has none of the time. */
bool remote_first_step(const struct remote_engines *engines, const struct remote_engine *engine,
		       const struct steps *steps, int64_t reach_ms, int64_t *first_ms);

#endif
