#include "block/download.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/lock.h"
#include "block/block_id.h"
#include "block/meta.h"
#include "block/workers.h"

#include <stdatomic.h>
#include <stdlib.h>

struct object {
	struct str name;
	const char *path;
	int64_t size_bytes; /* -1: the listing does not tell */
};

struct download {
	struct bucket *bucket;
	struct ctx *ctx; /* of all files: the first failure cancels the others */
	const char *dir;
	struct arena *arena;
	size_t prefix_bytes; /* "<ULID>/" */
	struct {
		struct object *v;
		size_t n, cap;
	} files;
	_Atomic size_t next;
	struct mutex mu;
	struct err err;  /* guarded by mu; the first failure */
	bool has_failed; /* guarded by mu */
};

static bool is_segment(struct str file)
{
	struct str prefix = STR(CHUNKS_DIRNAME "/");

	return str_starts(file, prefix) && file.n > prefix.n &&
	       !memchr(file.p + prefix.n, '/', file.n - prefix.n);
}

static bool list_object(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct download *d = arg;
	(void)err;

	if (entry->name.n <= d->prefix_bytes)
		return true;
	struct str file =
	    str_from(entry->name.p + d->prefix_bytes, entry->name.n - d->prefix_bytes);
	if (!str_is(file, INDEX_FILENAME) && !is_segment(file))
		return true;
	struct object o = {
	    .name = arena_str(d->arena, entry->name),
	    .path = arena_printf(d->arena, "%s/%.*s", d->dir, STR_FMT(file)),
	    .size_bytes = entry->has_attrs ? entry->attrs.size_bytes : -1,
	};
	ARENA_PUSH(d->arena, &d->files, o);
	return true;
}

static bool is_there(struct download *d, const struct object *o)
{
	struct object_attrs attrs = {.size_bytes = o->size_bytes};
	struct err ignored = ERR_INIT;
	struct fs_info info;

	if (!fs_exists(o->path) || !fs_stat(o->path, &info, &ignored))
		return false;
	if (attrs.size_bytes < 0 && !bucket_attrs(d->bucket, d->ctx, o->name, &attrs, &ignored))
		return false;
	return info.size_bytes == attrs.size_bytes;
}

static void fail(struct download *d, const struct err *err)
{
	MUTEX_HOLD(&d->mu);
	if (d->has_failed)
		return;
	d->has_failed = true;
	d->err = *err;
}

static void fetch_files(void *arg)
{
	struct download *d = arg;
	struct err err = ERR_INIT;
	size_t i;

	while ((i = d->next++) < d->files.n) {
		const struct object *o = &d->files.v[i];
		if (is_there(d, o) || bucket_get_file(d->bucket, d->ctx, o->name, o->path, &err))
			continue;
		fail(d, &err);
		ctx_cancel(d->ctx, ERR_CANCELED, "another file of the block failed");
		return;
	}
}

static bool has_index(const struct download *d)
{
	for (size_t i = 0; i < d->files.n; i++)
		if (d->files.v[i].name.n == d->prefix_bytes + strlen(INDEX_FILENAME))
			return true;
	return false;
}

static bool download(struct download *d, struct ulid id, unsigned concurrency, struct err *err)
{
	char *chunks = arena_printf(d->arena, "%s/" CHUNKS_DIRNAME, d->dir);
	char *meta = arena_printf(d->arena, "%s/" META_FILENAME, d->dir);

	if (!fs_mkdirs(chunks, err) || !bucket_list(d->bucket, d->ctx, str_of(ulid_str(id)),
						    LIST_RECURSIVE, list_object, d, err))
		return false;
	if (!has_index(d))
		return err_set(err, ERR_NOT_FOUND, "it has no index");
	block_workers_run(concurrency, d->files.n, fetch_files, d);
	if (d->has_failed) {
		*err = d->err;
		return false;
	}
	return bucket_get_file(d->bucket, d->ctx, block_object(id, META_FILENAME), meta, err);
}

bool block_download(struct bucket *b, struct ctx *ctx, struct ulid id, const char *dir,
		    const struct block_download_options *options, struct err *err)
{
	struct ctx *files_ctx auto_free(ctx_free) = ctx_new(ctx, CTX_NO_DEADLINE);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct download d = {
	    .bucket = b,
	    .ctx = files_ctx,
	    .dir = dir,
	    .arena = a,
	    .prefix_bytes = ULID_LEN + 1,
	    .mu = MUTEX_INIT(RANK_BLOCK),
	};

	bool ok = download(&d, id, options->concurrency, err);
	mutex_done(&d.mu);
	return ok || err_wrap(err, "download block %s", ulid_str(id));
}
