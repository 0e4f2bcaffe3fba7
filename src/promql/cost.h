/* cost.h - what an operator did and how long it took.
 */
#ifndef PROMQL_COST_H
#define PROMQL_COST_H

#include <stdint.h>

struct operator_cost {
	int64_t time_ns;        /* with the operators below; of all threads together */
	uint64_t n_series;      /* it gave */
	uint64_t n_values;      /* in them: steps with a value */
	uint64_t samples_total; /* that selectors, it or those below, looked at at all steps */
	uint64_t samples_peak;  /* the most of one series */
	uint64_t chunk_bytes;   /* that it and those below read from stores, encoded */
};

#endif
