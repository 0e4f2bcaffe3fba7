#include "objstore/part_writer.h"

#include "base/alloc.h"
#include "base/hash.h"

#include <stdlib.h>

struct part_writer {
	struct bucket_writer base; /* first, so that the two pointers convert */
	struct part_upload *upload;
	struct bucket *bucket;
	struct ctx *ctx;
	struct buf part; /* what is not sent yet */
	bool has_sent;
	XXH64_state_t *hash; /* of all that was written */
	uint64_t n_written;
};

static void part_writer_free(struct part_writer *w)
{
	w->upload->ops->free(w->upload);
	buf_done(&w->part);
	XXH64_freeState(w->hash);
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

/* --- was it us? ------------------------------------------------------------------------------- */

struct comparing_sink {
	struct byte_sink base; /* first, so that the two pointers convert */
	XXH64_state_t *hash;   /* owned */
	uint64_t n_read;
};

static bool compare(struct byte_sink *base, const void *p, size_t n, struct err *err)
{
	struct comparing_sink *sink = (struct comparing_sink *)base;

	(void)err;
	XXH64_update(sink->hash, p, n);
	sink->n_read += n;
	return true;
}

/* Whether the object has the bytes that were written. An object that cannot be read stays in doubt.
 */
static bool is_ours(struct part_writer *w)
{
	struct comparing_sink sink = {.base.write = compare, .hash = XXH64_createState()};
	struct err why = ERR_INIT;

	XXH64_reset(sink.hash, 0);
	bool is_read =
	    bucket_get(w->bucket, w->ctx, w->upload->name, 0, BUCKET_TO_END, &sink.base, &why);
	bool is_same = is_read && sink.n_read == w->n_written &&
		       XXH64_digest(sink.hash) == XXH64_digest(w->hash);
	XXH64_freeState(sink.hash);
	w->upload->is_doubtful = !is_read && why.code != ERR_NOT_FOUND;
	return is_same;
}

/* --- writing ---------------------------------------------------------------------------------- */

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

	XXH64_update(w->hash, p, n);
	w->n_written += n;
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

	if (!ok && w->upload->is_doubtful &&
	    (err->code == ERR_EXISTS || err->code == ERR_NOT_FOUND))
		ok = is_ours(w);
	told(w, ok, err);
	if (!ok)
		abandon(w);
	part_writer_free(w);
	return ok;
}

static const struct bucket_writer_ops writer_ops = {writer_write, writer_commit, writer_abort};

struct bucket_writer *part_writer_new(struct part_upload *u, struct bucket *bucket, struct ctx *ctx,
				      size_t part_bytes)
{
	struct part_writer *w = NEW(struct part_writer);

	*w = (struct part_writer){
	    .base.ops = &writer_ops,
	    .upload = u,
	    .bucket = bucket,
	    .ctx = ctx,
	    .part = BUF_INIT(part_bytes),
	};
	w->hash = XXH64_createState();
	XXH64_reset(w->hash, 0);
	return &w->base;
}
