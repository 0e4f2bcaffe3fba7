#include "tsdb/byte_source.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct memory_source {
	struct byte_source base; /* first, so that the two pointers convert */
	char *name;
	struct buf owned; /* may be empty */
};

static bool memory_read(struct byte_source *src, struct ctx *ctx, uint64_t offset, void *to,
			size_t n, struct err *err)
{
	(void)ctx;
	(void)err;
	if (n)
		memcpy(to, src->memory + offset, n);
	return true;
}

static void memory_close(struct byte_source *src)
{
	struct memory_source *m = (struct memory_source *)src;
	buf_done(&m->owned);
	free(m->name);
	free(m);
}

static const struct byte_source_ops memory_ops = {.read = memory_read, .close = memory_close};

struct byte_source *byte_source_of_memory(const char *name, const void *p, size_t n)
{
	struct memory_source *m = NEW(struct memory_source);

	m->name = xstrdup(name);
	m->base = (struct byte_source){
	    .ops = &memory_ops,
	    .name = m->name,
	    .size_bytes = n,
	    .memory = p ? p : (const uint8_t *)"",
	};
	return &m->base;
}

struct byte_source *byte_source_of_buf(const char *name, struct buf *bytes)
{
	struct byte_source *src = byte_source_of_memory(name, bytes->p, bytes->n);

	((struct memory_source *)src)->owned = *bytes;
	buf_init(bytes, bytes->max, bytes->tracker);
	return src;
}

struct file_source {
	struct byte_source base; /* first, so that the two pointers convert */
	char *name;
	int fd;
};

static bool file_read(struct byte_source *src, struct ctx *ctx, uint64_t offset, void *to, size_t n,
		      struct err *err)
{
	struct file_source *f = (struct file_source *)src;
	size_t done = 0;
	(void)ctx;

	while (done < n) {
		ssize_t got = pread(f->fd, (char *)to + done, n - done, (off_t)(offset + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set_errno(err, errno, "%s: reading %zu bytes at %lu", src->name,
					     n, offset);
		if (got == 0)
			return err_set(err, ERR_CORRUPT,
				       "%s: ends at byte %lu, it had %lu when it was opened",
				       src->name, offset + done, src->size_bytes);
		done += (size_t)got;
	}
	return true;
}

static void file_close(struct byte_source *src)
{
	struct file_source *f = (struct file_source *)src;
	close(f->fd);
	free(f->name);
	free(f);
}

static const struct byte_source_ops file_ops = {.read = file_read, .close = file_close};

struct byte_source *byte_source_open_file(const char *path, const char *name, struct err *err)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		err_set_errno(err, errno, "opening %s", path);
		return NULL;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		err_set(err, ERR_INTERNAL, "opening %s: not a regular file", path);
		close(fd);
		return NULL;
	}
	struct file_source *f = NEW(struct file_source);
	f->name = xstrdup(name);
	f->fd = fd;
	f->base = (struct byte_source){
	    .ops = &file_ops,
	    .name = f->name,
	    .size_bytes = (uint64_t)st.st_size,
	};
	return &f->base;
}

void byte_source_close(struct byte_source *src)
{
	if (src)
		src->ops->close(src);
}

static bool is_inside(const struct byte_source *src, uint64_t offset, size_t n, struct err *err)
{
	if (offset <= src->size_bytes && n <= src->size_bytes - offset)
		return true;
	return err_set(err, ERR_CORRUPT, "%s: %zu bytes at %lu are wanted, it has %lu", src->name,
		       n, offset, src->size_bytes);
}

bool byte_source_read(struct byte_source *src, struct ctx *ctx, uint64_t offset, void *to, size_t n,
		      struct err *err)
{
	return is_inside(src, offset, n, err) && src->ops->read(src, ctx, offset, to, n, err);
}

const uint8_t *byte_source_view(struct byte_source *src, struct ctx *ctx, uint64_t offset, size_t n,
				struct arena *a, struct err *err)
{
	if (!is_inside(src, offset, n, err))
		return NULL;
	if (src->memory)
		return src->memory + offset;
	uint8_t *to = arena_alloc(a, n);
	return src->ops->read(src, ctx, offset, to, n, err) ? to : NULL;
}

static bool copy_pieces(struct byte_source *src, struct ctx *ctx, uint64_t from, uint64_t to,
			struct byte_sink *sink, struct err *err)
{
	enum { PIECE_BYTES = 1 << 20 };
	char *piece auto_free(mem_free) = xmalloc(PIECE_BYTES);

	for (uint64_t at = from; at < to;) {
		size_t n = to - at < PIECE_BYTES ? (size_t)(to - at) : PIECE_BYTES;
		if (!byte_source_read(src, ctx, at, piece, n, err) ||
		    !byte_sink_write(sink, piece, n, err))
			return false;
		at += n;
	}
	return true;
}

bool byte_source_copy(struct byte_source *src, struct ctx *ctx, uint64_t from, uint64_t to,
		      struct byte_sink *sink, struct err *err)
{
	if (from >= to)
		return true;
	if (!src->ops->copy)
		return copy_pieces(src, ctx, from, to, sink, err);
	return is_inside(src, from, to - from, err) &&
	       src->ops->copy(src, ctx, from, to, sink, err);
}
