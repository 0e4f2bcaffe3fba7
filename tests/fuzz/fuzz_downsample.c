/* The chunks of a series, each as encoding, times and bytes, downsampled as raw ones or as those of
 * 5 minutes. What comes out is a series again: its chunks ascend, split, decode, and can be
 * downsampled once more; of floats as many samples are counted as went in. */
#include "base/assert.h"
#include "codec/byte_cursor.h"
#include "compaction/downsample_series.h"
#include "model/samples.h"

#include <math.h>

enum { MAX_CHUNKS = 16, MAX_BYTES = 4096 };

static const struct time_range always = {INT64_MIN, INT64_MAX};

struct input {
	struct chunk_meta metas[MAX_CHUNKS];
	struct chunk_data chunks[MAX_CHUNKS];
	size_t n;
};

static void read_input(struct byte_cursor *c, struct input *in)
{
	int64_t t_ms = 0;

	while (in->n < MAX_CHUNKS && byte_cursor_left(c) > 0) {
		struct chunk_meta *meta = &in->metas[in->n];
		struct chunk_data *chunk = &in->chunks[in->n];
		chunk->encoding = (enum chunk_encoding)byte_cursor_u8(c);
		t_ms += (int64_t)(byte_cursor_uvarint(c) & 0xffffffffff) + 1;
		meta->min_t_ms = t_ms;
		t_ms += (int64_t)(byte_cursor_uvarint(c) & 0xffffffffff);
		meta->max_t_ms = t_ms;
		struct str bytes = byte_cursor_str(c);
		if (c->failed)
			return;
		chunk->data = (const uint8_t *)bytes.p;
		chunk->size_bytes = (uint32_t)bytes.n;
		in->n++;
	}
}

static double sum_of_counts(const struct chunk_data *part, struct arena *a)
{
	struct samples s = {0};
	struct err err = ERR_INIT;
	double sum = 0;

	if (!part->data)
		return 0;
	assert(samples_append_chunk(a, &s, part, always, &err));
	for (size_t i = 0; i < s.n; i++)
		sum += s.v[i];
	return sum;
}

/* How many samples the chunks count. */
static double check_output(const struct aggr_chunks *out, struct arena *a)
{
	struct chunk_data parts[AGGR_N];
	struct err err = ERR_INIT;
	double n = 0;

	for (size_t i = 0; i < out->chunks.n; i++) {
		const struct chunk_meta *m = &out->metas.v[i];
		assert(m->min_t_ms <= m->max_t_ms);
		assert(aggr_chunk_split(out->chunks.v[i].data, out->chunks.v[i].size_bytes, parts,
					&err));
		n += sum_of_counts(&parts[AGGR_COUNT], a);
		sum_of_counts(&parts[AGGR_SUM], a);
	}
	return n;
}

/* Of float chunks, what is no NaN and goes on in time. */
static bool count_floats(const struct input *in, size_t *out)
{
	struct float_samples s = {0};
	struct err err = ERR_INIT;
	bool ok = true;

	*out = 0;
	for (size_t i = 0; i < in->n && ok; i++)
		ok = in->chunks[i].encoding == CHUNK_XOR &&
		     float_samples_append(&s, &in->chunks[i], &err);
	for (size_t i = 0; i < s.n && ok; i++) {
		*out += !isnan(s.v[i]);
		ok = i == 0 || s.t_ms[i] > s.t_ms[i - 1];
	}
	float_samples_done(&s);
	return ok;
}

static void downsample_again(const struct aggr_chunks *fine, struct arena *a, double n)
{
	struct series_downsampler d;
	struct err err = ERR_INIT;

	series_downsampler_init(&d, RESOLUTION_5M_MS, RESOLUTION_1H_MS);
	if (series_downsample(&d, fine->metas.v, fine->chunks.v, fine->chunks.n, &err))
		assert(check_output(&d.out, a) == n);
	series_downsampler_done(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct byte_cursor c = byte_cursor_of(data, size);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct series_downsampler d;
	struct input in = {0};
	struct err err = ERR_INIT;
	size_t n;

	if (size > MAX_BYTES)
		return 0;
	bool is_raw = byte_cursor_u8(&c) % 2 == 0;
	read_input(&c, &in);
	series_downsampler_init(&d, is_raw ? RESOLUTION_RAW_MS : RESOLUTION_5M_MS,
				is_raw ? RESOLUTION_5M_MS : RESOLUTION_1H_MS);
	if (series_downsample(&d, in.metas, in.chunks, in.n, &err) && is_raw) {
		double counted = check_output(&d.out, a);
		if (count_floats(&in, &n)) {
			assert(counted == (double)n);
			downsample_again(&d.out, a, counted);
		}
	}
	series_downsampler_done(&d);
	return 0;
}
