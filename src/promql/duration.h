/* duration.h - lengths of time as the engine needs them: formulas computed, in milliseconds. */
#ifndef PROMQL_DURATION_H
#define PROMQL_DURATION_H

#include "base/err.h"
#include "promql/ast.h"

/* What step() and range() stand for. */
struct duration_context {
	int64_t step_ms;  /* 0 for an instant query */
	int64_t range_ms; /* from its start to its end */
};

enum duration_sign {
	DURATION_POSITIVE, /* ranges and steps */
	DURATION_ANY_SIGN, /* offsets */
};

/* Whole milliseconds, toward zero. Only a formula can fail: ERR_INVALID and Prometheus' text,
 * "7:10: duration must be greater than 0", where the two numbers are where the formula begins and
 * ends in the query, from 0. */
bool duration_resolve(const struct duration *d, enum duration_sign sign,
		      const struct duration_context *context, int64_t *ms, struct err *err);

/* As Go computes Duration.Seconds(): whole seconds and the rest apart. */
double seconds_of_ms(int64_t ms);

#endif
