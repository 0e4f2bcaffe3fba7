/* index_header.h - a local copy of the parts of a block's index that every query needs: its symbols
 * and its postings offset table. As Thanos': `<data-dir>/<ULID>/index-header`.
 *
 * Layout, big-endian:
 *
 *	magic 0xbaaad792 (4), version 1 (1), index version (1),
 *	offset of the postings offset table in the index (8)
 *	the index from its symbols to its series, as it is
 *	the index from its postings offset table to its end, as it is
 *	offset of the symbols in this file (8), of the postings offset table in this file (8),
 *	CRC32C of those 16 bytes (4)
 */
#ifndef BLOCK_INDEX_HEADER_H
#define BLOCK_INDEX_HEADER_H

#include "tsdb/index_postings.h"
#include "tsdb/index_symbols.h"
#include "tsdb/index_toc.h"

/* What is known of an index without reading its series and postings. Threads: never changes. */
struct index_header {
	struct byte_source *src; /* owned */
	struct index_toc toc;
	uint64_t index_bytes; /* the size of the index */
	struct index_symbols *symbols;
	struct index_postings *postings;
};

/* The bytes of such a file, made from the index. */
bool index_header_copy(struct byte_source *index, struct ctx *ctx, struct byte_sink *sink,
		       struct err *err);
/* The file, all or nothing. Folders are made. */
bool index_header_write(struct byte_source *index, struct ctx *ctx, const char *path,
			struct err *err);

/* ERR_NOT_FOUND, or ERR_CORRUPT when it is to be made anew. The file stays open, so that it may be
 * removed meanwhile. `name` begins error messages; `keep_every` as in index_postings_open(). */
struct index_header *index_header_open(const char *path, const char *name, unsigned keep_every,
				       struct ctx *ctx, struct err *err);
/* From the bytes of such a file; takes the source, also on failure. */
struct index_header *index_header_of_copy(struct byte_source *src, unsigned keep_every,
					  struct ctx *ctx, struct err *err);
void index_header_close(struct index_header *h); /* NULL is fine */
CLEANUP_DEFINE(struct index_header, index_header_close)

/* What it holds in memory, the copy of the index included where that is in memory. */
size_t index_header_memory_bytes(const struct index_header *h);

#endif
