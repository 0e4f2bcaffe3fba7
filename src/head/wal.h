/* wal.h - a write-ahead log, written: records go to the end of the last segment.
 *
 * What wal_append() has taken survives the end of the process; what wal_sync() has seen, the end of
 * the machine. When the disk refuses a write, the segment is cut back to what it was; when it
 * refuses that too, or a sync, nobody knows any more what is on it: then every later call fails,
 * and the log has to be opened, read and repaired anew.
 *
 * Format: wal_format.h. Threads: all functions but wal_close() may be called from any thread; the
 * records of one call lie next to each other.
 */
#ifndef HEAD_WAL_H
#define HEAD_WAL_H

#include "base/cleanup.h"
#include "base/metric.h"
#include "head/wal_format.h"

struct wal;

struct wal_options {
	const char *dir; /* made when it is not there */
	enum wal_compression compression;
	uint64_t segment_bytes;     /* of whole pages; 0: WAL_SEGMENT_BYTES */
	struct metrics *metrics;    /* may be NULL */
	const char *metrics_prefix; /* "prometheus_tsdb_wal_" */
};

/* Begins a new segment behind those that are there, which have been read and are whole. */
struct wal *wal_open(const struct wal_options *options, struct err *err);
/* NULL is fine. Fails when what was appended could not be synced. */
bool wal_close(struct wal *w, struct err *err);

/* On failure none of the records that were to go into the last segment is there; those before it
 * may be. */
bool wal_append(struct wal *w, const struct str *records, size_t n, struct err *err);
/* Everything appended before the call is on the disk. Calls that wait at the same time share one
 * sync. */
bool wal_sync(struct wal *w, struct err *err);

/* Ends the segment; *number is the one that begins. What lies before it is on the disk. */
bool wal_next_segment(struct wal *w, uint32_t *number, struct err *err);
/* Removes all segments before that one. */
bool wal_truncate(struct wal *w, uint32_t before, struct err *err);

#endif
