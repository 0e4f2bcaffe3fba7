#include "head/head_chunks.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/vec.h"
#include "codec/byte_cursor.h"
#include "codec/byte_put.h"
#include "codec/crc32c.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define MAGIC UINT32_C(0x0130bc91)

enum {
	VERSION = 1,
	HEADER_BYTES = 8,
	CHUNK_HEAD_BYTES = 8 + 8 + 8 + 1,
	CRC_BYTES = 4,
	OUT_OF_ORDER = 0x80, /* in the byte of the encoding */
	CHUNK_MAX_BYTES = 1 << 20,
	PENDING_BYTES = 64 << 10,
	READ_BYTES = 512, /* most chunks are shorter */
	WALK_BYTES = 1 << 20,
};

struct chunk_file {
	uint32_t number;
	int fd;
	char *path;
	int64_t max_t_ms; /* of its chunks; INT64_MIN without any */
	_Atomic size_t n_refs;
};

struct head_chunks {
	char *dir;
	uint64_t file_bytes;
	struct mutex mu;
	/* Guarded by mu. */
	VEC(struct chunk_file *) files; /* ascending by number; the last one is written to */
	bool is_writing;                /* the last file was begun by this process */
	uint64_t written;               /* bytes of the last file that are in it */
	struct buf pending;             /* those that follow */
};

/* --- files ------------------------------------------------------------------------------------ */

static struct chunk_file *file_new(const char *dir, uint32_t number, int flags, struct err *err)
{
	char *path = xasprintf("%s/%06" PRIu32, dir, number);
	int fd = open(path, flags | O_CLOEXEC, 0666);

	if (fd < 0) {
		err_set_errno(err, errno, "open %s", path);
		free(path);
		return NULL;
	}
	struct chunk_file *f = NEW(struct chunk_file);
	*f = (struct chunk_file){
	    .number = number, .fd = fd, .path = path, .max_t_ms = INT64_MIN, .n_refs = 1};
	return f;
}

static void file_unref(struct chunk_file *f)
{
	if (!f || --f->n_refs > 0)
		return;
	close(f->fd);
	free(f->path);
	free(f);
}
CLEANUP_DEFINE(struct chunk_file, file_unref)

static bool read_file(const struct chunk_file *f, uint64_t at, char *to, size_t n, size_t *got,
		      struct err *err)
{
	*got = 0;
	while (*got < n) {
		ssize_t more = pread(f->fd, to + *got, n - *got, (off_t)(at + *got));
		if (more < 0 && errno == EINTR)
			continue;
		if (more < 0)
			return err_set_errno(err, errno, "read %s", f->path);
		if (more == 0)
			break;
		*got += (size_t)more;
	}
	return true;
}

static bool open_files(struct head_chunks *h, struct err *err)
{
	struct fs_names names auto_done(fs_names_done) = {0};

	if (!fs_list(h->dir, &names, err))
		return false;
	for (size_t i = 0; i < names.n; i++) {
		char *end;
		unsigned long number = strtoul(names.v[i], &end, 10);
		if (*end || end == names.v[i] || number == 0 || number >= UINT32_MAX)
			continue;
		struct chunk_file *f = file_new(h->dir, (uint32_t)number, O_RDONLY, err);
		if (!f)
			return false;
		vec_push(&h->files, f);
	}
	return true;
}

struct head_chunks *head_chunks_open(const char *dir, uint64_t file_bytes, struct err *err)
{
	struct head_chunks *h = NEW(struct head_chunks);

	h->dir = xstrdup(dir);
	h->file_bytes = file_bytes ? file_bytes : HEAD_CHUNKS_FILE_BYTES;
	mutex_init(&h->mu, RANK_LEAF);
	buf_init(&h->pending, PENDING_BYTES + CHUNK_MAX_BYTES + 64, NULL);
	if (fs_mkdirs(dir, err) && open_files(h, err))
		return h;
	head_chunks_close(h);
	return NULL;
}

