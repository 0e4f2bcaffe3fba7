#include "fleet/active_query_file.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/fs.h"
#include "codec/json_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	SLOT_BYTES = 1000,
	OLD_FILE_MAX_BYTES = 64 << 20,
};

struct active_query_file {
	char *bytes; /* mapped */
	size_t size_bytes;
	unsigned n_slots;
	bool *is_taken; /* of each slot */
};

/* --- what was left ---------------------------------------------------------------------------- */

/* "[", then entries that end with a comma, anywhere between zeros. */
static void append_unfinished(struct str old, struct buf *out)
{
	size_t start = out->n;

	for (size_t i = 0; i < old.n; i++)
		if (old.p[i])
			buf_putc(out, old.p[i]);
	if (out->n - start <= 1)
		out->n = start;
	else
		out->p[out->n - 1] = ']';
}

static bool read_unfinished(const char *path, struct buf *out, struct err *err)
{
	struct buf old auto_done(buf_done) = BUF_INIT(OLD_FILE_MAX_BYTES);

	if (!fs_exists(path))
		return true;
	if (!fs_read(path, &old, err))
		return false;
	append_unfinished(buf_str(&old), out);
	return true;
}

/* --- the file --------------------------------------------------------------------------------- */

/* Its blocks are allocated now: a full disk must not be found out by writing to memory. */
static char *map_file(const char *path, size_t size_bytes, struct err *err)
{
	int fd = open(path, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0666);
	char *bytes = MAP_FAILED;

	if (fd < 0) {
		err_set(err, ERR_INTERNAL, "open %s: %s", path, strerror(errno));
		return NULL;
	}
	int why = posix_fallocate(fd, 0, (off_t)size_bytes);
	if (why == 0) {
		bytes = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		why = errno;
	}
	close(fd);
	if (bytes != MAP_FAILED)
		return bytes;
	err_set(err, ERR_INTERNAL, "map %zu bytes of %s: %s", size_bytes, path, strerror(why));
	return NULL;
}

struct active_query_file *active_query_file_open(const char *dir, unsigned max_queries,
						 struct buf *unfinished, struct err *err)
{
	char path[PATH_MAX];
	size_t size_bytes = 1 + (size_t)max_queries * SLOT_BYTES;

	if ((size_t)snprintf(path, sizeof(path), "%s/queries.active", dir) >= sizeof(path)) {
		err_set(err, ERR_INVALID, "the name of the directory %.100s... is too long", dir);
		return NULL;
	}
	if (!fs_mkdirs(dir, err) || !read_unfinished(path, unfinished, err))
		return NULL;
	char *bytes = map_file(path, size_bytes, err);
	if (!bytes)
		return NULL;
	bytes[0] = '[';
	struct active_query_file *f = NEW(struct active_query_file);
	*f = (struct active_query_file){
	    .bytes = bytes,
	    .size_bytes = size_bytes,
	    .n_slots = max_queries,
	    .is_taken = xcalloc(max_queries, sizeof(bool)),
	};
	return f;
}

void active_query_file_close(struct active_query_file *f)
{
	if (!f)
		return;
	munmap(f->bytes, f->size_bytes);
	free(f->is_taken);
	free(f);
}

/* --- entries ---------------------------------------------------------------------------------- */

static char *slot_at(struct active_query_file *f, int slot)
{
	assert(slot >= 0 && (unsigned)slot < f->n_slots);
	return f->bytes + 1 + (size_t)slot * SLOT_BYTES;
}

static bool is_inside_rune(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static void put_entry(struct buf *out, struct str query, int64_t t_s)
{
	struct json_writer w;

	out->n = 0;
	json_writer_init(&w, out, JSON_ESCAPE_HTML);
	json_begin_object(&w);
	json_key(&w, "query");
	json_put_str(&w, query);
	json_key(&w, "timestamp_sec");
	json_put_i64(&w, t_s);
	json_end_object(&w);
}

/* Escapes make a text longer, so what is cut off is found by trying. */
static void put_cut_entry(struct buf *out, struct str query, int64_t t_s)
{
	size_t whole = query.n;

	if (query.n > SLOT_BYTES)
		query.n = SLOT_BYTES;
	for (;;) {
		while (query.n > 0 && query.n < whole && is_inside_rune(query.p[query.n]))
			query.n--;
		put_entry(out, query, t_s);
		if (out->n < SLOT_BYTES)
			return;
		size_t excess = out->n - (SLOT_BYTES - 1);
		query.n -= excess / 6 > 0 ? excess / 6 : 1;
	}
}

int active_query_file_put(struct active_query_file *f, struct str query, int64_t t_s)
{
	struct buf entry auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	unsigned slot = 0;

	if (!f)
		return ACTIVE_QUERY_NO_SLOT;
	while (slot < f->n_slots && f->is_taken[slot])
		slot++;
	if (slot == f->n_slots)
		return ACTIVE_QUERY_NO_SLOT;
	f->is_taken[slot] = true;
	put_cut_entry(&entry, query, t_s);
	memcpy(slot_at(f, (int)slot), entry.p, entry.n);
	slot_at(f, (int)slot)[SLOT_BYTES - 1] = ',';
	return (int)slot;
}

void active_query_file_clear(struct active_query_file *f, int slot)
{
	if (!f || slot == ACTIVE_QUERY_NO_SLOT)
		return;
	memset(slot_at(f, slot), 0, SLOT_BYTES);
	f->is_taken[slot] = false;
}
