/* part_writer.h - the bucket_writer of stores that take a large object in parts: buffers one part
 * at a time, and leaves it to the store how a part is sent.
 *
 * When the object is there already, or the upload is gone, and an answer had been lost before, then
 * that may be our own work: the object is read, and is ours when it has the bytes that were
 * written.
 */
#ifndef OBJSTORE_PART_WRITER_H
#define OBJSTORE_PART_WRITER_H

#include "model/bucket.h"

struct part_upload; /* a store's own */

struct part_upload_ops {
	/* The object in one request: it fitted into a part. */
	bool (*put_whole)(struct part_upload *u, struct str bytes, struct err *err);
	/* A full part, with more to come. Consumes from the front what the store has taken: all of
	 * it, unless the store says otherwise. */
	bool (*send)(struct part_upload *u, struct buf *part, struct err *err);
	/* The last part, at least a byte, and then the object is there. */
	bool (*complete)(struct part_upload *u, struct buf *part, struct err *err);
	/* Parts were sent, and there will be no object. May be NULL: they go by themselves. */
	void (*abandon)(struct part_upload *u);
	void (*free)(struct part_upload *u);
};

struct part_upload {
	const struct part_upload_ops *ops;
	struct str name; /* of the object */
	enum bucket_put_mode mode;
	/* Set by put_whole() and complete(): the object may be there although they fail. */
	bool is_doubtful;
};

/* Takes `u`; the others outlive the writer. */
struct bucket_writer *part_writer_new(struct part_upload *u, struct bucket *bucket, struct ctx *ctx,
				      size_t part_bytes);

#endif
