#include "model/bucket.h"

#include "base/alloc.h"
#include "base/file_writer.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { COPY_BYTES = 256 * 1024 }; /* of a file held in memory at once */

bool bucket_list(struct bucket *b, struct ctx *ctx, struct str prefix, enum bucket_list_mode mode,
		 bucket_list_fn *fn, void *arg, struct err *err)
{
	return b->ops->list(b, ctx, prefix, mode, fn, arg, err);
}

bool bucket_get(struct bucket *b, struct ctx *ctx, struct str name, int64_t offset, int64_t length,
		struct byte_sink *sink, struct err *err)
{
	return b->ops->get(b, ctx, name, offset, length, sink, err);
}

bool bucket_attrs(struct bucket *b, struct ctx *ctx, struct str name, struct object_attrs *out,
		  struct err *err)
{
	return b->ops->attrs(b, ctx, name, out, err);
}

struct bucket_writer *bucket_put(struct bucket *b, struct ctx *ctx, struct str name,
				 enum bucket_put_mode mode, struct err *err)
{
	return b->ops->put(b, ctx, name, mode, err);
}

bool bucket_remove(struct bucket *b, struct ctx *ctx, struct str name, struct err *err)
{
	return b->ops->remove(b, ctx, name, err);
}

const char *bucket_name(struct bucket *b)
{
	return b->ops->name(b);
}

void bucket_close(struct bucket *b)
{
	if (b)
		b->ops->close(b);
}

bool bucket_writer_write(struct bucket_writer *w, const void *p, size_t n, struct err *err)
{
	return w->ops->write(w, p, n, err);
}

bool bucket_writer_commit(struct bucket_writer *w, struct err *err)
{
	return w->ops->commit(w, err);
}

void bucket_writer_abort(struct bucket_writer *w)
{
	if (w)
		w->ops->abort(w);
}

bool bucket_exists(struct bucket *b, struct ctx *ctx, struct str name, bool *out, struct err *err)
{
	struct err why = ERR_INIT;
	struct object_attrs attrs;

	if (b->ops->exists)
		return b->ops->exists(b, ctx, name, out, err);
	if (bucket_attrs(b, ctx, name, &attrs, &why)) {
		*out = true;
		return true;
	}
	if (why.code == ERR_NOT_FOUND) {
		*out = false;
		return true;
	}
	*err = why;
	return false;
}

struct buf_sink {
	struct byte_sink base; /* first, so that the two pointers convert */
	struct buf *out;
	struct str name; /* of the object, for the error */
};

static bool buf_sink_write(struct byte_sink *base, const void *p, size_t n, struct err *err)
{
	struct buf_sink *sink = (struct buf_sink *)base;

	if (buf_append(sink->out, p, n))
		return true;
	return err_set(err, ERR_LIMIT, "object %.*s: more than the %zu bytes allowed",
		       STR_FMT(sink->name), sink->out->max);
}

bool bucket_get_bytes(struct bucket *b, struct ctx *ctx, struct str name, int64_t offset,
		      int64_t length, struct buf *out, struct err *err)
{
	struct buf_sink sink = {.base.write = buf_sink_write, .out = out, .name = name};

	return bucket_get(b, ctx, name, offset, length, &sink.base, err);
}

bool bucket_get_file(struct bucket *b, struct ctx *ctx, struct str name, const char *path,
		     struct err *err)
{
	char *partial auto_free(mem_free) = xasprintf("%s.tmp", path);
	struct file_writer *f auto_free(file_writer_close) = file_writer_open(partial, 0640, err);
	if (!f)
		return false;

	bool ok = bucket_get(b, ctx, name, 0, BUCKET_TO_END, &f->sink, err) &&
		  file_writer_flush(f, err) && fs_rename(partial, path, err);
	if (!ok)
		unlink(partial);
	return ok;
}

/* Commit when everything was written, else abort. */
static bool end_write(struct bucket_writer *w, bool written, struct err *err)
{
	if (written)
		return bucket_writer_commit(w, err);
	bucket_writer_abort(w);
	return false;
}

bool bucket_put_bytes(struct bucket *b, struct ctx *ctx, struct str name, struct str bytes,
		      enum bucket_put_mode mode, struct err *err)
{
	struct bucket_writer *w = bucket_put(b, ctx, name, mode, err);
	if (!w)
		return false;
	return end_write(w, bucket_writer_write(w, bytes.p, bytes.n, err), err);
}

static bool copy_to_writer(int fd, const char *path, struct bucket_writer *w, struct err *err)
{
	char *piece auto_free(mem_free) = xmalloc(COPY_BYTES);

	for (;;) {
		ssize_t n = read(fd, piece, COPY_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, errno, "read %s", path);
		if (n == 0)
			return true;
		if (!bucket_writer_write(w, piece, (size_t)n, err))
			return false;
	}
}

bool bucket_put_file(struct bucket *b, struct ctx *ctx, struct str name, const char *path,
		     struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(err, errno, "open %s", path);

	struct bucket_writer *w = bucket_put(b, ctx, name, PUT_REPLACE, err);
	bool ok = w && end_write(w, copy_to_writer(fd, path, w, err), err);
	close(fd);
	return ok;
}
