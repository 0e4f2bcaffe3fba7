/* header_file.c - index-headers on the disk, or in memory where there is none. */
#include "base/alloc.h"
#include "base/fs.h"
#include "block/block_id.h"
#include "block/object_source.h"
#include "store/header_cache_internal.h"

#include <stdlib.h>

#define IMAGE_MAX_BYTES ((size_t)4 << 30) /* of a header that is kept in memory */

static char *folder_of(const struct block_header *h)
{
	const char *data_dir = h->cache->options.data_dir;

	return data_dir ? xasprintf("%s/%s", data_dir, ulid_str(h->id)) : NULL;
}

char *header_path(const struct block_header *h)
{
	const char *data_dir = h->cache->options.data_dir;

	return data_dir && !h->is_dropped
		   ? xasprintf("%s/%s/index-header", data_dir, ulid_str(h->id))
		   : NULL;
}

static struct byte_source *open_index(struct block_header *h, struct ctx *ctx, struct err *err)
{
	struct header_cache *c = h->cache;
	struct object_path name = block_object_path(h->id, INDEX_FILENAME);
	struct object_attrs attrs = {.size_bytes = h->index_bytes};

	if (attrs.size_bytes <= 0 &&
	    !bucket_attrs(c->options.bucket, ctx, str_of(name.s), &attrs, err))
		return NULL;
	return object_source_new(c->options.bucket, str_of(name.s), (uint64_t)attrs.size_bytes);
}

static bool make_file(struct block_header *h, const char *path, struct ctx *ctx, struct err *err)
{
	struct header_cache *c = h->cache;
	int64_t start_ns = clock_monotonic_ns(c->options.clock);
	struct byte_source *index auto_free(byte_source_close) = open_index(h, ctx, err);

	if (!index || !index_header_write(index, ctx, path, err))
		return false;
	header_observe_since(c, c->metrics.download_seconds, start_ns);
	return true;
}

struct buf_sink {
	struct byte_sink base; /* first, so that the two pointers convert */
	struct buf *to;
};

static bool buf_sink_write(struct byte_sink *base, const void *p, size_t n, struct err *err)
{
	return buf_append(((struct buf_sink *)base)->to, p, n) ||
	       err_set(err, ERR_LIMIT, "an index-header of more than %zu bytes", IMAGE_MAX_BYTES);
}

static struct index_header *open_in_memory(struct block_header *h, struct ctx *ctx, struct err *err)
{
	struct header_cache *c = h->cache;
	struct buf image auto_done(buf_done) = BUF_INIT(IMAGE_MAX_BYTES);
	struct buf_sink sink = {{buf_sink_write}, &image};
	int64_t start_ns = clock_monotonic_ns(c->options.clock);
	struct byte_source *index auto_free(byte_source_close) = open_index(h, ctx, err);

	if (!index || !index_header_copy(index, ctx, &sink.base, err))
		return NULL;
	header_observe_since(c, c->metrics.download_seconds, start_ns);
	return index_header_of_copy(byte_source_of_buf("index-header", &image),
				    c->options.keep_every, ctx, err);
}

/* A file that belongs to another index is as good as a damaged one. */
static struct index_header *open_file(struct block_header *h, const char *path, struct ctx *ctx,
				      struct err *err)
{
	struct header_cache *c = h->cache;
	int64_t start_ns = clock_monotonic_ns(c->options.clock);
	struct index_header *open =
	    index_header_open(path, "index-header", c->options.keep_every, ctx, err);

	if (!open)
		return NULL;
	if (h->index_bytes > 0 && open->index_bytes != (uint64_t)h->index_bytes) {
		err_set(err, ERR_CORRUPT, "index-header: of an index of %lu bytes, want %ld",
			open->index_bytes, h->index_bytes);
		index_header_close(open);
		return NULL;
	}
	header_observe_since(c, c->metrics.load_seconds, start_ns);
	return open;
}

static struct index_header *open_or_make_file(struct block_header *h, const char *path,
					      struct ctx *ctx, struct err *err)
{
	struct index_header *open = open_file(h, path, ctx, err);

	if (open || (err->code != ERR_NOT_FOUND && err->code != ERR_CORRUPT))
		return open;
	if (err->code == ERR_CORRUPT)
		log_warn(h->cache->options.logger,
			 "an index-header cannot be used and is made anew",
			 LOG_STR("block", ulid_str(h->id)), LOG_ERR(err));
	return make_file(h, path, ctx, err) ? open_file(h, path, ctx, err) : NULL;
}

void header_remove_folder(const struct block_header *h)
{
	struct err ignored = ERR_INIT;
	char *folder auto_free(mem_free) = folder_of(h);

	if (folder)
		fs_remove_tree(folder, &ignored); /* the next start tries again */
}

bool header_reach(struct block_header *h, const char *path, enum header_goal goal, struct ctx *ctx,
		  struct index_header **open, struct err *err)
{
	if (path && goal == HEADER_ON_DISK)
		return fs_exists(path) || make_file(h, path, ctx, err);
	*open = path ? open_or_make_file(h, path, ctx, err) : open_in_memory(h, ctx, err);
	return *open != NULL;
}
