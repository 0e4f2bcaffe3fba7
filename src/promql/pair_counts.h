/* pair_counts.h - changes() and resets() over all windows of a series at once: how many samples of
 * a window differ from the one before them, or are smaller.
 *
 * Counts are whole numbers: unlike sums of values they may be taken as the difference of two counts
 * from the beginning, without losing a bit.
 */
#ifndef PROMQL_PAIR_COUNTS_H
#define PROMQL_PAIR_COUNTS_H

#include "promql/range_source.h"

enum pair_kind {
	PAIRS_CHANGED,
	PAIRS_RESET,
};

/* Fill out->v and out->present; false when no step has a value. `scratch` is rewound. */
bool pair_count_windows(const struct samples *s, enum pair_kind kind,
			const struct plan_window *window, const struct steps *steps,
			struct arena *scratch, struct step_series *out);

#endif