/* With mu held. */
static bool flush(struct head_chunks *h, struct err *err)
{
	const struct chunk_file *f = vec_last(&h->files);

	while (h->pending.n > 0) {
		ssize_t n = pwrite(f->fd, h->pending.p, h->pending.n, (off_t)h->written);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, errno, "write %s", f->path);
		h->written += (uint64_t)n;
		buf_consume(&h->pending, (size_t)n);
	}
	return true;
}

void head_chunks_close(struct head_chunks *h)
{
	struct err ignored = ERR_INIT;

	if (!h)
		return;
	if (h->is_writing)
		flush(h, &ignored); /* the log has it all */
	for (size_t i = 0; i < h->files.n; i++)
		file_unref(h->files.v[i]);
	vec_done(&h->files);
	buf_done(&h->pending);
	mutex_done(&h->mu);
	free(h->dir);
	free(h);
}

/* --- one chunk -------------------------------------------------------------------------------- */

enum parsed { PARSED_CHUNK, PARSED_END, PARSED_SHORT, PARSED_BROKEN };

/* The chunk that begins at `p`; *size is what it takes, or how many bytes are needed to tell. */
static enum parsed parse_chunk(const char *p, size_t n, struct head_chunk *out, size_t *size,
			       struct err *err)
{
	struct byte_cursor c = byte_cursor_of(p, n);

	*size = CHUNK_HEAD_BYTES + VARINT_MAX_BYTES;
	out->series_ref = byte_cursor_be64(&c);
	out->min_t_ms = (int64_t)byte_cursor_be64(&c);
	out->max_t_ms = (int64_t)byte_cursor_be64(&c);
	if (c.failed)
		return PARSED_SHORT;
	if (out->series_ref == 0 && out->min_t_ms == 0 && out->max_t_ms == 0)
		return PARSED_END;
	uint8_t encoding = byte_cursor_u8(&c);
	uint64_t length = byte_cursor_uvarint(&c);
	if (c.failed)
		return PARSED_SHORT;
	if (length > CHUNK_MAX_BYTES || length < 2) {
		err_set(err, ERR_CORRUPT, "a chunk of %" PRIu64 " bytes", length);
		return PARSED_BROKEN;
	}
	*size = byte_cursor_offset(&c) + length + CRC_BYTES;
	struct str data = byte_cursor_bytes(&c, length);
	size_t checked = byte_cursor_offset(&c);
	uint32_t want = byte_cursor_be32(&c);
	if (c.failed)
		return PARSED_SHORT;
	uint32_t got = crc32c(0, p, checked);
	if (got != want) {
		err_set(err, ERR_CORRUPT, "checksum 0x%08x, want 0x%08x", got, want);
		return PARSED_BROKEN;
	}
	out->is_out_of_order = encoding & OUT_OF_ORDER;
	out->data = (struct chunk_data){.data = (const uint8_t *)data.p,
					.size_bytes = (uint32_t)data.n,
					.encoding = encoding & ~OUT_OF_ORDER};
	return PARSED_CHUNK;
}

static void put_chunk(struct buf *out, const struct head_chunk *c)
{
	size_t start = out->n;

	put_be64(out, c->series_ref);
	put_be64(out, (uint64_t)c->min_t_ms);
	put_be64(out, (uint64_t)c->max_t_ms);
	put_u8(out, (uint8_t)(c->data.encoding | (c->is_out_of_order ? OUT_OF_ORDER : 0)));
	put_uvarint(out, c->data.size_bytes);
	buf_append(out, c->data.data, c->data.size_bytes);
	put_be32(out, crc32c(0, out->p + start, out->n - start));
}

/* --- walking ---------------------------------------------------------------------------------- */

struct walk {
	struct chunk_file *file;
	struct buf window; /* bytes of the file from `at` on */
	uint64_t at;
};

static void walk_done(struct walk *w)
{
	buf_done(&w->window);
}

/* The window has `n` bytes, or all that are left. */
static bool fill_window(struct walk *w, size_t n, struct err *err)
{
	size_t got;

	if (w->window.n >= n)
		return true;
	n = n > WALK_BYTES ? n : WALK_BYTES;
	char *to = buf_reserve(&w->window, n - w->window.n);
	if (!read_file(w->file, w->at + w->window.n, to, n - w->window.n, &got, err))
		return false;
	buf_grown(&w->window, got);
	return true;
}

