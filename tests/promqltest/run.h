/* run.h - running an eval of a script as Prometheus' own runner does: an instant query also with
 * @ at several other times, and each of these as a range query around it.
 */
#ifndef TESTS_PROMQLTEST_RUN_H
#define TESTS_PROMQLTEST_RUN_H

#include "tests/promqltest/answer.h"
#include "tests/promqltest/script.h"

#define GOT_INDENT "        "

/* False with the first difference when an answer is not what is expected; *got is then that answer,
 * in lines that begin with GOT_INDENT. */
bool eval_run(const struct eval *e, const struct source *src, struct buf *got, struct err *err);

#endif
