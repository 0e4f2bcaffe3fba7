#include "tsdb/sequential_source.h"

#include "base/alloc.h"

#include <stdlib.h>

struct sequential_source {
	struct byte_source base;   /* first, so that the two pointers convert */
	struct byte_source *below; /* owned */
	size_t window_bytes;
	uint8_t *window; /* bytes [start, start + n) of the source; NULL when there are none */
	uint64_t start;
	size_t n;
};

static void drop_window(struct sequential_source *s)
{
	free(s->window);
	s->window = NULL;
	s->n = 0;
}

static bool is_in_window(const struct sequential_source *s, uint64_t offset, size_t n)
{
	return offset >= s->start && offset + n <= s->start + s->n;
}

static bool fill(struct sequential_source *s, struct ctx *ctx, uint64_t offset, struct err *err)
{
	uint64_t left = s->base.size_bytes - offset;
	size_t n = left < s->window_bytes ? (size_t)left : s->window_bytes;

	if (!s->window)
		s->window = xmalloc(s->window_bytes);
	s->n = 0;
	if (!byte_source_read(s->below, ctx, offset, s->window, n, err))
		return false;
	s->start = offset;
	s->n = n;
	return true;
}

static bool sequential_read(struct byte_source *src, struct ctx *ctx, uint64_t offset, void *to,
			    size_t n, struct err *err)
{
	struct sequential_source *s = (struct sequential_source *)src;

	if (n == 0)
		return true;
	if (n >= s->window_bytes)
		return byte_source_read(s->below, ctx, offset, to, n, err);
	if (!is_in_window(s, offset, n) && !fill(s, ctx, offset, err))
		return false;
	memcpy(to, s->window + (offset - s->start), n);
	if (offset + n == s->base.size_bytes)
		drop_window(s);
	return true;
}

static void sequential_close(struct byte_source *src)
{
	struct sequential_source *s = (struct sequential_source *)src;

	byte_source_close(s->below);
	drop_window(s);
	free(s);
}

static const struct byte_source_ops sequential_ops = {sequential_read, sequential_close};

struct byte_source *sequential_source_new(struct byte_source *src, size_t window_bytes)
{
	if (src->memory)
		return src;
	struct sequential_source *s = NEW(struct sequential_source);
	s->base = (struct byte_source){
	    .ops = &sequential_ops,
	    .name = src->name,
	    .size_bytes = src->size_bytes,
	};
	s->below = src;
	s->window_bytes = window_bytes;
	return &s->base;
}