static void advance(struct walk *w, size_t n)
{
	buf_consume(&w->window, n);
	w->at += n;
}

static bool check_header(struct walk *w, struct err *err)
{
	if (!fill_window(w, HEADER_BYTES, err))
		return false;
	if (w->window.n < HEADER_BYTES)
		return err_set(err, ERR_CORRUPT, "%zu bytes are too few for a header", w->window.n);
	if (load_be32(w->window.p) != MAGIC || w->window.p[4] != VERSION)
		return err_set(err, ERR_CORRUPT, "magic 0x%08x and version %d, want 0x%08x and %d",
			       load_be32(w->window.p), w->window.p[4], MAGIC, VERSION);
	advance(w, HEADER_BYTES);
	return true;
}

static bool is_zero(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != 0)
			return false;
	return true;
}

static enum parsed next_chunk(struct walk *w, struct head_chunk *c, size_t *size, struct err *err)
{
	if (!fill_window(w, CHUNK_HEAD_BYTES + VARINT_MAX_BYTES, err))
		return PARSED_BROKEN;
	enum parsed parsed = parse_chunk(w->window.p, w->window.n, c, size, err);
	if (parsed != PARSED_SHORT)
		return parsed;
	if (!fill_window(w, *size, err))
		return PARSED_BROKEN;
	parsed = parse_chunk(w->window.p, w->window.n, c, size, err);
	if (parsed != PARSED_SHORT)
		return parsed;
	if (is_zero(buf_str(&w->window)))
		return PARSED_END;
	err_set(err, ERR_CORRUPT, "the chunk at byte %" PRIu64 " breaks off", w->at);
	return PARSED_BROKEN;
}

/* ERR_CORRUPT is about the file; other failures are the callback's, or of the disk. */
static bool walk_file(struct chunk_file *f, head_chunk_fn *fn, void *arg, struct err *err)
{
	struct walk w auto_done(walk_done) = {.file = f};
	struct head_chunk c;
	enum parsed parsed;
	size_t size;

	buf_init(&w.window, CHUNK_MAX_BYTES + WALK_BYTES, NULL);
	if (!check_header(&w, err))
		return false;
	while ((parsed = next_chunk(&w, &c, &size, err)) == PARSED_CHUNK) {
		if (!fn((uint64_t)f->number << 32 | w.at, &c, arg, err))
			return false;
		if (c.max_t_ms > f->max_t_ms)
			f->max_t_ms = c.max_t_ms;
		advance(&w, size);
	}
	return parsed == PARSED_END;
}

static bool remove_from(struct head_chunks *h, size_t first, struct err *err)
{
	while (h->files.n > first) {
		if (!fs_remove(vec_last(&h->files)->path, err))
			return false;
		file_unref(vec_pop(&h->files));
	}
	return true;
}

