/* rate.h - rate(), increase() and delta() over all windows of a series at once.
 *
 * A counter that decreases was reset. Resets are rare, so that their positions are listed once, and
 * the increase of a window is its last value minus its first plus the values before the resets in
 * it, added in their order: the very operations of Prometheus, without looking at each sample of
 * each window.
 */
#ifndef PROMQL_RATE_H
#define PROMQL_RATE_H

#include "promql/range_source.h"

enum rate_kind {
	RATE_PER_SECOND, /* rate() */
	RATE_INCREASE,
	RATE_DELTA, /* of a gauge: it may decrease */
};

/* Fill out->v and out->present; false when no step has a value. `scratch` is rewound. */
bool rate_windows(const struct samples *s, enum rate_kind kind, const struct plan_window *window,
		  const struct steps *steps, struct arena *scratch, struct step_series *out);

#endif
