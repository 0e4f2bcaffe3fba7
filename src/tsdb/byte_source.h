/* byte_source.h - bytes of known length, read anywhere: memory, a file, an object in a bucket.
 *
 * What reads blocks reads them through this, so that the same code serves local blocks, the bucket
 * and tests.
 *
 * Threads: a source may be read from any number of threads at once.
 */
#ifndef TSDB_BYTE_SOURCE_H
#define TSDB_BYTE_SOURCE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/byte_sink.h"
#include "base/cleanup.h"
#include "base/ctx.h"

struct byte_source;

struct byte_source_ops {
	/* Exactly the n bytes from `offset` on; they lie within the source. */
	bool (*read)(struct byte_source *src, struct ctx *ctx, uint64_t offset, void *to, size_t n,
		     struct err *err);
	void (*close)(struct byte_source *src);
	/* All of [from, to), which lies within the source; NULL: by read(), piece by piece. */
	bool (*copy)(struct byte_source *src, struct ctx *ctx, uint64_t from, uint64_t to,
		     struct byte_sink *sink, struct err *err);
};

struct byte_source {
	const struct byte_source_ops *ops;
	const char
	    *name; /* "index", "chunks/000001": begins its error messages; the source's own */
	uint64_t size_bytes;
	const uint8_t *memory; /* all of its bytes where they are in memory, else NULL */
};

/* `p` is borrowed until the source is closed, `name` is copied. */
struct byte_source *byte_source_of_memory(const char *name, const void *p, size_t n);
/* The same; takes the contents of `bytes`, which is empty afterwards. */
struct byte_source *byte_source_of_buf(const char *name, struct buf *bytes);
/* Read by pread(). A file that shrinks later gives ERR_CORRUPT. */
struct byte_source *byte_source_open_file(const char *path, const char *name, struct err *err);
void byte_source_close(struct byte_source *src); /* NULL is fine */
CLEANUP_DEFINE(struct byte_source, byte_source_close)

/* ERR_CORRUPT when the range is not within the source: offsets come from stored bytes. `ctx` may be
 * NULL. */
bool byte_source_read(struct byte_source *src, struct ctx *ctx, uint64_t offset, void *to, size_t n,
		      struct err *err);
/* The same without a copy where the source is in memory, else read into `a`; NULL on failure. */
const uint8_t *byte_source_view(struct byte_source *src, struct ctx *ctx, uint64_t offset, size_t n,
				struct arena *a, struct err *err);
/* Bytes [from, to), in pieces of any size. */
bool byte_source_copy(struct byte_source *src, struct ctx *ctx, uint64_t from, uint64_t to,
		      struct byte_sink *sink, struct err *err);

#endif