bool head_chunks_walk(struct head_chunks *h, head_chunk_fn *fn, void *arg, size_t *lost,
		      struct err *why, struct err *err)
{
	*lost = 0;
	for (size_t i = 0; i < h->files.n; i++) {
		struct chunk_file *f = h->files.v[i];
		bool has_gap = i > 0 && f->number != h->files.v[i - 1]->number + 1;
		struct err found = ERR_INIT;
		if (has_gap)
			err_set(&found, ERR_CORRUPT, "it does not follow %s",
				h->files.v[i - 1]->path);
		else if (walk_file(f, fn, arg, &found))
			continue;
		err_wrap(&found, "chunks of the head %s", f->path);
		if (found.code != ERR_CORRUPT) {
			*err = found;
			return false;
		}
		*why = found;
		*lost = h->files.n - i;
		return remove_from(h, i, err);
	}
	return true;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* With mu held. */
static bool begin_file(struct head_chunks *h, struct err *err)
{
	uint32_t number = h->files.n ? vec_last(&h->files)->number + 1 : 1;

	if (h->is_writing && !flush(h, err))
		return false;
	struct chunk_file *f = file_new(h->dir, number, O_RDWR | O_CREAT | O_TRUNC, err);
	if (!f)
		return false;
	vec_push(&h->files, f);
	h->is_writing = true;
	h->written = 0;
	put_be32(&h->pending, MAGIC);
	buf_append(&h->pending, "\x01\0\0\0", HEADER_BYTES - 4);
	return true;
}

head_chunk_ref head_chunks_write(struct head_chunks *h, const struct head_chunk *c, struct err *err)
{
	MUTEX_HOLD(&h->mu);
	uint64_t size = CHUNK_HEAD_BYTES + VARINT_MAX_BYTES + c->data.size_bytes + CRC_BYTES;

	if (c->data.size_bytes > CHUNK_MAX_BYTES) {
		err_set(err, ERR_LIMIT, "a chunk of %u bytes is over the limit of %d",
			c->data.size_bytes, CHUNK_MAX_BYTES);
		return 0;
	}
	if (!h->is_writing || h->written + h->pending.n + size > h->file_bytes)
		if (!begin_file(h, err))
			return 0;
	if (h->pending.n > PENDING_BYTES && !flush(h, err))
		return 0;
	struct chunk_file *f = vec_last(&h->files);
	uint64_t at = h->written + h->pending.n;
	put_chunk(&h->pending, c);
	if (c->max_t_ms > f->max_t_ms)
		f->max_t_ms = c->max_t_ms;
	return (uint64_t)f->number << 32 | at;
}

bool head_chunks_cut(struct head_chunks *h, struct err *err)
{
	MUTEX_HOLD(&h->mu);

	return !h->is_writing || begin_file(h, err);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* A reference to the file, all of its chunks flushed; NULL when it is gone. */
static struct chunk_file *find_file(struct head_chunks *h, head_chunk_ref ref, struct err *err)
{
	MUTEX_HOLD(&h->mu);
	uint32_t number = (uint32_t)(ref >> 32);
	uint32_t first = h->files.n ? h->files.v[0]->number : 0;

	if (number < first || number - first >= h->files.n) {
		err_set(err, ERR_NOT_FOUND, "chunks of the head %s/%06" PRIu32 " are gone", h->dir,
			number);
		return NULL;
	}
	if (number == vec_last(&h->files)->number && (uint32_t)ref >= h->written && h->is_writing &&
	    !flush(h, err))
		return NULL;
	struct chunk_file *f = h->files.v[number - first];
	f->n_refs++;
	return f;
}

bool head_chunks_read(struct head_chunks *h, head_chunk_ref ref, struct arena *a,
		      struct head_chunk *out, struct err *err)
{
	struct chunk_file *f auto_free(file_unref) = find_file(h, ref, err);
	enum parsed parsed = PARSED_SHORT;
	size_t size = READ_BYTES, want = 0, got;

	if (!f)
		return false;
	while (parsed == PARSED_SHORT && size > want) {
		want = size;
		char *bytes = arena_alloc(a, want);
		if (!read_file(f, (uint32_t)ref, bytes, want, &got, err))
			return false;
		parsed = parse_chunk(bytes, got, out, &size, err);
	}
	if (parsed == PARSED_CHUNK)
		return true;
	if (parsed != PARSED_BROKEN)
		err_set(err, ERR_CORRUPT, "there is no chunk");
	return err_wrap(err, "%s at byte %" PRIu32, f->path, (uint32_t)ref);
}

bool head_chunks_truncate(struct head_chunks *h, int64_t min_t_ms, struct err *err)
{
	MUTEX_HOLD(&h->mu);
	size_t n = 0;

	while (n + 1 < h->files.n && h->files.v[n]->max_t_ms < min_t_ms) {
		if (!fs_remove(h->files.v[n]->path, err))
			break;
		file_unref(h->files.v[n++]);
	}
	bool ok = n + 1 >= h->files.n || h->files.v[n]->max_t_ms >= min_t_ms;
	h->files.n -= n;
	if (n)
		memmove(h->files.v, h->files.v + n, h->files.n * sizeof(*h->files.v));
	return ok;
}
