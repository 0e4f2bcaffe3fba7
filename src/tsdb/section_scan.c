#include "tsdb/section_scan_internal.h"

#include "base/assert.h"
#include "codec/crc32c.h"

#include <stdio.h>

/* No entry of a section is this long. */
enum { ENTRY_MAX_BYTES = 16 << 20 };

enum { LENGTH_BYTES = 4, CRC_BYTES = 4 };

bool section_scan_corrupt(const struct section_scan *s, struct err *err, const char *fmt, ...)
{
	char what[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	return err_set(err, ERR_CORRUPT, "%s: %s: at byte %lu: %s", s->src->name, s->name,
		       s->start + section_scan_offset(s), what);
}

void section_scan_resume(struct section_scan *s, struct byte_source *src, struct ctx *ctx,
			 uint64_t offset, uint32_t size, uint64_t at, const char *name,
			 size_t read_bytes, struct arena *a)
{
	*s = (struct section_scan){
	    .src = src,
	    .ctx = ctx,
	    .name = name,
	    .start = offset + LENGTH_BYTES,
	    .size = size,
	    .read_bytes = read_bytes,
	    .a = a,
	};
	section_scan_seek(s, at);
}

bool section_scan_open(struct section_scan *s, struct byte_source *src, struct ctx *ctx,
		       uint64_t offset, const char *name, size_t read_bytes, struct arena *a,
		       struct err *err)
{
	uint8_t length[LENGTH_BYTES];

	if (!byte_source_read(src, ctx, offset, length, sizeof(length), err))
		return err_wrap(err, "%s", name);
	uint32_t size = load_be32(length);
	uint64_t left = src->size_bytes - offset - LENGTH_BYTES;
	if (size + UINT64_C(0) + CRC_BYTES > left)
		return err_set(err, ERR_CORRUPT,
			       "%s: %s: at byte %lu: a length of %u bytes, %lu are left", src->name,
			       name, offset, size, left);
	section_scan_resume(s, src, ctx, offset, size, 0, name, read_bytes, a);
	return true;
}

uint64_t section_scan_offset(const struct section_scan *s)
{
	return s->window_end - byte_cursor_left(&s->c);
}

void section_scan_seek(struct section_scan *s, uint64_t at)
{
	assert(at <= s->size);
	s->crc = 0;
	if (s->src->memory) {
		s->c = byte_cursor_of(s->src->memory + s->start + at, s->size - at);
		s->window_end = s->size;
	} else {
		s->c = byte_cursor_of(NULL, 0);
		s->window_end = at;
	}
}

/* Keep what is needed of the window and make room behind it. */
static void move_window(struct section_scan *s, const uint8_t *from, size_t kept, size_t more)
{
	uint8_t *window = s->window;

	if (kept + more > s->window_cap) {
		s->window_cap = kept + more;
		window = arena_alloc(s->a, s->window_cap);
	}
	if (kept)
		memmove(window, from, kept);
	s->window = window;
	s->c = byte_cursor_of(window, kept);
}

bool section_scan_more(struct section_scan *s, const uint8_t *from, struct err *err)
{
	size_t kept = (size_t)(s->c.end - from);

	s->c.p = from;
	s->c.failed = false;
	if (s->window_end == s->size || kept > ENTRY_MAX_BYTES)
		return section_scan_corrupt(s, err, "an entry does not fit");
	size_t more = s->size - s->window_end;
	size_t want = kept > s->read_bytes ? kept : s->read_bytes;
	more = more > want ? want : more;
	move_window(s, from, kept, more);
	if (!byte_source_read(s->src, s->ctx, s->start + s->window_end, s->window + kept, more,
			      err))
		return err_wrap(err, "%s", s->name);
	s->c.end += more;
	s->window_end += more;
	s->crc = crc32c(s->crc, s->window + kept, more);
	return true;
}

bool section_scan_check(struct section_scan *s, struct err *err)
{
	uint8_t stored[CRC_BYTES];

	if (s->src->memory)
		s->crc = crc32c(0, s->src->memory + s->start, s->size);
	while (s->window_end < s->size)
		if (!section_scan_more(s, s->c.end, err))
			return false;
	if (!byte_source_read(s->src, s->ctx, s->start + s->size, stored, sizeof(stored), err))
		return err_wrap(err, "%s", s->name);
	uint32_t want = load_be32(stored);
	if (s->crc != want)
		return err_set(err, ERR_CORRUPT, "%s: %s: checksum 0x%08x, want 0x%08x",
			       s->src->name, s->name, s->crc, want);
	return true;
}
