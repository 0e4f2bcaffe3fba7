/* bucket_scan.h - which folders of a bucket have a block's name, and what is seen in them.
 *
 * Two ways of looking, both listings: at the root alone, which costs a request for every thousand
 * blocks and tells names only; and at every object, which costs a request for every thousand
 * objects and tells of each block whether its meta.json is there, and its deletion mark.
 */
#ifndef BLOCK_BUCKET_SCAN_H
#define BLOCK_BUCKET_SCAN_H

#include "block/block_view.h"
#include "model/bucket.h"

#define SCAN_UNKNOWN_TIME INT64_MIN

struct seen_folder {
	struct ulid id;
	bool has_meta;       /* only where every object was seen */
	int64_t modified_ms; /* of meta.json; SCAN_UNKNOWN_TIME */
};

struct bucket_scan {
	VEC(struct seen_folder) folders; /* ascending by id, each once */
	VEC(struct seen_mark) marked;    /* the same */
};

/* *out is empty before; on failure it is to be ended, too. */
bool bucket_scan_root(struct bucket *b, struct ctx *ctx, struct bucket_scan *out, struct err *err);
bool bucket_scan_all(struct bucket *b, struct ctx *ctx, struct bucket_scan *out, struct err *err);
void bucket_scan_done(struct bucket_scan *s);

#endif
