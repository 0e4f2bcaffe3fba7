#include "objstore/part_writer.h"

#include "base/alloc.h"

#include <stdlib.h>

struct part_writer {
	struct bucket_writer base; /* first, so that the two pointers convert */
	struct part_upload *upload;
	struct buf part; /* what is not sent yet */
	bool has_sent;
};

static void part_writer_free(struct part_writer *w)
{
	w->upload->ops->free(w->upload);
	buf_done(&w->part);
	free(w);
}

/* That the object is there already is told in the words that all buckets have for it. */
static bool told(const struct part_writer *w, bool ok, struct err *err)
{
	if (!ok && err->code == ERR_EXISTS && w->upload->mode == PUT_IF_ABSENT)
		err_set(err, ERR_EXISTS, "object %.*s: is in the bucket already",
			STR_FMT(w->upload->name));
	return ok;
}

/* A full part goes only when more is to come: the last one completes. */
static bool make_room(struct part_writer *w, struct err *err)
{
	if (w->part.n < w->part.max)
		return true;
	w->has_sent = true;
	return told(w, w->upload->ops->send(w->upload, &w->part, err), err);
}

static bool writer_write(struct bucket_writer *base, const void *p, size_t n, struct err *err)
{
	struct part_writer *w = (struct part_writer *)base;

	for (struct str rest = str_from(p, n); rest.n;) {
		if (!make_room(w, err))
			return false;
		size_t room = w->part.max - w->part.n, some = rest.n < room ? rest.n : room;
		buf_append(&w->part, rest.p, some);
		rest = str_skip(rest, some);
	}
	return true;
}

static void abandon(struct part_writer *w)
{
	if (w->has_sent && w->upload->ops->abandon)
		w->upload->ops->abandon(w->upload);
}

static void writer_abort(struct bucket_writer *base)
{
	struct part_writer *w = (struct part_writer *)base;

	abandon(w);
	part_writer_free(w);
}

static bool writer_commit(struct bucket_writer *base, struct err *err)
{
	struct part_writer *w = (struct part_writer *)base;
	const struct part_upload_ops *ops = w->upload->ops;
	bool ok = w->has_sent ? ops->complete(w->upload, &w->part, err)
			      : ops->put_whole(w->upload, buf_str(&w->part), err);

	told(w, ok, err);
	if (!ok)
		abandon(w);
	part_writer_free(w);
	return ok;
}

static const struct bucket_writer_ops writer_ops = {writer_write, writer_commit, writer_abort};

struct bucket_writer *part_writer_new(struct part_upload *u, size_t part_bytes)
{
	struct part_writer *w = NEW(struct part_writer);

	*w = (struct part_writer){
	    .base.ops = &writer_ops,
	    .upload = u,
	    .part = BUF_INIT(part_bytes),
	};
	return &w->base;
}
