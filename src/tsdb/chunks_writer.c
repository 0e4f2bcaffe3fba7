#include "tsdb/chunks_writer.h"

#include "base/alloc.h"
#include "base/file_writer.h"
#include "base/fs.h"
#include "codec/bits.h"
#include "codec/crc32c.h"
#include "codec/varint.h"
#include "tsdb/chunks_reader.h"

#include <stdlib.h>

enum {
	FORMAT_VERSION = 1,
	/* What a chunk takes beside its data; the length counts as if it were at its longest. */
	LENGTH_MAX_BYTES = 5,
	FRAME_BYTES = LENGTH_MAX_BYTES + 1 + 4,
};

struct chunks_writer {
	char *dir;
	uint64_t segment_bytes;
	struct file_writer *segment; /* NULL before the first chunk */
	uint32_t n_segments;
	uint64_t complete_bytes; /* of the segments before this one */
};

struct chunks_writer *chunks_writer_open(const char *dir, uint64_t segment_bytes, struct err *err)
{
	if (!fs_mkdirs(dir, err))
		return NULL;
	struct chunks_writer *w = NEW(struct chunks_writer);
	*w = (struct chunks_writer){
	    .dir = xstrdup(dir),
	    .segment_bytes = segment_bytes ? segment_bytes : CHUNK_SEGMENT_BYTES,
	};
	return w;
}

void chunks_writer_close(struct chunks_writer *w)
{
	if (!w)
		return;
	file_writer_close(w->segment);
	free(w->dir);
	free(w);
}

uint64_t chunks_writer_size_bytes(const struct chunks_writer *w)
{
	return w->complete_bytes + (w->segment ? w->segment->at : 0);
}

static bool end_segment(struct chunks_writer *w, struct err *err)
{
	if (!w->segment)
		return true;
	if (!file_writer_sync(w->segment, err))
		return false;
	w->complete_bytes += w->segment->at;
	file_writer_close(take(w->segment));
	return true;
}

static bool begin_segment(struct chunks_writer *w, struct err *err)
{
	uint8_t head[CHUNK_SEGMENT_HEADER_BYTES] = {0};

	if (!end_segment(w, err))
		return false;
	char *path auto_free(mem_free) = xasprintf("%s/%06u", w->dir, w->n_segments + 1);
	w->segment = file_writer_open(path, 0666, err);
	if (!w->segment)
		return false;
	w->n_segments++;
	store_be32(head, CHUNK_SEGMENT_MAGIC);
	head[4] = FORMAT_VERSION;
	return file_writer_put(w->segment, head, sizeof(head), err);
}

static bool put_chunk(struct chunks_writer *w, const struct chunk_data *c, uint64_t *ref,
		      struct err *err)
{
	uint8_t head[VARINT_MAX_BYTES + 1], tail[4];
	size_t n = uvarint_put(head, c->size_bytes);

	if (w->segment->at > UINT32_MAX)
		return err_set(err, ERR_LIMIT, "%s: a chunk beyond 4 GiB", w->segment->path);
	*ref = (uint64_t)(w->n_segments - 1) << 32 | w->segment->at;
	head[n] = (uint8_t)c->encoding;
	store_be32(tail, crc32c(crc32c(0, head + n, 1), c->data, c->size_bytes));
	return file_writer_put(w->segment, head, n + 1, err) &&
	       file_writer_put(w->segment, c->data, c->size_bytes, err) &&
	       file_writer_put(w->segment, tail, sizeof(tail), err);
}

/* Prometheus plans the cuts of all chunks of a series before it writes the first: until the first
 * cut it adds to what the segment held before. */
bool chunks_writer_add(struct chunks_writer *w, const struct chunk_data *chunks, size_t n,
		       struct chunk_meta *metas, struct err *err)
{
	if (n && !w->segment && !begin_segment(w, err))
		return false;

	uint64_t before = w->segment ? w->segment->at : 0, planned = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t size = chunks[i].size_bytes + FRAME_BYTES;
		bool is_empty = before + planned == CHUNK_SEGMENT_HEADER_BYTES;
		planned += size;
		if (!is_empty && before + planned > w->segment_bytes) {
			if (!begin_segment(w, err))
				return false;
			before = CHUNK_SEGMENT_HEADER_BYTES;
			planned = size;
		}
		if (!put_chunk(w, &chunks[i], &metas[i].ref, err))
			return false;
	}
	return true;
}

bool chunks_writer_finish(struct chunks_writer *w, struct err *err)
{
	return end_segment(w, err) && fs_sync_dir(w->dir, err);
}
