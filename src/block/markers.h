/* markers.h - small objects beside a block's meta.json that say what shall happen to it.
 *
 *	<ULID>/deletion-mark.json       it is to be deleted, after a delay
 *	<ULID>/no-compact-mark.json     it is not to be compacted
 *	<ULID>/no-downsample-mark.json  it is not to be downsampled
 *
 * Format: compact JSON, version 1, times in unix seconds.
 */
#ifndef BLOCK_MARKERS_H
#define BLOCK_MARKERS_H

#include "base/arena.h"
#include "model/bucket.h"
#include "model/ulid.h"

enum mark_kind {
	MARK_DELETION,
	MARK_NO_COMPACT,
	MARK_NO_DOWNSAMPLE,
};

enum { MARK_MAX_BYTES = 1 << 20 };

struct block_mark {
	struct ulid id;
	int64_t time_s;
	struct str details; /* may be empty */
	struct str reason;  /* "manual", "index-size-exceeding", ...; not of a deletion */
};

const char *mark_filename(enum mark_kind kind);

/* The strings live in `a`. ERR_CORRUPT when the bytes are no mark, ERR_UNSUPPORTED on a version
 * other than 1. */
bool mark_parse(enum mark_kind kind, struct str json, struct arena *a, struct block_mark *out,
		struct err *err);
void mark_format(enum mark_kind kind, const struct block_mark *mark, struct buf *out);

/* ERR_NOT_FOUND without a mark; otherwise as mark_parse(). */
bool mark_read(struct bucket *b, struct ctx *ctx, enum mark_kind kind, struct ulid id,
	       struct arena *a, struct block_mark *out, struct err *err);
/* A mark that is there stays as it is: ERR_EXISTS. */
bool mark_write(struct bucket *b, struct ctx *ctx, enum mark_kind kind,
		const struct block_mark *mark, struct err *err);
/* ERR_NOT_FOUND without a mark. */
bool mark_remove(struct bucket *b, struct ctx *ctx, enum mark_kind kind, struct ulid id,
		 struct err *err);

#endif
