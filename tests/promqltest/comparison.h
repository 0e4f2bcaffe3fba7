/* comparison.h - whether an answer is the one that an eval expects: every series and every value of
 * it, floats with a tolerance of one in a million.
 *
 * On false the error says what the first difference is.
 */
#ifndef TESTS_PROMQLTEST_COMPARISON_H
#define TESTS_PROMQLTEST_COMPARISON_H

#include "tests/promqltest/answer.h"
#include "tests/promqltest/script.h"

bool answer_check(const struct eval *e, const struct answer *got, struct err *err);

/* The answer to a range query, of which only what it has at `t_ms` counts, in any order. */
bool answer_check_at(const struct eval *e, const struct answer *got, int64_t t_ms, struct err *err);

#endif
