#include "store/store_block.h"

#include "base/alloc.h"
#include "block/block_id.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct store_block {
	struct bucket *bucket;
	struct meta *meta;
	struct block_header *header;
	_Atomic size_t n_refs;
};

static bool check_resolution(const struct meta *m, struct err *err)
{
	if (m->resolution_ms == 0 || m->resolution_ms == 300000 || m->resolution_ms == 3600000)
		return true;
	return err_set(err, ERR_UNSUPPORTED,
		       "load block %s: unsupported downsampling resolution %" PRId64,
		       ulid_str(m->id), m->resolution_ms);
}

struct store_block *store_block_open(const struct store_block_options *options, struct meta *meta,
				     struct err *err)
{
	if (!check_resolution(meta, err))
		return NULL;

	struct store_block *b = NEW(struct store_block);
	int64_t index_bytes = meta_file_size(meta, STR(INDEX_FILENAME));
	b->bucket = options->bucket;
	b->meta = meta_ref(meta);
	b->header = block_header_new(options->headers, meta->id, index_bytes > 0 ? index_bytes : 0);
	b->n_refs = 1;
	return b;
}

struct store_block *store_block_ref(struct store_block *b)
{
	b->n_refs++;
	return b;
}

void store_block_unref(struct store_block *b)
{
	if (!b || --b->n_refs > 0)
		return;
	block_header_unref(b->header);
	meta_unref(b->meta);
	free(b);
}

void store_block_drop(struct store_block *b)
{
	block_header_drop(b->header);
}

const struct meta *store_block_meta(const struct store_block *b)
{
	return b->meta;
}

struct ulid store_block_id(const struct store_block *b)
{
	return b->meta->id;
}

struct block_header *store_block_header(struct store_block *b)
{
	return b->header;
}

const struct index_header *store_block_get_header(struct store_block *b, struct ctx *ctx,
						  struct err *err)
{
	return block_header_get(b->header, ctx, err);
}

void store_block_put_header(struct store_block *b)
{
	block_header_put(b->header);
}

struct byte_source *store_block_index(struct store_block *b)
{
	return block_header_index(b->header);
}

static bool get(struct store_block *b, struct ctx *ctx, const char *file, uint64_t start,
		uint64_t end, struct byte_sink *sink, struct err *err)
{
	if (bucket_get(b->bucket, ctx, block_object(b->meta->id, file), (int64_t)start,
		       (int64_t)(end - start), sink, err))
		return true;
	if (err->code == ERR_NOT_FOUND)
		block_header_tell_missing(b->header);
	return false;
}

bool store_block_get_index(struct store_block *b, struct ctx *ctx, uint64_t start, uint64_t end,
			   struct byte_sink *sink, struct err *err)
{
	return get(b, ctx, INDEX_FILENAME, start, end, sink, err);
}

bool store_block_get_chunks(struct store_block *b, struct ctx *ctx, uint32_t segment,
			    uint64_t start, uint64_t end, struct byte_sink *sink, struct err *err)
{
	char file[32];

	snprintf(file, sizeof(file), CHUNKS_DIRNAME "/%06" PRIu32, segment + 1);
	return get(b, ctx, file, start, end, sink, err);
}
