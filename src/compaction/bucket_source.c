#include "compaction/bucket_source.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/vec.h"
#include "block/block_id.h"
#include "block/object_source.h"
#include "compaction/read_ahead.h"

#include <stdlib.h>

/* Two of them are held for each block. */
enum { PIECE_BYTES = 4 << 20 };

struct segment {
	char *name; /* of the object */
	int64_t size_bytes;
};

struct segment_list {
	VEC(struct segment) found;
};

static bool add_segment(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct segment_list *list = arg;
	struct segment s = {.size_bytes = entry->has_attrs ? entry->attrs.size_bytes : -1};
	(void)err;

	if (str_ends(entry->name, STR("/")))
		return true;
	s.name = str_dup(entry->name);
	vec_push(&list->found, s);
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct segment *)a)->name, ((const struct segment *)b)->name);
}

static void segment_list_done(struct segment_list *list)
{
	for (size_t i = 0; i < list->found.n; i++)
		free(list->found.v[i].name);
	vec_done(&list->found);
}

/* All segments in order, with their sizes. */
static bool list_segments(struct bucket *b, struct ctx *ctx, struct ulid id,
			  struct segment_list *list, struct err *err)
{
	struct object_attrs attrs;

	if (!bucket_list(b, ctx, block_object(id, CHUNKS_DIRNAME), LIST_DIRECTORY, add_segment,
			 list, err))
		return false;
	if (list->found.n)
		qsort(list->found.v, list->found.n, sizeof(struct segment), by_name);
	for (size_t i = 0; i < list->found.n; i++) {
		struct segment *s = &list->found.v[i];
		if (s->size_bytes >= 0)
			continue;
		if (!bucket_attrs(b, ctx, str_of(s->name), &attrs, err))
			return false;
		s->size_bytes = attrs.size_bytes;
	}
	return true;
}

/* An index that is there came from the same object, which never changes. */
static bool fetch_index(struct bucket *b, struct ctx *ctx, const struct meta *meta,
			const char *path, struct err *err)
{
	int64_t size_bytes = meta_file_size(meta, STR(INDEX_FILENAME));
	struct err ignored;
	struct fs_info info;

	if (size_bytes > 0 && fs_stat(path, &info, &ignored) && info.size_bytes == size_bytes)
		return true;
	return bucket_get_file(b, ctx, block_object(meta->id, INDEX_FILENAME), path, err);
}

static struct source_block *open_sources(struct bucket *b, struct ctx *ctx, const struct meta *meta,
					 const char *index_path, const struct segment_list *list,
					 struct pool *pool, struct err *err)
{
	struct byte_source **segments auto_free(mem_free) =
	    xcalloc(list->found.n + 1, sizeof(*segments));
	struct byte_source *index = byte_source_open_file(index_path, INDEX_FILENAME, err);

	if (!index)
		return NULL;
	for (size_t i = 0; i < list->found.n; i++) {
		const struct segment *s = &list->found.v[i];
		struct byte_source *object =
		    object_source_new(b, str_of(s->name), (uint64_t)s->size_bytes);
		segments[i] = read_ahead_new(object, PIECE_BYTES, pool, ctx);
	}
	return source_block_new(&(struct source_options){.name = ulid_str(meta->id),
							 .index = index,
							 .segments = segments,
							 .n_segments = list->found.n,
							 .ctx = ctx,
							 .has_range = true,
							 .min_t_ms = meta->min_t_ms,
							 .max_t_ms = meta->max_t_ms},
				err);
}

struct source_block *bucket_source_open(struct bucket *b, struct ctx *ctx, const struct meta *meta,
					const char *dir, struct pool *pool, struct err *err)
{
	char *path auto_free(mem_free) = xasprintf("%s/" INDEX_FILENAME, dir);
	struct segment_list list = {0};
	struct source_block *source = NULL;

	bool ok = fs_mkdirs(dir, err) && fetch_index(b, ctx, meta, path, err) &&
		  list_segments(b, ctx, meta->id, &list, err);
	if (ok)
		source = open_sources(b, ctx, meta, path, &list, pool, err);
	else
		err_wrap(err, "block %s", ulid_str(meta->id));
	segment_list_done(&list);
	return source;
}
