/* wal_reader.h - the records of a write-ahead log, in the order in which they were appended.
 *
 * Format: wal_format.h. Threads: one.
 */
#ifndef HEAD_WAL_READER_H
#define HEAD_WAL_READER_H

#include "base/cleanup.h"
#include "base/iter.h"
#include "head/wal_format.h"

struct err;
struct wal_reader;

/* Where a record begins. */
struct wal_place {
	uint32_t segment;
	uint64_t offset;
};

/* Those segments of the log in [first, last] that are there. */
struct wal_reader *wal_reader_open(const char *dir, uint32_t first, uint32_t last, struct err *err);
void wal_reader_close(struct wal_reader *r); /* NULL is fine */
CLEANUP_DEFINE(struct wal_reader, wal_reader_close)

/* *record is borrowed until the next call. ERR_CORRUPT names the segment and the offset; the log is
 * good up to wal_reader_place(). */
enum iter_result wal_reader_next(struct wal_reader *r, struct str *record, struct err *err);

/* Of the record that was read last, or that could not be read. */
struct wal_place wal_reader_place(const struct wal_reader *r);

/* Takes away what lies at `place` and behind it, the last segment first, so that a crash on the
 * way leaves a log that ends earlier, and no gap. */
bool wal_cut(const char *dir, struct wal_place place, struct err *err);

#endif
