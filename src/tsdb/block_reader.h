/* block_reader.h - a block in a local folder: its series, with chunks, by matchers and time.
 *
 * Threads: an open block never changes; an iterator belongs to one thread.
 */
#ifndef TSDB_BLOCK_READER_H
#define TSDB_BLOCK_READER_H

#include "model/series.h"
#include "model/time_range.h"
#include "tsdb/index_reader.h"

struct block_reader;

/* `dir` holds index, chunks/ and perhaps tombstones. */
struct block_reader *block_reader_open(const char *dir, struct err *err);
void block_reader_close(struct block_reader *b); /* NULL is fine */
CLEANUP_DEFINE(struct block_reader, block_reader_close)

/* Borrowed. */
struct index_reader *block_reader_index(struct block_reader *b);

/* Whether a selection reads chunks. */
enum block_select { SELECT_CHUNKS, SELECT_LABELS };

/* Series that match and have a chunk that overlaps `range`, with those chunks; samples outside of
 * the range may be among them, deleted ones are not. NULL on failure. The block and `ctx` outlive
 * the iterator; what it holds is charged to `tracker`, which may be NULL. */
struct series_iter *block_reader_select(struct block_reader *b, struct ctx *ctx,
					struct matchers matchers, struct time_range range,
					enum block_select what, struct tracker *tracker,
					struct err *err);

#endif
