#include "head/wal_reader.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "codec/byte_cursor.h"
#include "codec/crc32c.h"
#include "codec/snappy.h"
#include "codec/zstd.h"
#include "head/wal_segments.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

struct wal_reader {
	struct wal_segments segments;
	size_t i; /* of the segment that is open, or is opened next */
	int fd;   /* -1: none is open */
	uint8_t page[WAL_PAGE_BYTES];
	size_t page_bytes; /* of the page that the file has */
	size_t at;         /* in the page */
	uint64_t page_offset;
	struct wal_place place;
	struct buf joined;  /* the pieces of one record */
	struct buf decoded; /* the same decompressed */
};

struct wal_reader *wal_reader_open(const char *dir, uint32_t first, uint32_t last, struct err *err)
{
	struct wal_reader *r = NEW(struct wal_reader);

	r->fd = -1;
	buf_init(&r->joined, WAL_RECORD_MAX_BYTES, NULL);
	buf_init(&r->decoded, WAL_RECORD_MAX_BYTES, NULL);
	if (!wal_segments_list(dir, &r->segments, err)) {
		wal_reader_close(r);
		return NULL;
	}
	while (r->i < r->segments.n && r->segments.v[r->i].number < first)
		r->i++;
	while (r->segments.n > r->i && r->segments.v[r->segments.n - 1].number > last)
		free(r->segments.v[--r->segments.n].path);
	return r;
}

void wal_reader_close(struct wal_reader *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	wal_segments_done(&r->segments);
	buf_done(&r->joined);
	buf_done(&r->decoded);
	free(r);
}

struct wal_place wal_reader_place(const struct wal_reader *r)
{
	return r->place;
}

/* --- pages ------------------------------------------------------------------------------------ */

static const char *segment_path(const struct wal_reader *r)
{
	return r->segments.v[r->i].path;
}

static bool open_segment(struct wal_reader *r, struct err *err)
{
	r->fd = open(segment_path(r), O_RDONLY | O_CLOEXEC);
	if (r->fd < 0)
		return err_set_errno(err, errno, "open %s", segment_path(r));
	r->page_offset = 0;
	r->page_bytes = r->at = 0;
	return true;
}

static void end_segment(struct wal_reader *r)
{
	close(r->fd);
	r->fd = -1;
	r->i++;
}

/* What the file lacks of the page is zeros: the process ended before the page did. */
static bool read_page(struct wal_reader *r, struct err *err)
{
	size_t n = 0;

	r->page_offset += r->page_bytes;
	r->at = 0;
	while (n < WAL_PAGE_BYTES) {
		ssize_t got =
		    pread(r->fd, r->page + n, WAL_PAGE_BYTES - n, (off_t)(r->page_offset + n));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set_errno(err, errno, "read %s", segment_path(r));
		if (got == 0)
			break;
		n += (size_t)got;
	}
	memset(r->page + n, 0, WAL_PAGE_BYTES - n);
	r->page_bytes = n;
	return true;
}

/* There is a byte to be read at `at` of the page. Records do not go on in the next segment: with
 * `within`, its end is an error. */
static enum iter_result seek_piece(struct wal_reader *r, bool within, struct err *err)
{
	for (;;) {
		if (r->fd >= 0 && r->at < r->page_bytes)
			return ITER_VALUE;
		if (r->fd < 0) {
			if (r->i == r->segments.n)
				return ITER_END;
			if (!open_segment(r, err))
				return ITER_ERROR;
		}
		if (!read_page(r, err))
			return ITER_ERROR;
		if (r->page_bytes > 0)
			continue;
		if (within) {
			err_set(err, ERR_CORRUPT, "the last record is torn");
			return ITER_ERROR;
		}
		end_segment(r);
	}
}

/* --- pieces ----------------------------------------------------------------------------------- */

/* Zeros up to the end of the page. */
static bool skip_padding(struct wal_reader *r, struct err *err)
{
	for (size_t i = r->at; i < WAL_PAGE_BYTES; i++)
		if (r->page[i] != 0)
			return err_set(err, ERR_CORRUPT, "byte %zu of a page's padding is not zero",
				       i);
	r->at = r->page_bytes;
	return true;
}

