#include "promql/map_functions.h"

#include "promql/functions.h"
#include "tests/lib/expect.h"

#include <math.h>

/* What Prometheus 3.14 answers for these seconds since 1970. */
static void dates_far_away_are_those_of_go(void **state)
{
	static const enum function_id ids[] = {
	    FUNCTION_YEAR,        FUNCTION_MONTH, FUNCTION_DAY_OF_MONTH, FUNCTION_DAY_OF_WEEK,
	    FUNCTION_DAY_OF_YEAR, FUNCTION_HOUR,  FUNCTION_MINUTE,       FUNCTION_DAYS_IN_MONTH};
	static const struct {
		double v;
		double want[8];
	} cases[] = {
	    {NAN, {292277026596, 12, 4, 0, 339, 15, 30, 31}},
	    {1e25, {292277026596, 12, 4, 0, 339, 15, 30, 31}},
	    {-9.2e18, {-291536392293, 5, 3, 2, 123, 12, 26, 31}},
	    {9.2e18, {291536396232, 8, 31, 5, 244, 11, 33, 31}},
	    {-1e18, {-31688736537, 3, 10, 2, 69, 22, 13, 31}},
	    {-6.3e10, {-27, 8, 11, 6, 223, 8, 0, 31}},
	    {-1, {1969, 12, 31, 3, 365, 23, 59, 31}},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t k = 0; k < 8; k++) {
			double got = map_function(ids[k])(cases[i].v);
			if (got != cases[i].want[k])
				fail_msg("%s of %g: got %.0f, want %.0f",
					 promql_functions[ids[k]].name, cases[i].v, got,
					 cases[i].want[k]);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dates_far_away_are_those_of_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
