/* run.h - running an eval of a script as Prometheus' own runner does: an instant query also with
 * @ at several other times, and each of these as a range query around it.
 */
#ifndef TESTS_PROMQLTEST_RUN_H
#define TESTS_PROMQLTEST_RUN_H

#include "tests/lib/memory_queryable.h"
#include "tests/promqltest/script.h"

/* False with the reason when the answer is not what is expected. */
bool eval_run(const struct eval *e, struct queryable *q, struct err *err);

#endif
