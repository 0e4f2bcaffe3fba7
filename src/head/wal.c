#include "head/wal.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/vec.h"
#include "codec/bits.h"
#include "codec/crc32c.h"
#include "codec/snappy.h"
#include "codec/zstd.h"
#include "head/wal_segments.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Written when it is longer than a record may be; so it is never longer than two. */
#define BATCH_MAX_BYTES ((size_t)3 * WAL_RECORD_MAX_BYTES)

struct wal_metrics {
	struct counter *pages;
	struct counter *flushes;
	struct counter *failed_writes;
	struct counter *truncations;
	struct counter *failed_truncations;
	struct gauge *segment;
};

struct wal {
	struct wal_options options;
	char *dir;
	struct wal_metrics metrics;

	struct mutex mu;
	pthread_cond_t sync_ended;
	/* Guarded by mu. */
	int fd;
	uint32_t segment;
	char *path;        /* of the segment */
	struct buf piece;  /* what is to be written next */
	struct buf packed; /* one record, compressed */
	uint64_t written;  /* bytes of the segment in the file; the piece goes behind them */
	uint64_t appended; /* bytes since the log was opened, for comparison with `synced` */
	uint64_t synced;
	bool is_syncing;    /* the file is in use without the mutex */
	struct err failure; /* ERR_OK while the log can be written */
};

static struct wal_metrics make_metrics(const struct wal_options *o)
{
	static const struct {
		const char *name, *help;
		size_t field;
	} counters[] = {
	    {"page_flushes_total", "Total number of page flushes.",
	     offsetof(struct wal_metrics, flushes)},
	    {"completed_pages_total", "Total number of completed pages.",
	     offsetof(struct wal_metrics, pages)},
	    {"writes_failed_total", "Total number of write log writes that failed.",
	     offsetof(struct wal_metrics, failed_writes)},
	    {"truncations_total", "Total number of write log truncations attempted.",
	     offsetof(struct wal_metrics, truncations)},
	    {"truncations_failed_total", "Total number of write log truncations that failed.",
	     offsetof(struct wal_metrics, failed_truncations)},
	};
	struct wal_metrics m = {0};

	if (!o->metrics)
		return m;
	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++) {
		char *name auto_free(mem_free) =
		    xasprintf("%s%s", o->metrics_prefix, counters[i].name);
		*(struct counter **)((char *)&m + counters[i].field) =
		    metrics_counter(o->metrics, name, counters[i].help);
	}
	char *name auto_free(mem_free) = xasprintf("%ssegment_current", o->metrics_prefix);
	m.segment = metrics_gauge(o->metrics, name,
				  "Write log segment index that TSDB is currently writing to.");
	return m;
}

/* --- the file --------------------------------------------------------------------------------- */

/* Nobody knows what is on the disk any more. */
static bool give_up(struct wal *w, struct err *err)
{
	err_wrap(err, "log %s is out of use", w->dir);
	w->failure = *err;
	return false;
}

static bool write_at(int fd, const char *p, size_t n, uint64_t at)
{
	while (n > 0) {
		ssize_t done = pwrite(fd, p, n, (off_t)at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		p += done;
		n -= (size_t)done;
		at += (uint64_t)done;
	}
	return true;
}

/* The piece goes to the file, or nothing of it. */
static bool write_piece(struct wal *w, struct err *err)
{
	uint64_t end = w->written + w->piece.n;

	counter_inc(w->metrics.flushes);
	if (write_at(w->fd, w->piece.p, w->piece.n, w->written)) {
		counter_add(w->metrics.pages,
			    (double)(end / WAL_PAGE_BYTES - w->written / WAL_PAGE_BYTES));
		w->written = end;
		w->appended += w->piece.n;
		buf_clear(&w->piece);
		return true;
	}
	err_set_errno(err, errno, "write %s", w->path);
	counter_inc(w->metrics.failed_writes);
	buf_clear(&w->piece);
	return ftruncate(w->fd, (off_t)w->written) == 0 ? false : give_up(w, err);
}

static bool open_segment(struct wal *w, uint32_t number, struct err *err)
{
	char *path = wal_segment_path(w->dir, number);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0 || !fs_sync_dir(w->dir, err)) {
		if (fd < 0)
			err_set_errno(err, errno, "create %s", path);
		else
			close(fd);
		free(path);
		return false;
	}
	w->fd = fd;
	w->segment = number;
	free(w->path);
	w->path = path;
	w->written = 0;
	gauge_set(w->metrics.segment, number);
	return true;
}

