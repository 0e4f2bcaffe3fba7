/* window_kernels.h - functions of windows that are computed for all steps of a series at once, with
 * the bits that range_functions.h gets one window at a time.
 *
 * Windows overlap. What a sum has to add up in order cannot be shared between windows, but windows
 * do not depend on each other: several are added up side by side. What has no order, as a maximum,
 * is carried on from window to window.
 */
#ifndef PROMQL_WINDOW_KERNELS_H
#define PROMQL_WINDOW_KERNELS_H

#include "promql/range_functions.h"
#include "promql/windows.h"

/* Sets out[i] and present[i] of each step; `params` are the function's scalars, each by step.
 * False, and nothing done, for functions that are computed one window at a time. */
bool window_kernel(enum function_id id, const struct samples *s, const struct windows *w,
		   const double *const *params, size_t n_params, struct arena *scratch, double *out,
		   uint64_t *present);

#endif
