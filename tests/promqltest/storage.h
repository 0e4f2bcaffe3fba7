/* storage.h - the series that a script has loaded so far.
 */
#ifndef TESTS_PROMQLTEST_STORAGE_H
#define TESTS_PROMQLTEST_STORAGE_H

#include "tests/lib/memory_queryable.h"
#include "tests/promqltest/script.h"

/* Fails where a sample is not newer than what the series has. */
bool storage_load(struct memory_queryable *mq, const struct load *load, struct err *err);

#endif
