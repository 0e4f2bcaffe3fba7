/* plan_functions.c - what kind of node a function becomes.
 */
#include "promql/plan_internal.h"

#define RANGE(id)      [FUNCTION_##id] = PLAN_RANGE_CALL
#define MAP(id)        [FUNCTION_##id] = PLAN_MAP
#define KIND(id, kind) [FUNCTION_##id] = PLAN_##kind

static const enum plan_kind kind_of_function[FUNCTION_N] = {
    RANGE(RATE),
    RANGE(IRATE),
    RANGE(INCREASE),
    RANGE(DELTA),
    RANGE(IDELTA),
    RANGE(DERIV),
    RANGE(PREDICT_LINEAR),
    RANGE(DOUBLE_EXPONENTIAL_SMOOTHING),
    RANGE(CHANGES),
    RANGE(RESETS),
    RANGE(AVG_OVER_TIME),
    RANGE(COUNT_OVER_TIME),
    RANGE(FIRST_OVER_TIME),
    RANGE(LAST_OVER_TIME),
    RANGE(MAD_OVER_TIME),
    RANGE(MAX_OVER_TIME),
    RANGE(MIN_OVER_TIME),
    RANGE(PRESENT_OVER_TIME),
    RANGE(QUANTILE_OVER_TIME),
    RANGE(STDDEV_OVER_TIME),
    RANGE(STDVAR_OVER_TIME),
    RANGE(SUM_OVER_TIME),
    RANGE(TS_OF_FIRST_OVER_TIME),
    RANGE(TS_OF_LAST_OVER_TIME),
    RANGE(TS_OF_MAX_OVER_TIME),
    RANGE(TS_OF_MIN_OVER_TIME),
    RANGE(XRATE),
    RANGE(XINCREASE),
    RANGE(XDELTA),
    KIND(ABSENT_OVER_TIME, ABSENT_RANGE),
    MAP(ABS),
    MAP(ACOS),
    MAP(ACOSH),
    MAP(ASIN),
    MAP(ASINH),
    MAP(ATAN),
    MAP(ATANH),
    MAP(CEIL),
    MAP(CLAMP),
    MAP(CLAMP_MAX),
    MAP(CLAMP_MIN),
    MAP(COS),
    MAP(COSH),
    MAP(DAY_OF_MONTH),
    MAP(DAY_OF_WEEK),
    MAP(DAY_OF_YEAR),
    MAP(DAYS_IN_MONTH),
    MAP(DEG),
    MAP(EXP),
    MAP(FLOOR),
    MAP(HISTOGRAM_AVG),
    MAP(HISTOGRAM_COUNT),
    MAP(HISTOGRAM_STDDEV),
    MAP(HISTOGRAM_STDVAR),
    MAP(HISTOGRAM_SUM),
    MAP(HOUR),
    MAP(LN),
    MAP(LOG10),
    MAP(LOG2),
    MAP(MINUTE),
    MAP(MONTH),
    MAP(RAD),
    MAP(ROUND),
    MAP(SGN),
    MAP(SIN),
    MAP(SINH),
    MAP(SQRT),
    MAP(TAN),
    MAP(TANH),
    MAP(YEAR),
    KIND(MAX_OF, SCALAR_MAP),
    KIND(MIN_OF, SCALAR_MAP),
    KIND(TIME, TIME),
    KIND(TIMESTAMP, TIMESTAMP),
    KIND(START_TIMESTAMP, TIMESTAMP),
    KIND(SCALAR, SCALAR),
    KIND(VECTOR, VECTOR),
    KIND(ABSENT, ABSENT),
    KIND(LABEL_REPLACE, LABEL_REPLACE),
    KIND(LABEL_JOIN, LABEL_JOIN),
    KIND(INFO, INFO),
    KIND(SORT, SORT),
    KIND(SORT_DESC, SORT),
    KIND(SORT_BY_LABEL, SORT),
    KIND(SORT_BY_LABEL_DESC, SORT),
    KIND(HISTOGRAM_QUANTILE, HISTOGRAM_QUANTILE),
    KIND(HISTOGRAM_QUANTILES, HISTOGRAM_QUANTILE),
    KIND(HISTOGRAM_FRACTION, HISTOGRAM_QUANTILE),
    KIND(PI, NUMBER),
    KIND(START, NUMBER),
    KIND(END, NUMBER),
    KIND(RANGE, NUMBER),
    KIND(STEP, NUMBER),
};

enum plan_kind plan_kind_of_function(enum function_id id)
{
	return kind_of_function[id];
}

bool plan_function_takes_bounds(enum function_id id, enum selector_bounds bounds)
{
	switch ((int)id) {
	case FUNCTION_RATE:
	case FUNCTION_INCREASE:
	case FUNCTION_DELTA:
		return true;
	case FUNCTION_CHANGES:
	case FUNCTION_RESETS:
		return bounds != BOUNDS_SMOOTHED;
	default:
		return bounds == BOUNDS_PLAIN;
	}
}

bool plan_function_reads_stats(enum function_id id)
{
	return id == FUNCTION_HISTOGRAM_COUNT || id == FUNCTION_HISTOGRAM_SUM ||
	       id == FUNCTION_HISTOGRAM_AVG;
}

double plan_number_of_function(enum function_id id, const struct query_time *time)
{
	switch ((int)id) {
	case FUNCTION_START:
		return (double)time->start_ms / 1000;
	case FUNCTION_END:
		return (double)time->end_ms / 1000;
	case FUNCTION_RANGE:
		return (double)(time->end_ms - time->start_ms) / 1000;
	case FUNCTION_STEP:
		return time->start_ms == time->end_ms ? 0 : (double)time->step_ms / 1000;
	default:
		return 3.14159265358979323846;
	}
}
