/* xrate.h - xrate(), xincrease() and xdelta() of Thanos' own engine over all windows of a series.
 *
 * A window begins with the last sample at or before its start, if there is one within the lookback,
 * and nothing is extrapolated but from there to the start. A counter that has just appeared is
 * taken to have come from zero. Lengths count in whole seconds, as there.
 */
#ifndef PROMQL_XRATE_H
#define PROMQL_XRATE_H

#include "promql/rate.h"

/* As rate_windows(). */
bool xrate_windows(const struct samples *s, enum rate_kind kind, const struct plan_window *window,
		   const struct steps *steps, struct step_series *out);

#endif
