#include "compaction/read_window.h"

#include "base/alloc.h"

#include <stdlib.h>

void read_window_init(struct read_window *w, size_t cap)
{
	*w = (struct read_window){.cap = cap};
}

void read_window_done(struct read_window *w)
{
	free(w->p);
	w->p = NULL;
}

void read_window_open(struct read_window *w, struct byte_source *src)
{
	w->src = src;
	w->n = 0;
}

/* Makes the window begin at `offset`; bytes that it has already are not read again. */
static bool move_to(struct read_window *w, struct ctx *ctx, uint64_t offset, size_t want,
		    struct err *err)
{
	size_t kept = 0;

	if (want > w->cap || !w->p) {
		w->cap = want > w->cap ? want : w->cap;
		w->p = xrealloc(w->p, w->cap);
	}
	if (w->n && offset >= w->at && offset < w->at + w->n) {
		kept = (size_t)(w->at + w->n - offset);
		memmove(w->p, w->p + (offset - w->at), kept);
	}
	uint64_t left = w->src->size_bytes - offset;
	size_t n = left < w->cap ? (size_t)left : w->cap;
	w->at = offset;
	w->n = kept;
	if (!byte_source_read(w->src, ctx, offset + kept, w->p + kept, n - kept, err)) {
		w->n = 0;
		return false;
	}
	w->n = n;
	return true;
}

const uint8_t *read_window_get(struct read_window *w, struct ctx *ctx, uint64_t offset, size_t need,
			       size_t *n, struct err *err)
{
	uint64_t left = offset < w->src->size_bytes ? w->src->size_bytes - offset : 0;

	if (left == 0) {
		err_set(err, ERR_CORRUPT, "%s: byte %lu is wanted, it has %lu", w->src->name,
			offset, w->src->size_bytes);
		return NULL;
	}
	if (w->src->memory) {
		*n = (size_t)left;
		return w->src->memory + offset;
	}
	size_t want = need < left ? need : (size_t)left;
	bool is_inside =
	    w->n && offset >= w->at && offset < w->at + w->n && w->at + w->n - offset >= want;
	if (!is_inside && !move_to(w, ctx, offset, want, err))
		return NULL;
	*n = (size_t)(w->at + w->n - offset);
	return w->p + (offset - w->at);
}
