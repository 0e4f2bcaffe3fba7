/* functions.h - the signatures of PromQL's functions.
 *
 * One list is the parser's table, the engine's enum and the documentation's source.
 */
#ifndef PROMQL_FUNCTIONS_H
#define PROMQL_FUNCTIONS_H

#include "base/str.h"

enum value_type {
	VALUE_NONE,
	VALUE_SCALAR,
	VALUE_STRING,
	VALUE_VECTOR,
	VALUE_MATRIX,
};

/* "vector", and what the documentation calls it: "instant vector". */
const char *value_type_name(enum value_type type);
const char *value_type_title(enum value_type type);

enum function_stage {
	FUNCTION_STABLE,
	FUNCTION_EXPERIMENTAL,
	FUNCTION_EXTENDED, /* of Thanos' own engine, behind a flag of its own */
};

/* X(id, name, arguments, variadic, result, stage). Arguments and result are one letter each:
 * s scalar, t string, v instant vector, m range vector. variadic 0: exactly these arguments;
 * n > 0: the last one may be absent, or be there up to n times; -1: any number of times, none
 * included. */
#define PROMQL_FUNCTIONS(X)                                                                        \
	X(ABS, "abs", "v", 0, 'v', STABLE)                                                         \
	X(ABSENT, "absent", "v", 0, 'v', STABLE)                                                   \
	X(ABSENT_OVER_TIME, "absent_over_time", "m", 0, 'v', STABLE)                               \
	X(ACOS, "acos", "v", 0, 'v', STABLE)                                                       \
	X(ACOSH, "acosh", "v", 0, 'v', STABLE)                                                     \
	X(ASIN, "asin", "v", 0, 'v', STABLE)                                                       \
	X(ASINH, "asinh", "v", 0, 'v', STABLE)                                                     \
	X(ATAN, "atan", "v", 0, 'v', STABLE)                                                       \
	X(ATANH, "atanh", "v", 0, 'v', STABLE)                                                     \
	X(AVG_OVER_TIME, "avg_over_time", "m", 0, 'v', STABLE)                                     \
	X(CEIL, "ceil", "v", 0, 'v', STABLE)                                                       \
	X(CHANGES, "changes", "m", 0, 'v', STABLE)                                                 \
	X(CLAMP, "clamp", "vss", 0, 'v', STABLE)                                                   \
	X(CLAMP_MAX, "clamp_max", "vs", 0, 'v', STABLE)                                            \
	X(CLAMP_MIN, "clamp_min", "vs", 0, 'v', STABLE)                                            \
	X(COS, "cos", "v", 0, 'v', STABLE)                                                         \
	X(COSH, "cosh", "v", 0, 'v', STABLE)                                                       \
	X(COUNT_OVER_TIME, "count_over_time", "m", 0, 'v', STABLE)                                 \
	X(DAY_OF_MONTH, "day_of_month", "v", 1, 'v', STABLE)                                       \
	X(DAY_OF_WEEK, "day_of_week", "v", 1, 'v', STABLE)                                         \
	X(DAY_OF_YEAR, "day_of_year", "v", 1, 'v', STABLE)                                         \
	X(DAYS_IN_MONTH, "days_in_month", "v", 1, 'v', STABLE)                                     \
	X(DEG, "deg", "v", 0, 'v', STABLE)                                                         \
	X(DELTA, "delta", "m", 0, 'v', STABLE)                                                     \
	X(DERIV, "deriv", "m", 0, 'v', STABLE)                                                     \
	X(DOUBLE_EXPONENTIAL_SMOOTHING, "double_exponential_smoothing", "mss", 0, 'v',             \
	  EXPERIMENTAL)                                                                            \
	X(END, "end", "", 0, 's', EXPERIMENTAL)                                                    \
	X(EXP, "exp", "v", 0, 'v', STABLE)                                                         \
	X(FIRST_OVER_TIME, "first_over_time", "m", 0, 'v', STABLE)                                 \
	X(FLOOR, "floor", "v", 0, 'v', STABLE)                                                     \
	X(HISTOGRAM_AVG, "histogram_avg", "v", 0, 'v', STABLE)                                     \
	X(HISTOGRAM_COUNT, "histogram_count", "v", 0, 'v', STABLE)                                 \
	X(HISTOGRAM_FRACTION, "histogram_fraction", "ssv", 0, 'v', STABLE)                         \
	X(HISTOGRAM_QUANTILE, "histogram_quantile", "sv", 0, 'v', STABLE)                          \
	X(HISTOGRAM_QUANTILES, "histogram_quantiles", "vtss", 9, 'v', EXPERIMENTAL)                \
	X(HISTOGRAM_STDDEV, "histogram_stddev", "v", 0, 'v', STABLE)                               \
	X(HISTOGRAM_STDVAR, "histogram_stdvar", "v", 0, 'v', STABLE)                               \
	X(HISTOGRAM_SUM, "histogram_sum", "v", 0, 'v', STABLE)                                     \
	X(HOUR, "hour", "v", 1, 'v', STABLE)                                                       \
	X(IDELTA, "idelta", "m", 0, 'v', STABLE)                                                   \
	X(INCREASE, "increase", "m", 0, 'v', STABLE)                                               \
	X(INFO, "info", "vv", 1, 'v', EXPERIMENTAL)                                                \
	X(IRATE, "irate", "m", 0, 'v', STABLE)                                                     \
	X(LABEL_JOIN, "label_join", "vttt", -1, 'v', STABLE)                                       \
	X(LABEL_REPLACE, "label_replace", "vtttt", 0, 'v', STABLE)                                 \
	X(LAST_OVER_TIME, "last_over_time", "m", 0, 'v', STABLE)                                   \
	X(LN, "ln", "v", 0, 'v', STABLE)                                                           \
	X(LOG10, "log10", "v", 0, 'v', STABLE)                                                     \
	X(LOG2, "log2", "v", 0, 'v', STABLE)                                                       \
	X(MAD_OVER_TIME, "mad_over_time", "m", 0, 'v', EXPERIMENTAL)                               \
	X(MAX_OF, "max_of", "ss", 0, 's', EXPERIMENTAL)                                            \
	X(MAX_OVER_TIME, "max_over_time", "m", 0, 'v', STABLE)                                     \
	X(MIN_OF, "min_of", "ss", 0, 's', EXPERIMENTAL)                                            \
	X(MIN_OVER_TIME, "min_over_time", "m", 0, 'v', STABLE)                                     \
	X(MINUTE, "minute", "v", 1, 'v', STABLE)                                                   \
	X(MONTH, "month", "v", 1, 'v', STABLE)                                                     \
	X(PI, "pi", "", 0, 's', STABLE)                                                            \
	X(PREDICT_LINEAR, "predict_linear", "ms", 0, 'v', STABLE)                                  \
	X(PRESENT_OVER_TIME, "present_over_time", "m", 0, 'v', STABLE)                             \
	X(QUANTILE_OVER_TIME, "quantile_over_time", "sm", 0, 'v', STABLE)                          \
	X(RAD, "rad", "v", 0, 'v', STABLE)                                                         \
	X(RANGE, "range", "", 0, 's', EXPERIMENTAL)                                                \
	X(RATE, "rate", "m", 0, 'v', STABLE)                                                       \
	X(RESETS, "resets", "m", 0, 'v', STABLE)                                                   \
	X(ROUND, "round", "vs", 1, 'v', STABLE)                                                    \
	X(SCALAR, "scalar", "v", 0, 's', STABLE)                                                   \
	X(SGN, "sgn", "v", 0, 'v', STABLE)                                                         \
	X(SIN, "sin", "v", 0, 'v', STABLE)                                                         \
	X(SINH, "sinh", "v", 0, 'v', STABLE)                                                       \
	X(SORT, "sort", "v", 0, 'v', STABLE)                                                       \
	X(SORT_BY_LABEL, "sort_by_label", "vt", -1, 'v', EXPERIMENTAL)                             \
	X(SORT_BY_LABEL_DESC, "sort_by_label_desc", "vt", -1, 'v', EXPERIMENTAL)                   \
	X(SORT_DESC, "sort_desc", "v", 0, 'v', STABLE)                                             \
	X(SQRT, "sqrt", "v", 0, 'v', STABLE)                                                       \
	X(START, "start", "", 0, 's', EXPERIMENTAL)                                                \
	X(START_TIMESTAMP, "start_timestamp", "v", 0, 'v', EXPERIMENTAL)                           \
	X(STDDEV_OVER_TIME, "stddev_over_time", "m", 0, 'v', STABLE)                               \
	X(STDVAR_OVER_TIME, "stdvar_over_time", "m", 0, 'v', STABLE)                               \
	X(STEP, "step", "", 0, 's', EXPERIMENTAL)                                                  \
	X(SUM_OVER_TIME, "sum_over_time", "m", 0, 'v', STABLE)                                     \
	X(TAN, "tan", "v", 0, 'v', STABLE)                                                         \
	X(TANH, "tanh", "v", 0, 'v', STABLE)                                                       \
	X(TIME, "time", "", 0, 's', STABLE)                                                        \
	X(TIMESTAMP, "timestamp", "v", 0, 'v', STABLE)                                             \
	X(TS_OF_FIRST_OVER_TIME, "ts_of_first_over_time", "m", 0, 'v', EXPERIMENTAL)               \
	X(TS_OF_LAST_OVER_TIME, "ts_of_last_over_time", "m", 0, 'v', EXPERIMENTAL)                 \
	X(TS_OF_MAX_OVER_TIME, "ts_of_max_over_time", "m", 0, 'v', EXPERIMENTAL)                   \
	X(TS_OF_MIN_OVER_TIME, "ts_of_min_over_time", "m", 0, 'v', EXPERIMENTAL)                   \
	X(VECTOR, "vector", "s", 0, 'v', STABLE)                                                   \
	X(XDELTA, "xdelta", "m", 0, 'v', EXTENDED)                                                 \
	X(XINCREASE, "xincrease", "m", 0, 'v', EXTENDED)                                           \
	X(XRATE, "xrate", "m", 0, 'v', EXTENDED)                                                   \
	X(YEAR, "year", "v", 1, 'v', STABLE)

enum function_id {
#define X(id, ...) FUNCTION_##id,
	PROMQL_FUNCTIONS(X)
#undef X
	    FUNCTION_N,
};

struct promql_function {
	enum function_id id;
	const char *name;
	const char *args; /* letters as above */
	uint8_t n_args;
	int8_t variadic;
	enum value_type returns;
	enum function_stage stage;
};

/* Indexed by id, ascending by name. */
extern const struct promql_function promql_functions[FUNCTION_N];

/* NULL if there is none of that name, upper and lower case being different. */
const struct promql_function *function_find(struct str name);

/* The type of the i-th argument; the last declared one stands for all that follow it. The function
 * has arguments. */
enum value_type function_arg_type(const struct promql_function *f, size_t i);

#endif
