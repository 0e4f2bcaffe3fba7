/* histogram_text.h - histograms as tests write them: {{schema:1 count:3 buckets:[1 2]}}.
 */
#ifndef TESTS_LIB_HISTOGRAM_TEXT_H
#define TESTS_LIB_HISTOGRAM_TEXT_H

#include "model/histogram.h"

/* In memory of `a`; fails the test when it cannot be read. */
struct histogram *histogram_of(struct arena *a, const char *text);

/* Its layout, counts and hint, as one line; `want` is written the same way. */
void expect_histogram(struct arena *a, const struct histogram *got, const char *want);

#endif