static bool sync_file(struct wal *w, int fd, const char *path, struct err *err)
{
	if (fdatasync(fd) == 0)
		return true;
	err_set_errno(err, errno, "sync %s", path);
	return give_up(w, err);
}

/* --- segments --------------------------------------------------------------------------------- */

static uint64_t place(const struct wal *w)
{
	return w->written + w->piece.n;
}

static void fill_page(struct wal *w)
{
	size_t left = (size_t)(-place(w) % WAL_PAGE_BYTES);

	if (left == 0)
		return;
	memset(buf_reserve(&w->piece, left), 0, left);
	buf_grown(&w->piece, left);
}

/* With mu held, which is given up while another thread syncs. */
static bool end_segment(struct wal *w, struct err *err)
{
	fill_page(w);
	if (!write_piece(w, err))
		return false;
	while (w->is_syncing)
		pthread_cond_wait(&w->sync_ended, &w->mu.os);
	if (w->failure.code != ERR_OK) {
		*err = w->failure;
		return false;
	}
	if (!sync_file(w, w->fd, w->path, err))
		return false;
	w->synced = w->appended;
	int before = w->fd;
	if (!open_segment(w, w->segment + 1, err))
		return false;
	close(before);
	return true;
}

/* --- records ---------------------------------------------------------------------------------- */

struct packed_record {
	struct str bytes;
	enum wal_compression compression;
};

/* Compressed, where that saves anything. */
static bool pack(struct wal *w, struct str record, struct packed_record *out, struct err *err)
{
	*out = (struct packed_record){.bytes = record, .compression = WAL_PLAIN};
	if (record.n > WAL_RECORD_MAX_BYTES)
		return err_set(err, ERR_LIMIT, "a record of %zu bytes is over the limit of %d",
			       record.n, WAL_RECORD_MAX_BYTES);
	if (w->options.compression == WAL_PLAIN)
		return true;
	buf_clear(&w->packed);
	if (!(w->options.compression == WAL_SNAPPY ? snappy_encode(record, &w->packed, err)
						   : zstd_encode(record, &w->packed, err)))
		return false;
	if (w->packed.n < record.n)
		*out = (struct packed_record){.bytes = buf_str(&w->packed),
					      .compression = w->options.compression};
	return true;
}

/* Does a record of n bytes fit into what is left of the segment? An empty one takes any. */
static bool fits(const struct wal *w, size_t n)
{
	uint64_t at = place(w);
	uint64_t pages = w->options.segment_bytes / WAL_PAGE_BYTES;

	if (at == 0)
		return true;
	if (at / WAL_PAGE_BYTES >= pages)
		return false;
	uint64_t left = WAL_PAGE_BYTES - at % WAL_PAGE_BYTES - WAL_PIECE_HEADER_BYTES;
	left += (WAL_PAGE_BYTES - WAL_PIECE_HEADER_BYTES) * (pages - at / WAL_PAGE_BYTES - 1);
	return n <= left;
}

static enum wal_piece piece_type(bool is_first, bool is_last)
{
	if (is_first)
		return is_last ? WAL_PIECE_FULL : WAL_PIECE_FIRST;
	return is_last ? WAL_PIECE_LAST : WAL_PIECE_MIDDLE;
}

static void put_piece(struct wal *w, struct str piece, unsigned type)
{
	char *to = buf_reserve(&w->piece, WAL_PIECE_HEADER_BYTES + piece.n);

	to[0] = (char)type;
	store_be16(to + 1, (uint16_t)piece.n);
	store_be32(to + 3, crc32c(0, piece.p, piece.n));
	if (piece.n)
		memcpy(to + WAL_PIECE_HEADER_BYTES, piece.p, piece.n);
	buf_grown(&w->piece, WAL_PIECE_HEADER_BYTES + piece.n);
	if (WAL_PAGE_BYTES - place(w) % WAL_PAGE_BYTES < WAL_PIECE_HEADER_BYTES)
		fill_page(w);
}

static void put_record(struct wal *w, const struct packed_record *record)
{
	struct str left = record->bytes;
	bool is_first = true;

	do {
		size_t room = WAL_PAGE_BYTES - place(w) % WAL_PAGE_BYTES - WAL_PIECE_HEADER_BYTES;
		size_t n = left.n < room ? left.n : room;
		put_piece(w, str_from(left.p, n),
			  piece_type(is_first, n == left.n) | record->compression);
		left = str_skip(left, n);
		is_first = false;
	} while (left.n > 0);
}

