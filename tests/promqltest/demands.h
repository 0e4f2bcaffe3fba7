/* demands.h - whether a query fails, warns and informs as the lines `expect fail`, `expect warn`
 * and so on of an eval want it.
 *
 * On false the error says what is missing or too much.
 */
#ifndef TESTS_PROMQLTEST_DEMANDS_H
#define TESTS_PROMQLTEST_DEMANDS_H

#include "tests/promqltest/answer.h"
#include "tests/promqltest/script.h"

bool demands_check_notes(const struct eval *e, const struct notes *notes, struct err *err);

/* The query has failed with `got`; something that is not there yet never is an expected failure. */
bool demands_check_failure(const struct eval *e, const struct err *got, struct err *err);

#endif
