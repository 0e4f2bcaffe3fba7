#include "block/block_times.h"

#include "base/fs.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAGIC "block-times"

enum { VERSION = 1, LINE_MIN_BYTES = ULID_LEN + 3 };

void block_times_done(struct block_times *t)
{
	vec_done(&t->v);
}

static int by_id(const void *key, const void *entry)
{
	return ulid_cmp(*(const struct ulid *)key, ((const struct block_time *)entry)->id);
}

int64_t block_times_get(const struct block_times *t, struct ulid id, int64_t otherwise)
{
	const struct block_time *found =
	    t->v.n ? bsearch(&id, t->v.v, t->v.n, sizeof(*t->v.v), by_id) : NULL;

	return found ? found->ms : otherwise;
}

/* --- reading ------------------------------------------------------------------------------- */

/* "block-times 1 <ms> <lines>". */
static bool parse_head(struct str line, int64_t *at_ms, uint64_t *n, struct err *err)
{
	struct str magic, version, at;
	struct str rest = str_split(line, ' ', &magic);
	int64_t v = 0;

	rest = str_split(rest, ' ', &version);
	rest = str_split(rest, ' ', &at);
	if (!str_is(magic, MAGIC))
		return err_set(err, ERR_CORRUPT, "it begins with \"%.*s\", want \"%s\"",
			       (int)(line.n < 40 ? line.n : 40), line.p ? line.p : "", MAGIC);
	if (!str_to_i64(version, &v) || v != VERSION)
		return err_set(err, ERR_CORRUPT, "version %.*s, want %d", STR_FMT(version),
			       VERSION);
	return (str_to_i64(at, at_ms) && str_to_u64(rest, n)) ||
	       err_set(err, ERR_CORRUPT, "its first line is no list of block times");
}

static bool parse_line(struct str line, struct block_time *out)
{
	struct str id, rest = str_split(line, ' ', &id);

	return ulid_parse(id, &out->id) && str_to_i64(rest, &out->ms);
}

static bool parse_lines(struct str text, uint64_t n, struct block_times *out, struct err *err)
{
	for (uint64_t i = 0; i < n; i++) {
		struct block_time t;
		struct str line;
		text = str_split(text, '\n', &line);
		if (!parse_line(line, &t))
			return err_set(err, ERR_CORRUPT,
				       "line %" PRIu64 " of %" PRIu64 " is no block and time",
				       i + 1, n);
		if (out->v.n && ulid_cmp(vec_last(&out->v).id, t.id) >= 0)
			return err_set(err, ERR_CORRUPT,
				       "line %" PRIu64 " is not above its predecessor", i + 1);
		vec_push(&out->v, t);
	}
	return text.n == 0 || err_set(err, ERR_CORRUPT, "%zu bytes behind the end", text.n);
}

bool block_times_parse(struct str text, struct block_times *out, struct err *err)
{
	struct block_times t = {0};
	struct str head, rest = str_split(text, '\n', &head);
	uint64_t n = 0;

	if (!parse_head(head, &t.at_ms, &n, err))
		return false;
	if (n > rest.n / LINE_MIN_BYTES)
		return err_set(err, ERR_CORRUPT, "%zu bytes for %" PRIu64 " lines", rest.n, n);
	if (parse_lines(rest, n, &t, err)) {
		*out = t;
		return true;
	}
	block_times_done(&t);
	return false;
}

bool block_times_read(const char *path, struct block_times *out, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BLOCK_TIMES_MAX_BYTES);

	return fs_read(path, &text, err) &&
	       (block_times_parse(buf_str(&text), out, err) || err_wrap(err, "%s", path));
}

/* --- writing ------------------------------------------------------------------------------- */

void block_times_format(const struct block_times *t, struct buf *out)
{
	buf_printf(out, MAGIC " %d %" PRId64 " %zu\n", VERSION, t->at_ms, t->v.n);
	for (size_t i = 0; i < t->v.n; i++)
		buf_printf(out, "%s %" PRId64 "\n", ulid_str(t->v.v[i].id), t->v.v[i].ms);
}

bool block_times_write(const struct block_times *t, const char *path, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BLOCK_TIMES_MAX_BYTES);

	block_times_format(t, &text);
	return fs_write_atomic(path, buf_str(&text), 0640, err);
}
