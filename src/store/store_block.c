#include "store/store_block.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/lock.h"
#include "block/block_id.h"
#include "block/object_source.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* An open header keeps its file open. */
enum { OPEN_HEADERS_MAX = 4096 };

struct store_block {
	struct store_block_options options;
	struct meta *meta;
	_Atomic size_t n_refs;
	_Atomic bool is_dropped;
	struct byte_source *index;
	char *header_path; /* NULL: none */

	/* Guarded by the cache's mutex. */
	struct index_header *header; /* NULL: not open */
	size_t header_bytes;
	size_t n_users;                    /* of the header */
	struct store_block *newer, *older; /* open headers nobody uses, in the order of last use */
};

/* --- open headers -------------------------------------------------------------------------- */

struct header_cache {
	struct mutex mu;
	size_t budget_bytes;
	size_t used_bytes; /* of all open headers */
	size_t n_open;
	struct store_block *newest; /* of those that nobody uses */
	struct store_block *oldest;
};

struct header_cache *header_cache_new(size_t budget_bytes)
{
	struct header_cache *c = NEW(struct header_cache);

	mutex_init(&c->mu, RANK_CACHE);
	c->budget_bytes = budget_bytes;
	return c;
}

void header_cache_free(struct header_cache *c)
{
	if (!c)
		return;
	mutex_done(&c->mu);
	free(c);
}

/* With mu held. */
static void unlink_idle(struct header_cache *c, struct store_block *b)
{
	*(b->newer ? &b->newer->older : &c->newest) = b->older;
	*(b->older ? &b->older->newer : &c->oldest) = b->newer;
	b->newer = b->older = NULL;
}

static void link_idle(struct header_cache *c, struct store_block *b)
{
	b->older = c->newest;
	*(c->newest ? &c->newest->newer : &c->oldest) = b;
	c->newest = b;
}

static void close_header(struct header_cache *c, struct store_block *b)
{
	c->used_bytes -= b->header_bytes;
	c->n_open--;
	index_header_close(b->header);
	b->header = NULL;
}

static void close_beyond_budget(struct header_cache *c)
{
	while (c->oldest && (c->used_bytes > c->budget_bytes || c->n_open > OPEN_HEADERS_MAX)) {
		struct store_block *b = c->oldest;
		unlink_idle(c, b);
		close_header(c, b);
	}
}

/* Use the open header, if there is one. */
static bool use_header(struct header_cache *c, struct store_block *b)
{
	mutex_lock(&c->mu);
	bool open = b->header != NULL;
	if (open && b->n_users++ == 0)
		unlink_idle(c, b);
	mutex_unlock(&c->mu);
	return open;
}

/* Begin to use a header just opened; another thread may have been faster. */
static void add_header(struct header_cache *c, struct store_block *b, struct index_header *h)
{
	struct index_header *superfluous = NULL;

	mutex_lock(&c->mu);
	if (b->header) {
		superfluous = h;
		if (b->n_users == 0)
			unlink_idle(c, b);
	} else {
		b->header = h;
		b->header_bytes = index_header_memory_bytes(h);
		c->used_bytes += b->header_bytes;
		c->n_open++;
	}
	b->n_users++;
	close_beyond_budget(c);
	mutex_unlock(&c->mu);
	index_header_close(superfluous);
}

void store_block_put_header(struct store_block *b)
{
	struct header_cache *c = b->options.headers;

	mutex_lock(&c->mu);
	if (--b->n_users == 0)
		link_idle(c, b);
	close_beyond_budget(c);
	mutex_unlock(&c->mu);
}

static struct index_header *open_header(struct store_block *b, struct ctx *ctx, struct err *err)
{
	char name[ULID_LEN + 32];

	if (!b->header_path || b->is_dropped)
		return index_header_of_index(object_source_new(b->options.bucket,
							       str_of(b->index->name),
							       b->index->size_bytes),
					     ctx, err);
	snprintf(name, sizeof(name), "%s/index-header", ulid_str(b->meta->id));
	struct index_header *h = index_header_open(b->header_path, name, ctx, err);
	if (h || (err->code != ERR_NOT_FOUND && err->code != ERR_CORRUPT))
		return h;
	if (!index_header_write(b->index, ctx, b->header_path, err))
		return NULL;
	return index_header_open(b->header_path, name, ctx, err);
}

