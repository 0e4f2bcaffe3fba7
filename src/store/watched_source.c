#include "store/watched_source.h"

#include "base/alloc.h"

#include <stdlib.h>

struct watched_source {
	struct byte_source base; /* first, so that the two pointers convert */
	struct byte_source *inner;
	struct source_watcher *watcher;
};

static bool watch(struct watched_source *w, bool ok, const struct err *err)
{
	if (!ok && err->code == ERR_NOT_FOUND)
		w->watcher->on_missing(w->watcher);
	return ok;
}

static bool watched_read(struct byte_source *base, struct ctx *ctx, uint64_t offset, void *to,
			 size_t n, struct err *err)
{
	struct watched_source *w = (struct watched_source *)base;

	return watch(w, byte_source_read(w->inner, ctx, offset, to, n, err), err);
}

static bool watched_copy(struct byte_source *base, struct ctx *ctx, uint64_t from, uint64_t to,
			 struct byte_sink *sink, struct err *err)
{
	struct watched_source *w = (struct watched_source *)base;

	return watch(w, byte_source_copy(w->inner, ctx, from, to, sink, err), err);
}

static void watched_close(struct byte_source *base)
{
	struct watched_source *w = (struct watched_source *)base;

	byte_source_close(w->inner);
	free(w);
}

static const struct byte_source_ops watched_ops = {
    .read = watched_read, .copy = watched_copy, .close = watched_close};

struct byte_source *watched_source_new(struct byte_source *inner, struct source_watcher *watcher)
{
	struct watched_source *w = NEW(struct watched_source);

	w->base = (struct byte_source){.ops = &watched_ops,
				       .name = inner->name,
				       .size_bytes = inner->size_bytes,
				       .memory = inner->memory};
	w->inner = inner;
	w->watcher = watcher;
	return &w->base;
}
