/* new_block.h - makes a block in a local folder: it appears there whole and under its name, or not
 * at all.
 *
 * Until then it lies in <ULID>.tmp-for-creation, where Prometheus expects what was cut off and
 * removes it at its next start.
 */
#ifndef BLOCK_NEW_BLOCK_H
#define BLOCK_NEW_BLOCK_H

#include "block/meta.h"
#include "tsdb/block_writer.h"

struct new_block;

/* <dir>/<id>, `dir` is there. */
struct new_block *new_block_open(const char *dir, struct ulid id,
				 const struct block_writer_options *options, struct err *err);
/* What was not committed is removed. NULL is fine. */
void new_block_close(struct new_block *b);
CLEANUP_DEFINE(struct new_block, new_block_close)

/* Where its series go; borrowed. */
struct block_writer *new_block_writer(struct new_block *b);

/* Writes meta.json, an empty file of tombstones, and gives the block its name. `meta` tells times,
 * compaction and the `thanos` section; id, statistics and index statistics are filled in. Once,
 * after the last series. */
bool new_block_commit(struct new_block *b, struct ctx *ctx, struct meta *meta, struct err *err);

#endif
