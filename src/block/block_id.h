/* block_id.h - blocks among the names of a bucket or a folder. */
#ifndef BLOCK_BLOCK_ID_H
#define BLOCK_BLOCK_ID_H

#include "base/arena.h"
#include "model/ulid.h"

#define INDEX_FILENAME "index"
#define CHUNKS_DIRNAME "chunks"

/* Whether the last element of a path, with or without a '/' at its end, names a block. */
bool block_id_of(struct str path, struct ulid *out);

/* The name of a block's object: "<ULID>/<file>". */
struct object_path {
	char s[ULID_LEN + 64];
};
struct object_path block_object_path(struct ulid id, const char *file);
/* For str parameters: valid until the end of the full expression's block. */
#define block_object(id, file) str_of(block_object_path((id), (file)).s)

#endif
