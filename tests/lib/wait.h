/* wait.h - waiting in tests for what another thread does. */
#ifndef TESTS_LIB_WAIT_H
#define TESTS_LIB_WAIT_H

#include "base/clock.h"
#include "tests/lib/cmocka.h"

#include <unistd.h>

/* Until `cond` holds; the test fails when it does not within 10 s. */
#define wait_until(cond)                                                                           \
	do {                                                                                       \
		int64_t end_ns_ = clock_monotonic_ns(&clock_system) + INT64_C(10000000000);        \
		while (!(cond)) {                                                                  \
			if (clock_monotonic_ns(&clock_system) > end_ns_)                           \
				fail_msg("waited 10 s for %s", #cond);                             \
			usleep(1000);                                                              \
		}                                                                                  \
	} while (0)

#endif
