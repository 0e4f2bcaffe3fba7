/* chunk.h - an encoded run of samples of one series: what its bytes are called and what they hold.
 *
 * Format: docs/formats/chunks.md. Chunks stay encoded from the disk to whoever needs samples.
 */
#ifndef CODEC_CHUNK_H
#define CODEC_CHUNK_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* Prometheus' numbers. The StoreAPI's are these minus one. */
enum chunk_encoding {
	CHUNK_NONE = 0,
	CHUNK_XOR = 1,
	CHUNK_HISTOGRAM = 2,
	CHUNK_FLOAT_HISTOGRAM = 3,
	CHUNK_XOR2 =
	    4, /* 4 to 6 may carry start timestamps; the StoreAPI has no numbers for them */
	CHUNK_HISTOGRAM_ST = 5,
	CHUNK_FLOAT_HISTOGRAM_ST = 6,
	CHUNK_AGGR = 0xff, /* five aggregates of a downsampled block, on disk only */
};

/* One encoded run of samples; data is NULL where there is none. */
struct chunk_data {
	const uint8_t *data;
	uint32_t size_bytes;
	enum chunk_encoding encoding;
	uint64_t hash; /* xxhash64 of data, or 0 when not computed */
};

/* In the order in which an aggregate chunk holds them. */
enum aggr {
	AGGR_COUNT,
	AGGR_SUM,
	AGGR_MIN,
	AGGR_MAX,
	AGGR_COUNTER,
	AGGR_N,
};

/* "XOR", "histogram", ...; "unknown" for a number that is none. */
const char *chunk_encoding_name(enum chunk_encoding encoding);

static inline bool chunk_encoding_is_histogram(enum chunk_encoding encoding)
{
	return encoding == CHUNK_HISTOGRAM || encoding == CHUNK_FLOAT_HISTOGRAM ||
	       encoding == CHUNK_HISTOGRAM_ST || encoding == CHUNK_FLOAT_HISTOGRAM_ST;
}

/* Whether any of its samples has a start timestamp. */
bool chunk_has_start_times(const struct chunk_data *c);

/* How many samples the chunk says it holds; of an aggregate chunk, its count aggregate's.
 * ERR_CORRUPT when there is no such number, ERR_UNSUPPORTED for an unknown encoding. */
bool chunk_num_samples(const struct chunk_data *c, size_t *out, struct err *err);

/* Decode floats into columns with room for chunk_num_samples() of them; *n is how many there are.
 * Start timestamps go to st_ms unless it is NULL, 0 where there is none. Histograms fail with
 * ERR_UNSUPPORTED. */
bool chunk_decode_floats(const struct chunk_data *c, int64_t *t_ms, double *v, int64_t *st_ms,
			 size_t *n, struct err *err);

#endif
