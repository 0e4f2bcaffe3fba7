#include "tools/block_folders.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/vec.h"
#include "block/block_id.h"
#include "block/meta.h"
#include "objstore/filesystem.h"

#include <stdlib.h>

struct block_folder {
	struct ulid id;
	struct bucket *files; /* the folder alone */
};

struct block_folders {
	struct bucket base; /* first, so that the two pointers convert */
	VEC(struct block_folder) folders;
};

/* --- the folders ------------------------------------------------------------------------------ */

static const struct block_folder *find(const struct block_folders *f, struct ulid id)
{
	for (size_t i = 0; i < f->folders.n; i++)
		if (ulid_cmp(f->folders.v[i].id, id) == 0)
			return &f->folders.v[i];
	return NULL;
}

static bool read_id(const char *path, struct ulid *id, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct meta meta;

	if (!meta_read_file(path, a, &meta, err))
		return false;
	*id = meta.id;
	return true;
}

bool block_folders_add(struct block_folders *f, const char *path, struct err *err)
{
	struct block_folder folder;

	if (!read_id(path, &folder.id, err))
		return false;
	if (find(f, folder.id))
		return true;
	folder.files = filesystem_bucket_new(path, err);
	if (!folder.files)
		return false;
	vec_push(&f->folders, folder);
	return true;
}

bool block_folders_add_all(struct block_folders *f, const char *data_dir, struct err *err)
{
	struct fs_names names auto_done(fs_names_done) = {0};
	size_t n_found = 0;
	struct ulid id;

	if (!fs_list(data_dir, &names, err))
		return false;
	for (size_t i = 0; i < names.n; i++) {
		if (!block_id_of(str_of(names.v[i]), &id))
			continue;
		char *path auto_free(mem_free) = xasprintf("%s/%s", data_dir, names.v[i]);
		if (!block_folders_add(f, path, err))
			return false;
		n_found++;
	}
	return n_found > 0 || err_set(err, ERR_NOT_FOUND, "no blocks in %s", data_dir);
}

size_t block_folders_count(const struct block_folders *f)
{
	return f->folders.n;
}

/* --- as a bucket ------------------------------------------------------------------------------ */

/* "<ULID>/meta.json" is meta.json of that folder. */
static const struct block_folder *folder_of(struct bucket *b, struct str name, struct str *below)
{
	struct str head;
	struct ulid id;

	*below = str_split(name, '/', &head);
	return ulid_parse(head, &id) ? find((struct block_folders *)b, id) : NULL;
}

static bool not_there(struct str name, struct err *err)
{
	return err_set(err, ERR_NOT_FOUND, "%.*s is in none of the folders", STR_FMT(name));
}

struct listing {
	struct ulid_text id;
	bucket_list_fn *fn;
	void *arg;
};

static bool list_entry(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct listing *l = arg;
	char *name auto_free(mem_free) = xasprintf("%s/%.*s", l->id.s, STR_FMT(entry->name));
	struct bucket_entry full = *entry;

	full.name = str_of(name);
	return l->fn(&full, l->arg, err);
}

static bool list_root(struct block_folders *f, struct ctx *ctx, enum bucket_list_mode mode,
		      bucket_list_fn *fn, void *arg, struct err *err)
{
	for (size_t i = 0; i < f->folders.n; i++) {
		struct listing l = {ulid_text(f->folders.v[i].id), fn, arg};
		struct bucket_entry top = {.name = STR("")};
		bool ok = mode == LIST_DIRECTORY ? list_entry(&top, &l, err)
						 : bucket_list(f->folders.v[i].files, ctx, STR(""),
							       mode, list_entry, &l, err);
		if (!ok)
			return false;
	}
	return true;
}

static bool folders_list(struct bucket *b, struct ctx *ctx, struct str prefix,
			 enum bucket_list_mode mode, bucket_list_fn *fn, void *arg, struct err *err)
{
	struct block_folders *f = (struct block_folders *)b;
	struct str below;

	if (prefix.n == 0)
		return list_root(f, ctx, mode, fn, arg, err);
	const struct block_folder *folder = folder_of(b, prefix, &below);
	if (!folder)
		return true;
	struct listing l = {ulid_text(folder->id), fn, arg};
	return bucket_list(folder->files, ctx, below, mode, list_entry, &l, err);
}

static bool folders_get(struct bucket *b, struct ctx *ctx, struct str name, int64_t offset,
			int64_t length, struct byte_sink *sink, struct err *err)
{
	struct str below;
	const struct block_folder *folder = folder_of(b, name, &below);

	return folder ? bucket_get(folder->files, ctx, below, offset, length, sink, err)
		      : not_there(name, err);
}

static bool folders_attrs(struct bucket *b, struct ctx *ctx, struct str name,
			  struct object_attrs *out, struct err *err)
{
	struct str below;
	const struct block_folder *folder = folder_of(b, name, &below);

	return folder ? bucket_attrs(folder->files, ctx, below, out, err) : not_there(name, err);
}

static bool read_only(struct err *err)
{
	return err_set(err, ERR_UNSUPPORTED, "folders with blocks are only read");
}

static struct bucket_writer *folders_put(struct bucket *b, struct ctx *ctx, struct str name,
					 enum bucket_put_mode mode, struct err *err)
{
	(void)b, (void)ctx, (void)name, (void)mode;
	read_only(err);
	return NULL;
}

static bool folders_remove(struct bucket *b, struct ctx *ctx, struct str name, struct err *err)
{
	(void)b, (void)ctx, (void)name;
	return read_only(err);
}

static const char *folders_name(struct bucket *b)
{
	(void)b;
	return "folders with blocks";
}

static void folders_close(struct bucket *b)
{
	struct block_folders *f = (struct block_folders *)b;

	for (size_t i = 0; i < f->folders.n; i++)
		bucket_close(f->folders.v[i].files);
	vec_done(&f->folders);
	free(f);
}

static const struct bucket_ops folders_ops = {
    .list = folders_list,
    .get = folders_get,
    .attrs = folders_attrs,
    .put = folders_put,
    .remove = folders_remove,
    .name = folders_name,
    .close = folders_close,
};

struct block_folders *block_folders_new(void)
{
	struct block_folders *f = NEW(struct block_folders);

	f->base.ops = &folders_ops;
	return f;
}

void block_folders_free(struct block_folders *f)
{
	if (f)
		folders_close(&f->base);
}

struct bucket *block_folders_bucket(struct block_folders *f)
{
	return &f->base;
}
