/* read_window.h - reads a source front to back through a window of bounded size.
 *
 * Going back is allowed, and costs a read.
 */
#ifndef COMPACTION_READ_WINDOW_H
#define COMPACTION_READ_WINDOW_H

#include "tsdb/byte_source.h"

struct read_window {
	struct byte_source *src; /* borrowed */
	uint8_t *p;
	size_t cap;
	uint64_t at; /* of its first byte in the source */
	size_t n;
};

/* Reads `cap` bytes at once, more only where more are needed at once. */
void read_window_init(struct read_window *w, size_t cap);
void read_window_done(struct read_window *w);
/* Another source; what was read is forgotten. */
void read_window_open(struct read_window *w, struct byte_source *src);

/* The bytes from `offset` on: at least `need` of them, or all there are up to the end of the
 * source; *n says how many. Borrowed until the next call. NULL on failure. */
const uint8_t *read_window_get(struct read_window *w, struct ctx *ctx, uint64_t offset, size_t need,
			       size_t *n, struct err *err);

#endif
