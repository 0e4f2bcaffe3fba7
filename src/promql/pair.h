/* pair.h - two floats side by side, for computations that would wait for each other one by one. The
 * operators of C work on both; every one of them rounds as it does on a float by itself.
 */
#ifndef PROMQL_PAIR_H
#define PROMQL_PAIR_H

#include <stdint.h>

typedef double pair __attribute__((vector_size(16)));
typedef int64_t pair_mask __attribute__((vector_size(16))); /* what comparisons give */

static inline pair pair_of(double v)
{
	return (pair){v, v};
}

/* Two neighbours of a column. */
static inline pair pair_load(const double *p)
{
	return (pair){p[0], p[1]};
}

static inline void pair_store(double *p, pair v)
{
	p[0] = v[0];
	p[1] = v[1];
}

static inline pair pair_pick(pair_mask mask, pair yes, pair no)
{
	return (pair)((mask & (pair_mask)yes) | (~mask & (pair_mask)no));
}

#endif
