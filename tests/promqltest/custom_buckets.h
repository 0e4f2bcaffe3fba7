/* custom_buckets.h - what load_with_nhcb adds to a load: for all series that are parts of a classic
 * histogram (x_bucket, x_count, x_sum) a series x of native histograms with custom buckets.
 */
#ifndef TESTS_PROMQLTEST_CUSTOM_BUCKETS_H
#define TESTS_PROMQLTEST_CUSTOM_BUCKETS_H

#include "tests/lib/series_line.h"

struct series_lines {
	struct series_line *v;
	size_t n, cap;
};

/* Appended to *out, in memory of `a`. Fails where the parts do not make a histogram. */
bool custom_buckets_of(struct arena *a, const struct series_lines *classic,
		       struct series_lines *out, struct err *err);

#endif
