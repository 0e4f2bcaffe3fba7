/* golden_chunks.h - chunks that Prometheus made, with what is in them: tests/golden/chunks. */
#ifndef TESTS_LIB_GOLDEN_CHUNKS_H
#define TESTS_LIB_GOLDEN_CHUNKS_H

#include "base/arena.h"
#include "codec/chunk.h"

struct golden_sample {
	int64_t t_ms;
	int64_t st_ms;
	uint64_t v_bits; /* of a histogram its sum's */
};

struct golden_chunk {
	const char *name;
	struct chunk_data chunk;
	struct chunk_data plain; /* without start timestamps */
	struct {
		struct golden_sample *v;
		size_t n, cap;
	} samples;
};

struct golden_chunks {
	struct golden_chunk *v;
	size_t n, cap;
};

/* Chunks of encodings 4 to 6, in memory of `a`. */
void golden_chunks_read(struct arena *a, struct golden_chunks *out);

#endif
