/* cleaner.h - beside the iterations, which may take hours: blocks whose time after their mark is
 * over go, and the rests of uploads that were cut off.
 *
 * It sees the bucket with filters and a fetcher of its own, so that it waits for nobody. Where it
 * meets an iteration at the same block both delete it, which is harmless.
 */
#ifndef COMPACTOR_CLEANER_H
#define COMPACTOR_CLEANER_H

#include "block/fetcher.h"
#include "compaction/cleaning.h"

/* All pointers are borrowed until cleaner_free(). */
struct cleaner_options {
	struct cleaning cleaning;
	const char
	    *data_dir; /* for what is known of blocks; another one than any other fetcher's */
	enum block_discovery discovery;
	unsigned fetch_concurrency;
	struct time_or_duration min_time;
	struct time_or_duration max_time;
	const struct relabel *selector; /* NULL: all blocks */
	int64_t consistency_delay_ms;
};

struct cleaner;

struct cleaner *cleaner_new(const struct cleaner_options *options);
void cleaner_free(struct cleaner *c); /* NULL is fine */
CLEANUP_DEFINE(struct cleaner, cleaner_free)

/* One look at the bucket, and what is to be done about it. One thread at a time. Fails when the
 * bucket cannot be seen whole, and then deletes nothing. */
bool cleaner_clean(struct cleaner *c, struct ctx *ctx, struct err *err);

#endif
