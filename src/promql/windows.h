/* windows.h - which samples of a series lie in the window of each step, for functions that compute
 * all windows at once.
 */
#ifndef PROMQL_WINDOWS_H
#define PROMQL_WINDOWS_H

#include "model/samples.h"
#include "promql/plan.h"

/* Samples [from[i], to[i]) are in the window of step i. Neither end ever goes back. */
struct windows {
	const uint32_t *from;
	const uint32_t *to;
	size_t n;
};

/* In memory of `a`. */
struct windows windows_find(const struct samples *s, const struct plan_window *window,
			    const struct steps *steps, struct arena *a);

/* Those that hold at least that many samples. */
void windows_present(const struct windows *w, size_t at_least, uint64_t *present);

#endif
