/* file_hash.h - hashes of a block's files, as meta.json may carry them. */
#ifndef BLOCK_FILE_HASH_H
#define BLOCK_FILE_HASH_H

#include "base/arena.h"
#include "base/err.h"

enum block_hash {
	BLOCK_HASH_NONE,
	BLOCK_HASH_SHA256,
};

/* "" or "SHA256", as --hash-func has it. Fails with ERR_INVALID. */
bool block_hash_parse(struct str name, enum block_hash *out, struct err *err);
struct str block_hash_name(enum block_hash hash);

/* Hexadecimal, in `a`. Not for BLOCK_HASH_NONE. */
bool block_hash_file(enum block_hash hash, const char *path, struct arena *a, struct str *out,
		     struct err *err);

#endif
