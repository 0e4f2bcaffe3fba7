#include "base/file_writer.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 1 << 20 };

bool fd_write_all(int fd, const void *p, size_t n)
{
	const char *from = p;

	while (n > 0) {
		ssize_t done = write(fd, from, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		from += done;
		n -= (size_t)done;
	}
	return true;
}

static bool sink_write(struct byte_sink *sink, const void *p, size_t n, struct err *err)
{
	return file_writer_put((struct file_writer *)sink, p, n, err);
}

struct file_writer *file_writer_open(const char *path, unsigned mode, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	if (fd < 0) {
		err_set_errno(err, errno, "create %s", path);
		return NULL;
	}

	struct file_writer *f = NEW(struct file_writer);
	*f = (struct file_writer){
	    .sink.write = sink_write,
	    .fd = fd,
	    .path = xstrdup(path),
	    .piece = xmalloc(PIECE_BYTES),
	};
	return f;
}

void file_writer_close(struct file_writer *f)
{
	if (!f)
		return;
	close(f->fd);
	free(f->path);
	free(f->piece);
	free(f);
}

bool file_writer_flush(struct file_writer *f, struct err *err)
{
	if (!fd_write_all(f->fd, f->piece, f->n))
		return err_set_errno(err, errno, "write %s", f->path);
	f->n = 0;
	return true;
}

bool file_writer_put(struct file_writer *f, const void *p, size_t n, struct err *err)
{
	if (n > PIECE_BYTES - f->n && !file_writer_flush(f, err))
		return false;
	f->at += n;
	if (n > PIECE_BYTES)
		return fd_write_all(f->fd, p, n) || err_set_errno(err, errno, "write %s", f->path);
	if (n)
		memcpy(f->piece + f->n, p, n);
	f->n += n;
	return true;
}

bool file_writer_align(struct file_writer *f, size_t alignment, struct err *err)
{
	static const char zeros[64];

	return file_writer_put(f, zeros, (size_t)(-f->at % alignment), err);
}

bool file_writer_patch(struct file_writer *f, uint64_t at, const void *p, size_t n, struct err *err)
{
	if (!file_writer_flush(f, err))
		return false;
	if (pwrite(f->fd, p, n, (off_t)at) != (ssize_t)n)
		return err_set_errno(err, errno, "write %s", f->path);
	return true;
}

bool file_writer_sync(struct file_writer *f, struct err *err)
{
	if (!file_writer_flush(f, err))
		return false;
	return fsync(f->fd) == 0 || err_set_errno(err, errno, "sync %s", f->path);
}
