/* samples.h - the samples of one series as columns, decoded once, for whoever computes with them.
 *
 * Timestamps ascend strictly. A sample is a float, or a native histogram where hist[i] is set; v[i]
 * is then its sum, so that markers of staleness look the same. Histograms are not written to.
 */
#ifndef MODEL_SAMPLES_H
#define MODEL_SAMPLES_H

#include "base/arena.h"
#include "codec/chunk.h"
#include "model/time_range.h"

struct histogram; /* model/histogram.h */

struct samples {
	int64_t *t_ms;
	double *v;
	struct histogram **hist; /* NULL when the series has no histograms */
	int64_t *st_ms;          /* start timestamps; NULL when none are known */
	size_t n;
	size_t cap;
	/* Of histograms only counts and sums are wanted: chunks that are appended leave out the
	 * buckets that nothing needs which compares chunks with each other. */
	bool only_stats;
};

/* The bit pattern that marks a series as gone, told apart from every other NaN. */
#define STALE_NAN_BITS UINT64_C(0x7ff0000000000002)
/* What Prometheus writes for an ordinary NaN. */
#define NORMAL_NAN_BITS UINT64_C(0x7ff8000000000001)

static inline bool is_stale_nan(double v)
{
	uint64_t bits;
	memcpy(&bits, &v, sizeof(bits));
	return bits == STALE_NAN_BITS;
}

/* Room for n samples in all; what is there stays. */
void samples_reserve(struct arena *a, struct samples *s, size_t n);

/* Make s->hist, unless it is there. */
void samples_need_histograms(struct arena *a, struct samples *s);

/* Make s->st_ms, unless it is there: of the samples that are there none is known. */
void samples_need_start_times(struct arena *a, struct samples *s);

/* Decode a chunk and append those of its samples that are within `range` and after the last one
 * there is: what overlaps is taken once, from the chunk that came first. ERR_CORRUPT when its times
 * do not ascend. */
bool samples_append_chunk(struct arena *a, struct samples *s, const struct chunk_data *c,
			  struct time_range range, struct err *err);

#endif
