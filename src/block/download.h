/* download.h - a block of the bucket into a local folder, for who goes through all of it. */
#ifndef BLOCK_DOWNLOAD_H
#define BLOCK_DOWNLOAD_H

#include "model/bucket.h"
#include "model/ulid.h"

struct block_download_options {
	unsigned concurrency; /* files at once; 0: one */
};

/* Index, chunks and, last, meta.json; other objects of the block stay where they are. The folder is
 * made. Files that are there with the size that the bucket tells are kept: each appears whole, so
 * that a download that was cut off goes on. The first failure ends it; ERR_NOT_FOUND when there is
 * no index or no meta.json. */
bool block_download(struct bucket *b, struct ctx *ctx, struct ulid id, const char *dir,
		    const struct block_download_options *options, struct err *err);

#endif
