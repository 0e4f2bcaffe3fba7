/* bucket.h - an object store: named objects, written whole, listed by prefix.
 *
 * Names use '/' and never start with one. Every write is all or nothing: an object becomes visible
 * by commit, complete, or not at all. Wrappers (prefixed, metered, retrying, faulty) are buckets
 * too.
 *
 * Threads: all operations may be called from any thread; one writer belongs to one thread.
 */
#ifndef MODEL_BUCKET_H
#define MODEL_BUCKET_H

#include "base/buf.h"
#include "base/byte_sink.h"
#include "base/cleanup.h"
#include "base/ctx.h"

struct bucket;
struct bucket_writer;

struct object_attrs {
	int64_t size_bytes;
	int64_t modified_ms; /* wall time of the store */
};

/* One entry of a listing, borrowed during the callback. Directories end with '/'. */
struct bucket_entry {
	struct str name; /* full, from the bucket's root */
	bool has_attrs;
	struct object_attrs attrs;
};

/* False stops the listing, with *err set by the callback. */
typedef bool bucket_list_fn(const struct bucket_entry *entry, void *arg, struct err *err);

enum bucket_list_mode {
	LIST_DIRECTORY, /* one level: objects, and directories ending with '/' */
	LIST_RECURSIVE, /* all objects below the prefix */
};

enum bucket_put_mode {
	PUT_REPLACE,
	PUT_IF_ABSENT, /* commit fails with ERR_EXISTS when the object is there */
};

#define BUCKET_TO_END INT64_MAX

struct bucket_ops {
	/* `prefix` is a directory: "" for the root, else with or without its trailing '/'. The
	 * order is the store's. Nothing there: an empty listing. */
	bool (*list)(struct bucket *b, struct ctx *ctx, struct str prefix,
		     enum bucket_list_mode mode, bucket_list_fn *fn, void *arg, struct err *err);
	/* Bytes [offset, offset + length), cut at the object's end. ERR_NOT_FOUND when absent. */
	bool (*get)(struct bucket *b, struct ctx *ctx, struct str name, int64_t offset,
		    int64_t length, struct byte_sink *sink, struct err *err);
	bool (*attrs)(struct bucket *b, struct ctx *ctx, struct str name, struct object_attrs *out,
		      struct err *err);
	struct bucket_writer *(*put)(struct bucket *b, struct ctx *ctx, struct str name,
				     enum bucket_put_mode mode, struct err *err);
	/* May be NULL: attrs() is asked then. A wrapper that counts has it, to tell the two apart.
	 */
	bool (*exists)(struct bucket *b, struct ctx *ctx, struct str name, bool *out,
		       struct err *err);
	/* When absent: ERR_NOT_FOUND, or success where the store does not tell. */
	bool (*remove)(struct bucket *b, struct ctx *ctx, struct str name, struct err *err);
	/* "filesystem: /var/lib/blocks": what error messages and metrics call it. */
	const char *(*name)(struct bucket *b);
	void (*close)(struct bucket *b);
};

struct bucket {
	const struct bucket_ops *ops;
};

struct bucket_writer_ops {
	bool (*write)(struct bucket_writer *w, const void *p, size_t n, struct err *err);
	/* Both end the writer. After a failed commit nothing is visible (or, where the store's
	 * answer was lost, the complete object). */
	bool (*commit)(struct bucket_writer *w, struct err *err);
	void (*abort)(struct bucket_writer *w);
};

struct bucket_writer {
	const struct bucket_writer_ops *ops;
};

bool bucket_list(struct bucket *b, struct ctx *ctx, struct str prefix, enum bucket_list_mode mode,
		 bucket_list_fn *fn, void *arg, struct err *err);
bool bucket_get(struct bucket *b, struct ctx *ctx, struct str name, int64_t offset, int64_t length,
		struct byte_sink *sink, struct err *err);
bool bucket_attrs(struct bucket *b, struct ctx *ctx, struct str name, struct object_attrs *out,
		  struct err *err);
struct bucket_writer *bucket_put(struct bucket *b, struct ctx *ctx, struct str name,
				 enum bucket_put_mode mode, struct err *err);
bool bucket_remove(struct bucket *b, struct ctx *ctx, struct str name, struct err *err);
const char *bucket_name(struct bucket *b);
void bucket_close(struct bucket *b); /* NULL is fine */
CLEANUP_DEFINE(struct bucket, bucket_close)

bool bucket_writer_write(struct bucket_writer *w, const void *p, size_t n, struct err *err);
bool bucket_writer_commit(struct bucket_writer *w, struct err *err);
void bucket_writer_abort(struct bucket_writer *w); /* NULL is fine */

/* Conveniences over the above. */
bool bucket_exists(struct bucket *b, struct ctx *ctx, struct str name, bool *out, struct err *err);
/* Appended to *out, whose maximum is the limit (ERR_LIMIT beyond it). */
bool bucket_get_bytes(struct bucket *b, struct ctx *ctx, struct str name, int64_t offset,
		      int64_t length, struct buf *out, struct err *err);
/* `path` appears when complete, with the mode 0640, and is left alone on failure. */
bool bucket_get_file(struct bucket *b, struct ctx *ctx, struct str name, const char *path,
		     struct err *err);
bool bucket_put_bytes(struct bucket *b, struct ctx *ctx, struct str name, struct str bytes,
		      enum bucket_put_mode mode, struct err *err);
bool bucket_put_file(struct bucket *b, struct ctx *ctx, struct str name, const char *path,
		     struct err *err);

#endif
