/* wal_segments.h - the segments of a log that are there. */
#ifndef HEAD_WAL_SEGMENTS_H
#define HEAD_WAL_SEGMENTS_H

#include "base/cleanup.h"
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct wal_segment {
	uint32_t number;
	char *path; /* owned */
};

/* Ascending by number. */
struct wal_segments {
	struct wal_segment *v;
	size_t n, cap;
};

/* Files of other names are passed over. ERR_CORRUPT when there is a gap. */
bool wal_segments_list(const char *dir, struct wal_segments *out, struct err *err);
void wal_segments_done(struct wal_segments *s);

/* Of a segment to be made; the caller's to free(). */
char *wal_segment_path(const char *dir, uint32_t number);

#endif
