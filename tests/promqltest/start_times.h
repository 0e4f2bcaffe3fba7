/* start_times.h - the lines of a load that say when counters began: metric{a="b"}@st -1m -30sx3 _.
 */
#ifndef TESTS_PROMQLTEST_START_TIMES_H
#define TESTS_PROMQLTEST_START_TIMES_H

#include "base/err.h"
#include "model/labels.h"

/* By position, how far from its sample the counter began; START_UNKNOWN for _. */
struct start_times {
	struct labels labels;
	struct {
		int64_t *v;
		size_t n, cap;
	} offsets_ms;
};

#define START_UNKNOWN INT64_MIN

bool start_times_is_line(struct str line);
bool start_times_parse(struct arena *a, struct str line, struct start_times *out, struct err *err);

#endif
