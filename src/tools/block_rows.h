/* block_rows.h - the blocks of a bucket as a table with Thanos' columns: `tools bucket inspect`.
 *
 * Times are in the time zone of the process.
 */
#ifndef TOOLS_BLOCK_ROWS_H
#define TOOLS_BLOCK_ROWS_H

#include "base/flags.h"
#include "block/block_view.h"

#define BLOCK_COLUMNS(X)                                                                           \
	X(ULID, "ULID")                                                                            \
	X(FROM, "FROM")                                                                            \
	X(UNTIL, "UNTIL")                                                                          \
	X(RANGE, "RANGE")                                                                          \
	X(UNTIL_DOWN, "UNTIL-DOWN")                                                                \
	X(SERIES, "#SERIES")                                                                       \
	X(SAMPLES, "#SAMPLES")                                                                     \
	X(CHUNKS, "#CHUNKS")                                                                       \
	X(LEVEL, "COMP-LEVEL")                                                                     \
	X(FAILED, "COMP-FAILED")                                                                   \
	X(LABELS, "LABELS")                                                                        \
	X(RESOLUTION, "RESOLUTION")                                                                \
	X(SOURCE, "SOURCE")

enum block_column {
#define BLOCK_COLUMN_ENUM_(name, text) BLOCK_COLUMN_##name,
	BLOCK_COLUMNS(BLOCK_COLUMN_ENUM_)
#undef BLOCK_COLUMN_ENUM_
	    BLOCK_COLUMN_N,
};

/* The names, NULL behind them. */
extern const char *const BLOCK_COLUMN_NAMES[BLOCK_COLUMN_N + 1];

enum block_rows_format { BLOCK_ROWS_TABLE, BLOCK_ROWS_CSV, BLOCK_ROWS_TSV };

struct block_rows_options {
	struct labels selector; /* a block has all of these labels; it may have more */
	const enum block_column *sort_by;
	size_t n_sort_by; /* rows that are equal so far are in the order of their ids */
	enum block_rows_format format;
};

void block_rows_write(const struct block_view *view, const struct block_rows_options *options,
		      struct buf *out);

#endif