const struct index_header *store_block_get_header(struct store_block *b, struct ctx *ctx,
						  struct err *err)
{
	if (!use_header(b->options.headers, b)) {
		struct index_header *h = open_header(b, ctx, err);
		if (!h)
			return NULL;
		add_header(b->options.headers, b, h);
	}
	return b->header;
}

/* --- life ---------------------------------------------------------------------------------- */

static bool check_resolution(const struct meta *m, struct err *err)
{
	if (m->resolution_ms == 0 || m->resolution_ms == 300000 || m->resolution_ms == 3600000)
		return true;
	return err_set(err, ERR_UNSUPPORTED, "unsupported downsampling resolution %" PRId64,
		       m->resolution_ms);
}

static bool open_index(struct store_block *b, struct ctx *ctx, struct err *err)
{
	struct object_path name = block_object_path(b->meta->id, INDEX_FILENAME);
	int64_t size_bytes = meta_file_size(b->meta, STR(INDEX_FILENAME));
	struct object_attrs attrs;

	if (size_bytes <= 0) {
		if (!bucket_attrs(b->options.bucket, ctx, str_of(name.s), &attrs, err))
			return false;
		size_bytes = attrs.size_bytes;
	}
	b->index = object_source_new(b->options.bucket, str_of(name.s), (uint64_t)size_bytes);
	if (b->options.data_dir)
		b->header_path =
		    xasprintf("%s/%s/index-header", b->options.data_dir, ulid_str(b->meta->id));
	return true;
}

struct store_block *store_block_open(const struct store_block_options *options, struct meta *meta,
				     struct ctx *ctx, struct err *err)
{
	struct store_block *b = NEW(struct store_block);

	b->options = *options;
	b->meta = meta_ref(meta);
	b->n_refs = 1;
	if (check_resolution(meta, err) && open_index(b, ctx, err) &&
	    store_block_get_header(b, ctx, err)) {
		store_block_put_header(b);
		return b;
	}
	err_wrap(err, "load block %s", ulid_str(meta->id));
	store_block_unref(b);
	return NULL;
}

struct store_block *store_block_ref(struct store_block *b)
{
	b->n_refs++;
	return b;
}

void store_block_drop(struct store_block *b)
{
	struct err ignored = ERR_INIT;

	b->is_dropped = true;
	if (!b->options.data_dir)
		return;
	char *dir auto_free(mem_free) =
	    xasprintf("%s/%s", b->options.data_dir, ulid_str(b->meta->id));
	fs_remove_tree(dir, &ignored); /* the next start tries again */
}

void store_block_unref(struct store_block *b)
{
	if (!b || --b->n_refs > 0)
		return;
	struct header_cache *c = b->options.headers;
	mutex_lock(&c->mu);
	if (b->header) {
		unlink_idle(c, b);
		close_header(c, b);
	}
	mutex_unlock(&c->mu);
	byte_source_close(b->index);
	free(b->header_path);
	meta_unref(b->meta);
	free(b);
}

const struct meta *store_block_meta(const struct store_block *b)
{
	return b->meta;
}

struct ulid store_block_id(const struct store_block *b)
{
	return b->meta->id;
}

struct byte_source *store_block_index(struct store_block *b)
{
	return b->index;
}

bool store_block_read_chunks(struct store_block *b, struct ctx *ctx, uint32_t segment,
			     uint64_t start, uint64_t end, struct buf *out, struct err *err)
{
	char file[32];

	snprintf(file, sizeof(file), CHUNKS_DIRNAME "/%06" PRIu32, segment + 1);
	return bucket_get_bytes(b->options.bucket, ctx, block_object(b->meta->id, file),
				(int64_t)start, (int64_t)(end - start), out, err);
}
