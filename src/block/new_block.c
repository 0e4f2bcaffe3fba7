#include "block/new_block.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "block/block_id.h"
#include "tsdb/tombstones.h"

#include <stdlib.h>

struct new_block {
	struct ulid id;
	char *dir;
	char *tmp; /* NULL once the block has its name */
	struct block_writer *writer;
};

struct new_block *new_block_open(const char *dir, struct ulid id,
				 const struct block_writer_options *options, struct err *err)
{
	struct new_block *b auto_free(new_block_close) = NEW(struct new_block);

	b->id = id;
	b->dir = xstrdup(dir);
	b->tmp = xasprintf("%s/%s.tmp-for-creation", dir, ulid_str(id));
	b->writer = fs_remove_tree(b->tmp, err) ? block_writer_open(b->tmp, options, err) : NULL;
	return b->writer ? take(b) : NULL;
}

void new_block_close(struct new_block *b)
{
	struct err ignored; /* what is left is removed at the next start */

	if (!b)
		return;
	block_writer_close(b->writer);
	if (b->tmp)
		fs_remove_tree(b->tmp, &ignored);
	free(b->tmp);
	free(b->dir);
	free(b);
}

struct block_writer *new_block_writer(struct new_block *b)
{
	return b->writer;
}

static void fill_in(struct meta *meta, struct ulid id, const struct block_stats *stats)
{
	meta->id = id;
	meta->stats = (struct meta_stats){
	    .n_samples = stats->n_float_samples + stats->n_histogram_samples,
	    .n_float_samples = stats->n_float_samples,
	    .n_histogram_samples = stats->n_histogram_samples,
	    .n_series = stats->n_series,
	    .n_chunks = stats->n_chunks,
	};
	meta->series_max_bytes = (int64_t)stats->series_max_bytes;
	meta->chunk_max_bytes = (int64_t)stats->chunk_max_bytes;
}

bool new_block_commit(struct new_block *b, struct ctx *ctx, struct meta *meta, struct err *err)
{
	char *name auto_free(mem_free) = xasprintf("%s/%s", b->dir, ulid_str(b->id));
	char *tombstones auto_free(mem_free) = xasprintf("%s/tombstones", b->tmp);
	struct block_stats stats;

	if (!block_writer_finish(b->writer, ctx, &stats, err))
		return err_wrap(err, "block %s", ulid_str(b->id));
	fill_in(meta, b->id, &stats);
	if (!tombstones_write(tombstones, NULL, 0, err) || !meta_write_file(meta, b->tmp, err) ||
	    !fs_sync_dir(b->tmp, err) || !fs_rename(b->tmp, name, err))
		return err_wrap(err, "block %s", ulid_str(b->id));
	free(take(b->tmp));
	return fs_sync_dir(b->dir, err);
}
