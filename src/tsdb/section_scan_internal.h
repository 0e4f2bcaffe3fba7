/* section_scan_internal.h - reads one section of an index front to back through a small window.
 *
 * A section is its length (4 bytes), its contents, and a checksum of the contents.
 */
#ifndef TSDB_SECTION_SCAN_INTERNAL_H
#define TSDB_SECTION_SCAN_INTERNAL_H

#include "codec/byte_cursor.h"
#include "tsdb/byte_source.h"

struct section_scan {
	struct byte_source *src;
	struct ctx *ctx;
	const char *name;     /* "symbols": in errors */
	uint64_t start;       /* of the contents in the source */
	uint32_t size;        /* of the contents */
	struct byte_cursor c; /* over the window: what is read next, and the bytes behind it */
	uint64_t window_end;  /* in the contents */
	uint8_t *window;      /* in the arena; NULL where the source is in memory */
	size_t window_cap;
	size_t read_bytes; /* at once */
	struct arena *a;
	uint32_t crc; /* of all bytes that were read into the window */
};

/* At the contents of the section at `offset`. `read_bytes` are read at once, into memory of `a`. */
bool section_scan_open(struct section_scan *s, struct byte_source *src, struct ctx *ctx,
		       uint64_t offset, const char *name, size_t read_bytes, struct arena *a,
		       struct err *err);

/* The same where the length has been read before: at `at` of `size` bytes of contents. For reading
 * a part; there is no checksum of it. */
void section_scan_resume(struct section_scan *s, struct byte_source *src, struct ctx *ctx,
			 uint64_t offset, uint32_t size, uint64_t at, const char *name,
			 size_t read_bytes, struct arena *a);
/* Go on at this offset in the contents. */
void section_scan_seek(struct section_scan *s, uint64_t at);
/* Where the cursor stands in the contents. */
uint64_t section_scan_offset(const struct section_scan *s);

/* Make the window hold more, starting at `from`, where the cursor is set back to: after a read that
 * did not fit. Fails when there is no more, so that the entry at `from` is broken. */
bool section_scan_more(struct section_scan *s, const uint8_t *from, struct err *err);

/* Read the rest of the contents and compare the checksum. */
bool section_scan_check(struct section_scan *s, struct err *err);

/* ERR_CORRUPT, naming the source, the section, and where the cursor stands. */
bool section_scan_corrupt(const struct section_scan *s, struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
