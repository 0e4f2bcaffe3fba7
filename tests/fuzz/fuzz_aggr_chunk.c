/* What splits must encode to bytes that split into the same; parts are decoded on the way. */
#include "base/assert.h"
#include "codec/aggr_chunk.h"
#include "model/samples.h"

static void decode(const struct chunk_data *c)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct time_range all = {INT64_MIN, INT64_MAX};
	struct samples s = {0};
	struct err err = ERR_INIT;

	samples_append_chunk(a, &s, c, all, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct chunk_data parts[AGGR_N], again[AGGR_N];
	struct err err = ERR_INIT;

	if (!aggr_chunk_split(data, size, parts, &err)) {
		assert(err.code == ERR_CORRUPT);
		return 0;
	}
	aggr_chunk_encode(parts, &bytes);
	assert(bytes.n <= size);
	assert(aggr_chunk_split((const uint8_t *)bytes.p, bytes.n, again, &err));
	for (int i = 0; i < AGGR_N; i++) {
		assert(again[i].encoding == parts[i].encoding);
		assert(again[i].size_bytes == parts[i].size_bytes);
		assert(!parts[i].data == !again[i].data);
		if (!parts[i].data)
			continue;
		assert(memcmp(again[i].data, parts[i].data, parts[i].size_bytes) == 0);
		decode(&parts[i]);
	}
	return 0;
}
