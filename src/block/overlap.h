/* overlap.h - whether a compacted block would overlap what is in the bucket already.
 *
 * Blocks of one Prometheus never overlap. A compacted block beside the blocks it was made from
 * would be an overlap, and stops Thanos' compactor.
 */
#ifndef BLOCK_OVERLAP_H
#define BLOCK_OVERLAP_H

#include "block/meta.h"
#include "model/bucket.h"

struct overlap_check;

/* Reads the meta.json of all blocks; those with exactly these labels count. NULL on failure. */
struct overlap_check *overlap_check_new(struct bucket *b, struct ctx *ctx, struct labels labels,
					struct err *err);
void overlap_check_free(struct overlap_check *c); /* NULL is fine */

/* Fails with ERR_EXISTS, naming two blocks, when any two of the bucket's blocks and `m` overlap. */
bool overlap_check(struct overlap_check *c, const struct meta *m, struct err *err);

#endif
