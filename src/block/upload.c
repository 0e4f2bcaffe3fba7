#include "block/upload.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/pool.h"
#include "block/block_id.h"
#include "block/meta.h"

#include <stdlib.h>

struct upload {
	struct bucket *bucket;
	struct ctx *ctx;
	const char *dir;
	struct arena *arena;
	const struct block_upload_options *options;
	struct meta meta;
	size_t n_chunk_files; /* the first of meta.files */
};

static char *path_of(const struct upload *u, struct str file)
{
	return arena_printf(u->arena, "%s/%.*s", u->dir, STR_FMT(file));
}

static struct str object_of(const struct upload *u, struct str file)
{
	return str_of(arena_printf(u->arena, "%s/%.*s", ulid_str(u->meta.id), STR_FMT(file)));
}

static bool describe_file(const struct upload *u, struct str file, struct meta_file *out,
			  struct err *err)
{
	char *path = path_of(u, file);
	struct fs_info info;

	if (!fs_stat(path, &info, err))
		return false;
	*out = (struct meta_file){.path = file, .size_bytes = info.size_bytes};
	if (u->options->hash == BLOCK_HASH_NONE)
		return true;
	out->hash_func = block_hash_name(u->options->hash);
	return block_hash_file(u->options->hash, path, u->arena, &out->hash, err);
}

/* In ascending order: chunks/..., index, meta.json; the last without size. */
static bool describe_files(struct upload *u, struct err *err)
{
	char *chunks_dir = path_of(u, STR(CHUNKS_DIRNAME));
	struct fs_names names auto_done(fs_names_done) = {0};

	if (!fs_list(chunks_dir, &names, err))
		return false;
	struct meta *m = &u->meta;
	m->files = ARENA_ARRAY(u->arena, struct meta_file, names.n + 2);
	m->n_files = names.n + 2;
	u->n_chunk_files = names.n;
	for (size_t i = 0; i < names.n; i++) {
		struct str file = str_of(arena_printf(u->arena, CHUNKS_DIRNAME "/%s", names.v[i]));
		if (!describe_file(u, file, &m->files[i], err))
			return false;
	}
	m->files[names.n + 1].path = STR(META_FILENAME);
	return describe_file(u, STR(INDEX_FILENAME), &m->files[names.n], err);
}

static bool upload_file(const struct upload *u, struct str file, struct err *err)
{
	return bucket_put_file(u->bucket, u->ctx, object_of(u, file), path_of(u, file), err);
}

/* --- chunk files, several at once ---------------------------------------------------------- */

struct chunk_upload {
	struct bucket *bucket;
	struct ctx *ctx; /* of all of them: the first failure cancels the others */
	struct str object;
	const char *path;
	struct err err;
	bool ok;
};

static void run_chunk_upload(void *arg)
{
	struct chunk_upload *c = arg;

	c->ok = bucket_put_file(c->bucket, c->ctx, c->object, c->path, &c->err);
	if (!c->ok)
		ctx_cancel(c->ctx, ERR_CANCELED, "upload of %s failed", c->path);
}

/* The failure that came first, not the cancellations it caused. */
static bool check_chunk_uploads(const struct chunk_upload *v, size_t n, struct err *err)
{
	const struct chunk_upload *failed = NULL;

	for (size_t i = 0; i < n; i++)
		if (!v[i].ok && (!failed || failed->err.code == ERR_CANCELED))
			failed = &v[i];
	if (failed)
		*err = failed->err;
	return failed == NULL;
}

static bool upload_chunks_at_once(const struct upload *u, struct err *err)
{
	struct ctx *ctx auto_free(ctx_free) = ctx_new(u->ctx, CTX_NO_DEADLINE);
	struct pool *pool auto_free(pool_free) = pool_new(&(const struct pool_options){
	    .name = "upload",
	    .max_threads = u->options->concurrency,
	    .max_backlog = u->options->concurrency,
	});
	struct chunk_upload *all = ARENA_ARRAY(u->arena, struct chunk_upload, u->n_chunk_files);

	for (size_t i = 0; i < u->n_chunk_files; i++) {
		struct str file = u->meta.files[i].path;
		all[i] = (struct chunk_upload){
		    .bucket = u->bucket,
		    .ctx = ctx,
		    .object = object_of(u, file),
		    .path = path_of(u, file),
		};
		/* What no thread takes, because the work was canceled, fails with that reason. */
		pool_submit_wait(pool, ctx, run_chunk_upload, &all[i], &all[i].err);
	}
	pool_drain(pool, NULL, err);
	return check_chunk_uploads(all, u->n_chunk_files, err);
}

