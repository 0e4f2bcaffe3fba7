/* local_block.h - folders that look like blocks, for code that does not read index and chunks. */
#ifndef TESTS_LIB_LOCAL_BLOCK_H
#define TESTS_LIB_LOCAL_BLOCK_H

#include "model/bucket.h"

struct local_block {
	const char *ulid;
	int64_t min_t_ms;
	int64_t max_t_ms;
	int level;          /* 0: 1 */
	int n_segments;     /* 0: 1 */
	bool is_empty;      /* no samples */
	const char *thanos; /* members of the section of that name, or NULL for none */
};

/* <dir>/<ulid>/ with chunks/, index and meta.json. */
void local_block_make(const char *dir, const struct local_block *block);

/* Names and contents of all objects of a bucket as text, one a line. */
void bucket_dump(struct bucket *b, struct buf *out);

/* Fails the test unless every block whose meta.json is in the bucket is complete: the files it
 * tells are there, with the sizes it tells. The number of such blocks. */
size_t bucket_check_blocks(struct bucket *b);

#endif
