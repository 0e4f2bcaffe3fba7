#include "block/copy.h"

#include "base/arena.h"
#include "block/block_id.h"
#include "block/meta.h"
#include "model/labels.h"

struct copying {
	struct bucket *from, *to;
	struct ctx *ctx;
	struct arena *a;
	struct str_list chunks;
	size_t n_objects;
};

/* --- one object ------------------------------------------------------------------------------ */

struct writer_sink {
	struct byte_sink base; /* first, so that the two pointers convert */
	struct bucket_writer *writer;
};

static bool write_on(struct byte_sink *base, const void *p, size_t n, struct err *err)
{
	return bucket_writer_write(((struct writer_sink *)base)->writer, p, n, err);
}

static bool copy_bytes(const struct copying *c, struct str name, struct err *err)
{
	struct bucket_writer *w = bucket_put(c->to, c->ctx, name, PUT_REPLACE, err);
	struct writer_sink sink = {{write_on}, w};

	if (!w)
		return false;
	if (!bucket_get(c->from, c->ctx, name, 0, BUCKET_TO_END, &sink.base, err)) {
		bucket_writer_abort(w);
		return false;
	}
	return bucket_writer_commit(w, err);
}

/* An object of another size is what is left of a block that had the same id. */
static bool is_there(const struct copying *c, struct str name, bool *out, struct err *err)
{
	struct object_attrs source, target;
	struct err why = ERR_INIT;

	if (!bucket_attrs(c->from, c->ctx, name, &source, err))
		return false;
	if (bucket_attrs(c->to, c->ctx, name, &target, &why)) {
		*out = source.size_bytes == target.size_bytes;
		return true;
	}
	*out = false;
	if (why.code != ERR_NOT_FOUND)
		*err = why;
	return why.code == ERR_NOT_FOUND;
}

static bool copy_object(struct copying *c, struct str name, struct err *err)
{
	bool exists;

	if (!is_there(c, name, &exists, err) || (!exists && !copy_bytes(c, name, err)))
		return err_wrap(err, "object %.*s", STR_FMT(name));
	c->n_objects += !exists;
	return true;
}

/* --- all of them ----------------------------------------------------------------------------- */

static bool add_chunk(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct copying *c = arg;
	(void)err;

	if (!str_ends(entry->name, STR("/"))) /* some stores list a folder's own marker */
		ARENA_PUSH(c->a, &c->chunks, arena_str(c->a, entry->name));
	return true;
}

static bool copy_files(struct copying *c, struct ulid id, struct err *err)
{
	if (!bucket_list(c->from, c->ctx, block_object(id, CHUNKS_DIRNAME), LIST_DIRECTORY,
			 add_chunk, c, err))
		return false;
	for (size_t i = 0; i < c->chunks.n; i++)
		if (!copy_object(c, c->chunks.v[i], err))
			return false;
	return copy_object(c, block_object(id, INDEX_FILENAME), err);
}

/* *text is the block's meta.json; *is_same: the target has it too, and so all of the block. */
static bool compare_metas(const struct copying *c, struct str name, struct buf *text, bool *is_same,
			  struct err *err)
{
	struct buf target auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);
	struct err why = ERR_INIT;

	if (!bucket_get_bytes(c->from, c->ctx, name, 0, BUCKET_TO_END, text, err))
		return err_wrap(err, "get meta file from origin bucket");
	*is_same = false;
	if (bucket_get_bytes(c->to, c->ctx, name, 0, BUCKET_TO_END, &target, &why)) {
		*is_same = str_eq(buf_str(text), buf_str(&target));
		return true;
	}
	if (why.code == ERR_NOT_FOUND)
		return true;
	*err = why;
	return err_wrap(err, "get meta file from target bucket");
}

static bool copy_block(struct copying *c, struct ulid id, bool *was_there, struct err *err)
{
	struct object_path meta = block_object_path(id, META_FILENAME);
	struct buf text auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);

	if (!compare_metas(c, str_of(meta.s), &text, was_there, err))
		return false;
	if (*was_there)
		return true;
	return copy_files(c, id, err) &&
	       (bucket_put_bytes(c->to, c->ctx, str_of(meta.s), buf_str(&text), PUT_REPLACE, err) ||
		err_wrap(err, "upload meta file"));
}

bool block_copy(struct bucket *from, struct bucket *to, struct ctx *ctx, struct ulid id,
		struct block_copied *out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct copying c = {.from = from, .to = to, .ctx = ctx, .a = a};
	bool was_there = false;

	bool ok = copy_block(&c, id, &was_there, err);
	*out = (struct block_copied){was_there, c.n_objects};
	return ok;
}
