/* block_times.h - a small local file of blocks with a time each: when they were marked for
 * deletion, when they were used last. What it tells can be had again, so a damaged file is as good
 * as none.
 *
 * Format, text:
 *
 *	block-times 1 <time of the list, ms> <number of lines that follow>
 *	<ULID> <time, ms>
 *	...
 */
#ifndef BLOCK_BLOCK_TIMES_H
#define BLOCK_BLOCK_TIMES_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/vec.h"
#include "model/ulid.h"

struct block_time {
	struct ulid id;
	int64_t ms;
};

struct block_times {
	int64_t at_ms;
	VEC(struct block_time) v; /* ascending by id */
};

#define BLOCK_TIMES_INIT                                                                           \
	(struct block_times)                                                                       \
	{                                                                                          \
		0                                                                                  \
	}

enum { BLOCK_TIMES_MAX_BYTES = 256 << 20 };

void block_times_done(struct block_times *t);
/* The time of a block, or `otherwise`. */
int64_t block_times_get(const struct block_times *t, struct ulid id, int64_t otherwise);

/* *out is empty before. ERR_CORRUPT when the bytes are no such list. */
bool block_times_parse(struct str text, struct block_times *out, struct err *err);
void block_times_format(const struct block_times *t, struct buf *out);

/* ERR_NOT_FOUND without a file. */
bool block_times_read(const char *path, struct block_times *out, struct err *err);
bool block_times_write(const struct block_times *t, const char *path, struct err *err);

#endif
