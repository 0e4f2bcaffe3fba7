/* wait.h - waiting in tests for what another thread does. */
#ifndef TESTS_LIB_WAIT_H
#define TESTS_LIB_WAIT_H

#include "base/clock.h"
#include "tests/lib/cmocka.h"

#include <unistd.h>

/* How long a test waits for what must happen: a busy machine is slow, but less than this. */
enum { PATIENCE_MS = 40000 };

/* Until `cond` holds; the test fails when that takes more than PATIENCE_MS. */
#define wait_until(cond)                                                                           \
	do {                                                                                       \
		int64_t end_ns_ =                                                                  \
		    clock_monotonic_ns(&clock_system) + PATIENCE_MS * INT64_C(1000000);            \
		while (!(cond)) {                                                                  \
			if (clock_monotonic_ns(&clock_system) > end_ns_)                           \
				fail_msg("waited %d ms for %s", PATIENCE_MS, #cond);               \
			usleep(1000);                                                              \
		}                                                                                  \
	} while (0)

#endif
