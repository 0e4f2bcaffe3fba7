/* block_folders.h - folders with blocks, wherever they lie, as one bucket that can only be read:
 * what serves blocks of a bucket then serves them too.
 *
 * A folder appears in the bucket under the ULID that its meta.json tells, whatever the folder is
 * called.
 */
#ifndef TOOLS_BLOCK_FOLDERS_H
#define TOOLS_BLOCK_FOLDERS_H

#include "model/bucket.h"

struct block_folders;

struct block_folders *block_folders_new(void);
void block_folders_free(struct block_folders *f); /* NULL is fine */
CLEANUP_DEFINE(struct block_folders, block_folders_free)

/* One block. A block that is there already, by its ULID, counts once. */
bool block_folders_add(struct block_folders *f, const char *path, struct err *err);
/* All blocks of a data directory. Other files and folders of it, such as the write-ahead log, are
 * passed over; a directory without any block is an error. */
bool block_folders_add_all(struct block_folders *f, const char *data_dir, struct err *err);

size_t block_folders_count(const struct block_folders *f);

/* Takes `f`. */
struct bucket *block_folders_bucket(struct block_folders *f);

#endif