static bool upload_chunks(const struct upload *u, struct err *err)
{
	if (u->options->concurrency > 1)
		return upload_chunks_at_once(u, err);
	for (size_t i = 0; i < u->n_chunk_files; i++)
		if (!upload_file(u, u->meta.files[i].path, err))
			return false;
	return true;
}

/* --- what arrived -------------------------------------------------------------------------- */

struct arrivals {
	const struct upload *u;
	bool *arrived; /* of each of meta.files: the bucket shows it with its size */
};

/* All of meta.files but meta.json itself. */
static size_t n_objects(const struct upload *u)
{
	return u->meta.n_files - 1;
}

static bool note_arrival(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct arrivals *seen = arg;
	const struct meta *m = &seen->u->meta;
	struct str file = entry->name;
	(void)err;

	if (!entry->has_attrs || file.n <= ULID_LEN)
		return true;
	file = str_skip(file, ULID_LEN + 1);
	for (size_t i = 0; i < n_objects(seen->u); i++)
		if (str_eq(m->files[i].path, file) &&
		    m->files[i].size_bytes == entry->attrs.size_bytes)
			seen->arrived[i] = true;
	return true;
}

static bool check_object(const struct upload *u, const struct meta_file *file, struct err *err)
{
	struct object_attrs attrs;

	if (!bucket_attrs(u->bucket, u->ctx, object_of(u, file->path), &attrs, err))
		return err_wrap(err, "check of %.*s", STR_FMT(file->path));
	return attrs.size_bytes == file->size_bytes ||
	       err_set(err, ERR_UNAVAILABLE,
		       "check of %.*s: %lld bytes were sent, and the bucket has %lld",
		       STR_FMT(file->path), (long long)file->size_bytes,
		       (long long)attrs.size_bytes);
}

/* One listing tells the sizes of all; it may be late, so that an object counts as missing or
 * short only when the store says so of the object itself. */
static bool check_arrivals(const struct upload *u, struct err *err)
{
	size_t n = n_objects(u);
	struct arrivals seen = {.u = u, .arrived = ARENA_ARRAY(u->arena, bool, n)};

	memset(seen.arrived, 0, n * sizeof(bool));
	if (!bucket_list(u->bucket, u->ctx, str_of(ulid_str(u->meta.id)), LIST_RECURSIVE,
			 note_arrival, &seen, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!seen.arrived[i] && !check_object(u, &u->meta.files[i], err))
			return false;
	return true;
}

static bool upload_meta(struct upload *u, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);

	meta_set_upload_time(&u->meta, u->arena, clock_wall_ms(u->options->clock));
	meta_write(&u->meta, &text);
	if (text.overflowed)
		return err_set(err, ERR_LIMIT, "meta.json: more than %d bytes", META_MAX_BYTES);
	return bucket_put_bytes(u->bucket, u->ctx, object_of(u, STR(META_FILENAME)), buf_str(&text),
				PUT_REPLACE, err);
}

static bool read_meta(struct upload *u, struct err *err)
{
	struct ulid id;

	if (!block_id_of(str_of(u->dir), &id))
		return err_set(err, ERR_INVALID, "not named by a ULID");
	if (!meta_read_file(u->dir, u->arena, &u->meta, err))
		return false;
	if (u->meta.labels.n == 0)
		return err_set(err, ERR_INVALID,
			       "empty external labels are not allowed for a block in the bucket");
	u->meta.id = id;
	return true;
}

bool block_upload(struct bucket *b, struct ctx *ctx, const char *dir,
		  const struct block_upload_options *options, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct upload u = {.bucket = b, .ctx = ctx, .dir = dir, .arena = a, .options = options};

	if (read_meta(&u, err) && describe_files(&u, err) && upload_chunks(&u, err) &&
	    upload_file(&u, STR(INDEX_FILENAME), err) && check_arrivals(&u, err) &&
	    upload_meta(&u, err))
		return true;
	return err_wrap(err, "upload block %s", dir);
}
