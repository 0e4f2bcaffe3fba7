/* head_chunks.h - full chunks of the head, moved to the disk: `chunks_head/` of a data directory.
 *
 * The files only save memory and the time of a replay: all samples in them are in the log as well,
 * so that nothing here is synced, and a file that is broken is thrown away with those behind it.
 *
 * Format: Prometheus' (tsdb/docs/format/head_chunks.md). Files are named by six digits; after a
 * header of 8 bytes come chunks:
 *
 *	series (8), first time (8), last time (8), encoding (1), length (uvarint), bytes, CRC32C (4)
 *
 * big-endian; zeros after the last one are its end.
 *
 * Threads: all functions but open, walk and close may be called from any thread.
 */
#ifndef HEAD_HEAD_CHUNKS_H
#define HEAD_HEAD_CHUNKS_H

#include "base/arena.h"
#include "base/err.h"
#include "codec/chunk.h"

enum { HEAD_CHUNKS_FILE_BYTES = 128 << 20 };

/* File number and offset. Ascends with the order of writing. 0 is none. */
typedef uint64_t head_chunk_ref;

struct head_chunk {
	uint64_t series_ref;
	int64_t min_t_ms;
	int64_t max_t_ms;
	bool is_out_of_order; /* its series has samples behind it that were there before */
	struct chunk_data data;
};

struct head_chunks;

/* The folder is made. `file_bytes` 0: HEAD_CHUNKS_FILE_BYTES. Writing begins in a new file. */
struct head_chunks *head_chunks_open(const char *dir, uint64_t file_bytes, struct err *err);
void head_chunks_close(struct head_chunks *h); /* NULL is fine */
CLEANUP_DEFINE(struct head_chunks, head_chunks_close)

/* Called with each chunk; its bytes are borrowed during the call. False ends the walk, with *err
 * set. */
typedef bool head_chunk_fn(head_chunk_ref ref, const struct head_chunk *c, void *arg,
			   struct err *err);

/* All chunks there are, in the order of writing, once, after opening. A file that is broken is
 * removed with those behind it: *lost says how many, and *why what was wrong with the first. */
bool head_chunks_walk(struct head_chunks *h, head_chunk_fn *fn, void *arg, size_t *lost,
		      struct err *why, struct err *err);

/* 0 on failure. What was written can be read at once. */
head_chunk_ref head_chunks_write(struct head_chunks *h, const struct head_chunk *c,
				 struct err *err);

/* Its bytes in memory of `a`. ERR_NOT_FOUND when its file was removed, ERR_CORRUPT. */
bool head_chunks_read(struct head_chunks *h, head_chunk_ref ref, struct arena *a,
		      struct head_chunk *out, struct err *err);

/* The chunks written from now on are in other files than those before. */
bool head_chunks_cut(struct head_chunks *h, struct err *err);
/* Removes the files whose chunks all lie before `min_t_ms` and before those of any file that stays.
 */
bool head_chunks_truncate(struct head_chunks *h, int64_t min_t_ms, struct err *err);

#endif
