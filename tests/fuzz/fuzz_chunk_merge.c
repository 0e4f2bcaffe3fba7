/* Chunks of two blocks, with any bytes: what comes out ascends and holds each time once that one of
 * the chunks holds.
 *
 * Input: for each chunk a byte (1: of the second block; upper half: histograms), two of size, and
 * the data.
 */
#include "base/vec.h"
#include "codec/byte_cursor.h"
#include "compaction/chunk_merge.h"

#include <assert.h>

enum { MAX_CHUNKS = 16 };

struct times {
	VEC(int64_t) v;
};

static bool add_times(const struct chunk_data *data, struct arena *a, struct times *out)
{
	struct sample_columns columns;
	struct err err;

	if (!sample_columns_decode(data, a, &columns, &err))
		return false;
	for (size_t i = 0; i < columns.n; i++)
		vec_push(&out->v, columns.t_ms[i]);
	return columns.n > 0;
}

static int compare_times(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void sort_unique(struct times *t)
{
	size_t n = 0;

	if (t->v.n)
		qsort(t->v.v, t->v.n, sizeof(int64_t), compare_times);
	for (size_t i = 0; i < t->v.n; i++)
		if (i == 0 || t->v.v[i] != t->v.v[n - 1])
			t->v.v[n++] = t->v.v[i];
	t->v.n = n;
}

/* The chunk at the cursor, if it is one that may follow the last of the run. */
static void read_chunk(struct byte_cursor *c, struct chunk_run *runs, struct chunk *chunks,
		       struct arena *a, struct times *want)
{
	static const enum chunk_encoding encodings[] = {CHUNK_XOR, CHUNK_XOR, CHUNK_HISTOGRAM,
							CHUNK_FLOAT_HISTOGRAM};
	uint8_t kind = byte_cursor_u8(c);
	size_t size = (size_t)byte_cursor_u8(c) << 8;
	size |= byte_cursor_u8(c);
	size_t left = byte_cursor_left(c);
	struct str bytes = byte_cursor_bytes(c, size < left ? size : left);
	struct chunk_run *run = &runs[kind & 1];
	struct chunk *chunk = chunks + (size_t)(kind & 1) * MAX_CHUNKS + run->n;
	size_t n_before = want->v.n;

	*chunk = (struct chunk){
	    .raw = {(const uint8_t *)bytes.p, (uint32_t)bytes.n, encodings[kind >> 6], 0}};
	if (run->n == MAX_CHUNKS || !add_times(&chunk->raw, a, want))
		return;
	chunk->min_t_ms = want->v.v[n_before];
	chunk->max_t_ms = want->v.v[want->v.n - 1];
	if (run->n && chunk->min_t_ms <= chunk[-1].max_t_ms)
		want->v.n = n_before;
	else
		run->n++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(NULL);
	struct chunk chunks[2 * MAX_CHUNKS];
	struct chunk_run runs[2] = {{chunks, 0}, {chunks + MAX_CHUNKS, 0}};
	struct byte_cursor c = byte_cursor_of(data, size);
	struct times want = {0}, got = {0};
	struct chunk_list merged;
	struct err err;

	while (byte_cursor_left(&c) > 3)
		read_chunk(&c, runs, chunks, a, &want);
	sort_unique(&want);

	bool ok =
	    chunk_merger_one_to_one.merge(&chunk_merger_one_to_one, runs, 2, a, &merged, &err);
	assert(ok);
	for (size_t i = 0; i < merged.n; i++) {
		assert(i == 0 || merged.v[i].min_t_ms > merged.v[i - 1].max_t_ms);
		add_times(&merged.v[i].raw, a, &got);
	}
	assert(got.v.n == want.v.n);
	assert(got.v.n == 0 || memcmp(got.v.v, want.v.v, got.v.n * sizeof(int64_t)) == 0);
	vec_done(&want.v);
	vec_done(&got.v);
	arena_free(a);
	return 0;
}
