#include "tsdb/tombstones.h"

#include "base/buf.h"
#include "base/fs.h"
#include "base/vec.h"
#include "codec/byte_cursor.h"
#include "codec/crc32c.h"

#define MAGIC UINT32_C(0x0130ba30)

enum { VERSION = 1, MAGIC_BYTES = 4, CRC_BYTES = 4, FILE_MAX_BYTES = 1 << 30 };

/* The ranges of one series are neighbours in `ranges`. */
struct grave {
	uint64_t ref;
	size_t first, n;
};

struct tombstones {
	VEC(struct grave) graves; /* ascending by ref */
	VEC(struct time_range) ranges;
};

static int compare(const void *x, const void *y)
{
	const struct tombstone *a = x, *b = y;

	if (a->series_ref != b->series_ref)
		return a->series_ref < b->series_ref ? -1 : 1;
	return (a->range.min_t_ms > b->range.min_t_ms) - (a->range.min_t_ms < b->range.min_t_ms);
}

/* `s` comes in ascending order. Ranges that touch or overlap become one. */
static void add(struct tombstones *ts, const struct tombstone *s)
{
	if (ts->graves.n == 0 || vec_last(&ts->graves).ref != s->series_ref) {
		struct grave g = {.ref = s->series_ref, .first = ts->ranges.n};
		vec_push(&ts->graves, g);
	}
	struct grave *g = &vec_last(&ts->graves);
	if (g->n) {
		struct time_range *last = &vec_last(&ts->ranges);
		if (last->max_t_ms == INT64_MAX || s->range.min_t_ms <= last->max_t_ms + 1) {
			if (s->range.max_t_ms > last->max_t_ms)
				last->max_t_ms = s->range.max_t_ms;
			return;
		}
	}
	vec_push(&ts->ranges, s->range);
	g->n++;
}

static bool parse_stones(struct byte_cursor *c, struct tombstones *ts, struct err *err)
{
	VEC(struct tombstone) stones = {0};

	while (byte_cursor_left(c)) {
		size_t at = byte_cursor_offset(c);
		struct tombstone s = {.series_ref = byte_cursor_uvarint(c)};
		s.range.min_t_ms = byte_cursor_varint(c);
		s.range.max_t_ms = byte_cursor_varint(c);
		if (c->failed) {
			vec_done(&stones);
			return err_set(err, ERR_CORRUPT,
				       "tombstones: the one at byte %zu does not fit", at);
		}
		if (s.range.min_t_ms <= s.range.max_t_ms) /* else it deletes nothing */
			vec_push(&stones, s);
	}
	if (stones.n)
		qsort(stones.v, stones.n, sizeof(*stones.v), compare);
	for (size_t i = 0; i < stones.n; i++)
		add(ts, &stones.v[i]);
	vec_done(&stones);
	return true;
}

static bool check_file(const uint8_t *data, size_t size, struct err *err)
{
	size_t least = MAGIC_BYTES + 1 + CRC_BYTES;
	uint32_t magic = size < MAGIC_BYTES ? 0 : load_be32(data);

	if (size >= MAGIC_BYTES && magic != MAGIC)
		return err_set(err, ERR_CORRUPT, "tombstones: magic 0x%08x, want 0x%08x", magic,
			       MAGIC);
	if (size < least)
		return err_set(err, ERR_CORRUPT, "tombstones: %zu bytes, want at least %zu", size,
			       least);
	if (data[MAGIC_BYTES] != VERSION)
		return err_set(err, ERR_CORRUPT, "tombstones: version %d, this build reads %d",
			       data[MAGIC_BYTES], VERSION);
	/* The checksum leaves out the version. */
	uint32_t got = crc32c(0, data + MAGIC_BYTES + 1, size - least);
	uint32_t want = load_be32(data + size - CRC_BYTES);
	if (got != want)
		return err_set(err, ERR_CORRUPT, "tombstones: checksum 0x%08x, want 0x%08x", got,
			       want);
	return true;
}

struct tombstones *tombstones_parse(const uint8_t *data, size_t size, struct err *err)
{
	if (!check_file(data, size, err))
		return NULL;
	struct tombstones *ts = NEW(struct tombstones);
	struct byte_cursor c = byte_cursor_of(data, size - CRC_BYTES);
	byte_cursor_skip(&c, MAGIC_BYTES + 1);
	if (parse_stones(&c, ts, err))
		return ts;
	tombstones_free(ts);
	return NULL;
}

void tombstones_free(struct tombstones *ts)
{
	if (!ts)
		return;
	vec_done(&ts->graves);
	vec_done(&ts->ranges);
	free(ts);
}

const struct time_range *tombstones_of(const struct tombstones *ts, uint64_t series_ref, size_t *n)
{
	size_t low = 0, high = ts->graves.n;

	*n = 0;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct grave *g = &ts->graves.v[mid];
		if (g->ref == series_ref) {
			*n = g->n;
			return ts->ranges.v + g->first;
		}
		if (g->ref < series_ref)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

size_t tombstones_count(const struct tombstones *ts)
{
	return ts->ranges.n;
}

struct tombstones *tombstones_load(const char *path, struct err *err)
{
	struct buf file auto_done(buf_done) = BUF_INIT(FILE_MAX_BYTES);

	if (fs_read(path, &file, err)) {
		struct tombstones *ts = tombstones_parse((uint8_t *)file.p, file.n, err);
		if (!ts)
			err_wrap(err, "%s", path);
		return ts;
	}
	if (err->code != ERR_NOT_FOUND)
		return NULL;
	*err = ERR_INIT;
	return NEW(struct tombstones);
}

bool tombstones_write(const char *path, const struct tombstone *stones, size_t n, struct err *err)
{
	struct buf out auto_done(buf_done) = BUF_INIT(FILE_MAX_BYTES);
	uint8_t bytes[3 * VARINT_MAX_BYTES] = {0};

	store_be32(bytes, MAGIC);
	bytes[MAGIC_BYTES] = VERSION;
	buf_append(&out, bytes, MAGIC_BYTES + 1);
	for (size_t i = 0; i < n; i++) {
		size_t used = uvarint_put(bytes, stones[i].series_ref);
		used += varint_put(bytes + used, stones[i].range.min_t_ms);
		used += varint_put(bytes + used, stones[i].range.max_t_ms);
		buf_append(&out, bytes, used);
	}
	/* The checksum leaves out magic and version. */
	size_t head = MAGIC_BYTES + 1;
	store_be32(bytes, crc32c(0, out.p + head, out.n - head));
	buf_append(&out, bytes, CRC_BYTES);
	if (out.overflowed)
		return err_set(err, ERR_LIMIT, "write %s: %zu tombstones are too many", path, n);
	return fs_write_atomic(path, buf_str(&out), 0666, err);
}
