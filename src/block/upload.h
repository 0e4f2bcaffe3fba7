/* upload.h - a block from a local folder into the bucket.
 *
 * Chunks first, then the index, meta.json last: a block is in the bucket when its meta.json is, and
 * an upload that was cut off is no block. Uploading again is harmless. Before meta.json goes, one
 * listing compares the sizes of the objects with those of the files.
 */
#ifndef BLOCK_UPLOAD_H
#define BLOCK_UPLOAD_H

#include "base/clock.h"
#include "block/file_hash.h"
#include "model/bucket.h"

struct block_upload_options {
	enum block_hash hash;
	unsigned concurrency; /* chunk files at once; 0: one */
	struct clock *clock;
};

/* `dir` is named by the block's ULID and holds chunks/, index and meta.json. The meta.json in the
 * bucket also tells the files with their sizes and hashes, and the time of upload; the local one
 * stays. Fails with ERR_INVALID when it has no external labels. */
bool block_upload(struct bucket *b, struct ctx *ctx, const char *dir,
		  const struct block_upload_options *options, struct err *err);

#endif