static bool append(struct wal *w, struct str record, struct err *err)
{
	struct packed_record packed;

	if (!pack(w, record, &packed, err))
		return false;
	if (!fits(w, packed.bytes.n) && !end_segment(w, err))
		return false;
	put_record(w, &packed);
	return w->piece.n < WAL_RECORD_MAX_BYTES || write_piece(w, err);
}

bool wal_append(struct wal *w, const struct str *records, size_t n, struct err *err)
{
	MUTEX_HOLD(&w->mu);

	if (w->failure.code != ERR_OK) {
		*err = w->failure;
		return false;
	}
	for (size_t i = 0; i < n; i++)
		if (!append(w, records[i], err)) {
			buf_clear(&w->piece);
			return false;
		}
	return write_piece(w, err);
}

/* --- syncing ---------------------------------------------------------------------------------- */

/* With mu held, which is given up meanwhile. */
static bool sync_now(struct wal *w, struct err *err)
{
	uint64_t upto = w->appended;
	int fd = w->fd;

	w->is_syncing = true;
	mutex_unlock(&w->mu);
	bool ok = fdatasync(fd) == 0;
	int cause = errno;
	mutex_lock(&w->mu);
	w->is_syncing = false;
	pthread_cond_broadcast(&w->sync_ended);
	if (!ok) {
		err_set_errno(err, cause, "sync %s", w->path);
		return give_up(w, err);
	}
	w->synced = upto;
	return true;
}

bool wal_sync(struct wal *w, struct err *err)
{
	MUTEX_HOLD(&w->mu);
	uint64_t upto = w->appended;

	while (w->synced < upto) {
		if (w->failure.code != ERR_OK) {
			*err = w->failure;
			return false;
		}
		if (w->is_syncing)
			pthread_cond_wait(&w->sync_ended, &w->mu.os);
		else if (!sync_now(w, err))
			return false;
	}
	return true;
}

bool wal_next_segment(struct wal *w, uint32_t *number, struct err *err)
{
	MUTEX_HOLD(&w->mu);

	if (w->failure.code != ERR_OK) {
		*err = w->failure;
		return false;
	}
	if (!end_segment(w, err))
		return false;
	*number = w->segment;
	return true;
}

bool wal_truncate(struct wal *w, uint32_t before, struct err *err)
{
	struct wal_segments segments auto_done(wal_segments_done) = {0};
	bool ok = wal_segments_list(w->dir, &segments, err);

	counter_inc(w->metrics.truncations);
	for (size_t i = 0; ok && i < segments.n && segments.v[i].number < before; i++)
		ok = fs_remove(segments.v[i].path, err);
	if (!ok)
		counter_inc(w->metrics.failed_truncations);
	return ok || err_wrap(err, "truncate log %s", w->dir);
}

/* --- life ------------------------------------------------------------------------------------- */

static void wal_free(struct wal *w)
{
	if (w->fd >= 0)
		close(w->fd);
	mutex_done(&w->mu);
	pthread_cond_destroy(&w->sync_ended);
	buf_done(&w->piece);
	buf_done(&w->packed);
	free(w->path);
	free(w->dir);
	free(w);
}

static bool next_number(const char *dir, uint32_t *out, struct err *err)
{
	struct wal_segments segments auto_done(wal_segments_done) = {0};

	if (!fs_mkdirs(dir, err) || !wal_segments_list(dir, &segments, err))
		return false;
	*out = segments.n ? vec_last(&segments).number + 1 : 0;
	return true;
}

struct wal *wal_open(const struct wal_options *options, struct err *err)
{
	struct wal *w = NEW(struct wal);
	uint32_t number;

	w->options = *options;
	if (w->options.segment_bytes == 0)
		w->options.segment_bytes = WAL_SEGMENT_BYTES;
	w->dir = xstrdup(options->dir);
	w->metrics = make_metrics(options);
	mutex_init(&w->mu, RANK_LEAF);
	pthread_cond_init(&w->sync_ended, NULL);
	buf_init(&w->piece, BATCH_MAX_BYTES, NULL);
	buf_init(&w->packed, BATCH_MAX_BYTES, NULL);
	w->fd = -1;
	if (next_number(w->dir, &number, err) && open_segment(w, number, err))
		return w;
	err_wrap(err, "open log %s", w->dir);
	wal_free(w);
	return NULL;
}

bool wal_close(struct wal *w, struct err *err)
{
	if (!w)
		return true;
	bool ok = wal_sync(w, err);
	wal_free(w);
	return ok;
}
