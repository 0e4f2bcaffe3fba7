/* tombstones.h - a block's `tombstones` file, which says what samples were deleted.
 *
 * Format: docs/formats/tombstones.md. A missing file means nothing was deleted.
 *
 * Threads: a loaded set never changes, so any number of threads may read it.
 */
#ifndef TSDB_TOMBSTONES_H
#define TSDB_TOMBSTONES_H

#include "base/cleanup.h"
#include "base/err.h"
#include "model/time_range.h"

#include <stddef.h>

struct tombstones;

/* Parse `size` bytes at `data`, which are only borrowed during the call. Fails with ERR_CORRUPT on
 * a bad magic, version, length or checksum; NULL then. */
struct tombstones *tombstones_parse(const uint8_t *data, size_t size, struct err *err);
/* A missing file gives an empty set. */
struct tombstones *tombstones_load(const char *path, struct err *err);
void tombstones_free(struct tombstones *ts); /* NULL is fine */
CLEANUP_DEFINE(struct tombstones, tombstones_free)

/* One deletion, as the file has it. */
struct tombstone {
	uint64_t series_ref;
	struct time_range range; /* inclusive on both ends */
};

/* Replaces the file. Without any it says that nothing was deleted, as Prometheus writes it beside
 * every new block. */
bool tombstones_write(const char *path, const struct tombstone *stones, size_t n, struct err *err);

/* The deleted ranges of one series, ascending and disjoint; *n may be 0. Borrowed. */
const struct time_range *tombstones_of(const struct tombstones *ts, uint64_t series_ref, size_t *n);
/* Of all series. */
size_t tombstones_count(const struct tombstones *ts);

#endif
