#include "block/delete.h"

#include "base/arena.h"
#include "block/block_id.h"
#include "block/markers.h"
#include "block/meta.h"

static bool remove_if_there(struct bucket *b, struct ctx *ctx, struct str name, struct err *err)
{
	return bucket_remove(b, ctx, name, err) || err->code == ERR_NOT_FOUND;
}

struct names {
	struct arena *arena;
	struct {
		struct str *v;
		size_t n, cap;
	} all;
};

static bool collect(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct names *names = arg;
	(void)err;

	ARENA_PUSH(names->arena, &names->all, arena_str(names->arena, entry->name));
	return true;
}

/* All but meta.json, which is gone already, and the mark that says so. */
static bool remove_files(struct bucket *b, struct ctx *ctx, struct ulid id, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct object_path mark = block_object_path(id, mark_filename(MARK_DELETION));
	struct object_path meta = block_object_path(id, META_FILENAME);
	struct names names = {.arena = a};

	if (!bucket_list(b, ctx, str_of(ulid_str(id)), LIST_RECURSIVE, collect, &names, err))
		return false;
	for (size_t i = 0; i < names.all.n; i++) {
		struct str name = names.all.v[i];
		if (str_is(name, mark.s) || str_is(name, meta.s))
			continue;
		if (!remove_if_there(b, ctx, name, err))
			return false;
	}
	return true;
}

/* Some stores keep directories as empty objects. Nothing depends on them. */
static void remove_directory_markers(struct bucket *b, struct ctx *ctx, struct ulid id)
{
	struct err ignored = ERR_INIT;

	bucket_remove(b, ctx, block_object(id, CHUNKS_DIRNAME "/"), &ignored);
	bucket_remove(b, ctx, block_object(id, ""), &ignored);
}

bool block_delete(struct bucket *b, struct ctx *ctx, struct ulid id, struct err *err)
{
	if (!remove_if_there(b, ctx, block_object(id, META_FILENAME), err) ||
	    !remove_files(b, ctx, id, err) ||
	    !remove_if_there(b, ctx, block_object(id, mark_filename(MARK_DELETION)), err))
		return err_wrap(err, "delete block %s", ulid_str(id));
	remove_directory_markers(b, ctx, id);
	return true;
}