static bool check_order(enum wal_piece type, bool is_first, struct err *err)
{
	bool begins = type == WAL_PIECE_FULL || type == WAL_PIECE_FIRST;
	bool known = type <= WAL_PIECE_LAST;

	if (known && begins == is_first)
		return true;
	return err_set(err, ERR_CORRUPT, "a piece of type %d %s", type,
		       is_first ? "begins a record" : "within a record");
}

static bool take_piece(struct wal_reader *r, struct str *piece, struct err *err)
{
	struct byte_cursor c = byte_cursor_of(r->page + r->at + 1, WAL_PAGE_BYTES - r->at - 1);
	const uint8_t *length = byte_cursor_skip(&c, 2);
	uint32_t want = byte_cursor_be32(&c);

	*piece = byte_cursor_bytes(&c, length ? load_be16(length) : 0);
	if (c.failed)
		return err_set(err, ERR_CORRUPT, "a piece reaches over the end of its page");
	uint32_t got = crc32c(0, piece->p, piece->n);
	if (got != want)
		return err_set(err, ERR_CORRUPT, "checksum 0x%08x, want 0x%08x", got, want);
	r->at += 1 + byte_cursor_offset(&c);
	return true;
}

static bool unpack(struct wal_reader *r, unsigned compression, struct str *record, struct err *err)
{
	*record = buf_str(&r->joined);
	if (compression == WAL_PLAIN)
		return true;
	buf_clear(&r->decoded);
	if (!(compression & WAL_SNAPPY ? snappy_decode(*record, &r->decoded, err)
				       : zstd_decode(*record, &r->decoded, err))) {
		err->code = ERR_CORRUPT;
		return false;
	}
	*record = buf_str(&r->decoded);
	return true;
}

static enum iter_result read_record(struct wal_reader *r, struct str *record, struct err *err)
{
	bool is_first = true;
	struct str piece;

	buf_clear(&r->joined);
	for (;;) {
		enum iter_result found = seek_piece(r, !is_first, err);
		if (found != ITER_VALUE)
			return found;
		unsigned header = r->page[r->at];
		enum wal_piece type = header & WAL_PIECE_MASK;
		if (is_first)
			r->place =
			    (struct wal_place){r->segments.v[r->i].number, r->page_offset + r->at};
		if (type == WAL_PIECE_NONE) {
			if (!skip_padding(r, err))
				return ITER_ERROR;
			continue;
		}
		if (!take_piece(r, &piece, err) || !check_order(type, is_first, err))
			return ITER_ERROR;
		if (!buf_append_str(&r->joined, piece)) {
			err_set(err, ERR_CORRUPT, "a record is longer than %d bytes",
				WAL_RECORD_MAX_BYTES);
			return ITER_ERROR;
		}
		is_first = false;
		if (type == WAL_PIECE_FULL || type == WAL_PIECE_LAST)
			return unpack(r, header & WAL_COMPRESSION_MASK, record, err) ? ITER_VALUE
										     : ITER_ERROR;
	}
}

enum iter_result wal_reader_next(struct wal_reader *r, struct str *record, struct err *err)
{
	enum iter_result result = read_record(r, record, err);

	if (result == ITER_ERROR)
		err_wrap(err, "segment %s at byte %" PRIu64, segment_path(r), r->place.offset);
	return result;
}

/* --- repair ----------------------------------------------------------------------------------- */

static bool cut_segment(const char *path, uint64_t offset, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set_errno(err, errno, "open %s", path);
	bool ok = (ftruncate(fd, (off_t)offset) == 0 && fsync(fd) == 0) ||
		  err_set_errno(err, errno, "cut %s at byte %" PRIu64, path, offset);
	close(fd);
	return ok;
}

bool wal_cut(const char *dir, struct wal_place place, struct err *err)
{
	struct wal_segments segments auto_done(wal_segments_done) = {0};

	if (!wal_segments_list(dir, &segments, err))
		return false;
	for (size_t i = segments.n; i-- > 0 && segments.v[i].number > place.segment;)
		if (!fs_remove(segments.v[i].path, err))
			return false;
	for (size_t i = 0; i < segments.n; i++)
		if (segments.v[i].number == place.segment &&
		    !cut_segment(segments.v[i].path, place.offset, err))
			return false;
	return fs_sync_dir(dir, err);
}
