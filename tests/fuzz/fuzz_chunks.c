/* A segment file, the checksums of its chunks put right: walk the chunks one after the other and
 * decode them. Reading through a source must give what parsing gives. */
#include "base/alloc.h"
#include "base/assert.h"
#include "codec/aggr_chunk.h"
#include "codec/bits.h"
#include "codec/crc32c.h"
#include "codec/varint.h"
#include "model/samples.h"
#include "tsdb/chunks_reader.h"

#include <stdlib.h>

static void fix_checksum(uint8_t *p, size_t left)
{
	uint64_t n;
	size_t used = uvarint_get(p, p + left, &n);

	if (used && left - used >= 5 && n <= left - used - 5)
		store_be32(p + used + 1 + n, crc32c(0, p + used, 1 + n));
}

static void decode(const struct chunk_data *c, struct arena *a)
{
	struct time_range all = {INT64_MIN, INT64_MAX};
	struct samples s = {0};
	struct err err = ERR_INIT;
	struct chunk_data parts[AGGR_N];
	size_t n;

	chunk_num_samples(c, &n, &err);
	if (samples_append_chunk(a, &s, c, all, &err))
		for (size_t i = 1; i < s.n; i++)
			assert(s.t_ms[i - 1] < s.t_ms[i]);
	if (c->encoding == CHUNK_AGGR && aggr_chunk_split(c->data, c->size_bytes, parts, &err))
		for (int i = 0; i < AGGR_N; i++)
			if (parts[i].data)
				assert(parts[i].data + parts[i].size_bytes <=
				       c->data + c->size_bytes);
}

static void walk(struct chunks_reader *r, uint8_t *segment, size_t size, struct arena *a)
{
	for (size_t at = CHUNK_SEGMENT_HEADER_BYTES; at < size;) {
		struct err err = ERR_INIT;
		struct chunk_data parsed, got;
		size_t used;
		fix_checksum(segment + at, size - at);
		bool ok = chunk_parse(segment + at, size - at, &parsed, &used, &err);
		bool whole = ok && parsed.data;
		assert(chunks_reader_get(r, NULL, at, a, &got, &err) == whole);
		if (!whole) {
			assert(ok ? used > size - at : err.code == ERR_CORRUPT);
			return;
		}
		assert(got.data == parsed.data && got.size_bytes == parsed.size_bytes);
		decode(&got, a);
		at += used;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	uint8_t *segment = xmalloc(size + 1);
	struct err err = ERR_INIT;

	memcpy(segment, data, size);
	struct byte_source *src = byte_source_of_memory("chunks/000001", segment, size);
	struct chunks_reader *r = chunks_reader_new(&src, 1, NULL, &err);
	if (r)
		walk(r, segment, size, a);
	chunks_reader_close(r);
	free(segment);
	return 0;
}
