/* delete.h - a block out of the bucket. */
#ifndef BLOCK_DELETE_H
#define BLOCK_DELETE_H

#include "model/bucket.h"
#include "model/ulid.h"

/* meta.json first, so that what is left when this is cut off is no block; deletion-mark.json last,
 * so that what is left still says that it is to go. Not an error when there is nothing. */
bool block_delete(struct bucket *b, struct ctx *ctx, struct ulid id, struct err *err);

#endif
