/* odd_series.h - a block of series that are hard to downsample: counters that start anew, gaps,
 * markers of staleness, NaNs, infinities, disorder, native histograms of all sorts.
 */
#ifndef TESTS_LIB_ODD_SERIES_H
#define TESTS_LIB_ODD_SERIES_H

#include "block/meta.h"

/* The range of the block: ten days, as downsampling to an hour wants. */
#define ODD_MIN_T_MS INT64_C(1700006400000)
#define ODD_MAX_T_MS (ODD_MIN_T_MS + INT64_C(10) * 24 * 3600 * 1000)

/* <dir>/<id>/, a raw block, always the same; the test fails when it cannot be written. *out lives
 * in `a`. */
void odd_block_make(const char *dir, struct ulid id, struct arena *a, struct meta *out);

#endif
