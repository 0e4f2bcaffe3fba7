/* golden_block.h - blocks that Prometheus wrote, put into a bucket under any name, labels and
 * times.
 */
#ifndef TESTS_LIB_GOLDEN_BLOCK_H
#define TESTS_LIB_GOLDEN_BLOCK_H

#include "model/bucket.h"

struct golden_block {
	const char *golden; /* folder of tests/golden/blocks; NULL: "plain" */
	const char *ulid;
	const char *labels; /* JSON of the external labels; NULL: {"cluster":"eu"} */
	int64_t min_t_ms;   /* both 0: as it is */
	int64_t max_t_ms;
	int64_t resolution_ms;
};

/* What it was written with. */
enum { GOLDEN_PLAIN_SERIES = 51 };
#define GOLDEN_PLAIN_MIN_T_MS INT64_C(1700006400000)
#define GOLDEN_PLAIN_MAX_T_MS INT64_C(1700011000001)

void golden_block_put(struct bucket *b, const struct golden_block *block);

#endif
