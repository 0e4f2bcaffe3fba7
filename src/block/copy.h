/* copy.h - a block from one bucket into another.
 *
 * Chunks first, then the index, meta.json last, byte for byte: a copy that was cut off is no block,
 * and copying again goes on where it was. An object that is there with the size it should have is
 * not copied again, nor is a block whose meta.json is there byte for byte.
 */
#ifndef BLOCK_COPY_H
#define BLOCK_COPY_H

#include "model/bucket.h"
#include "model/ulid.h"

struct block_copied {
	bool was_there;   /* all of it */
	size_t n_objects; /* that were copied, without meta.json */
};

/* *out is set on failure too. */
bool block_copy(struct bucket *from, struct bucket *to, struct ctx *ctx, struct ulid id,
		struct block_copied *out, struct err *err);

#endif
