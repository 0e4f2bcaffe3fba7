/* child.h - a piece of a test in a process of its own, for what ends the process. */
#ifndef TESTS_LIB_CHILD_H
#define TESTS_LIB_CHILD_H

#include "base/buf.h"

struct child_end {
	int signal;    /* that killed it, or 0 */
	int exit_code; /* if none did */
};

/* Runs fn() in a child and waits. What it writes to stderr is appended to `said`. A child that
 * comes back from fn() exits with 0. Leaves no core file. */
struct child_end child_run(void (*fn)(void), struct buf *said);

#endif
