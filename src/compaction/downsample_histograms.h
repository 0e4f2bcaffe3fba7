/* downsample_histograms.h - native histograms to aggregate chunks, and those to coarser ones.
 *
 * There are three aggregates: how many histograms a window has, their sum, and the counter, from
 * which resets are taken out. Sums and counters are float histograms, all of a chunk with the
 * lowest resolution among them. The arithmetic is Thanos'.
 *
 * What cannot be added to each other, or cannot be in one chunk, is not put together: a chunk ends
 * where custom bounds change, where exponential buckets become custom ones, and where a gauge
 * becomes a counter. Thanos stops at the first two, and loses samples at the third.
 */
#ifndef COMPACTION_DOWNSAMPLE_HISTOGRAMS_H
#define COMPACTION_DOWNSAMPLE_HISTOGRAMS_H

#include "compaction/downsample_floats.h"
#include "model/histogram.h"

/* Histograms of a series, decoded into memory of `arena`, without markers of staleness and what
 * goes back in time. */
struct histogram_samples {
	struct arena *arena;
	VEC(int64_t) t_ms;
	VEC(struct histogram *) h;
};

void histogram_samples_init(struct histogram_samples *s);
void histogram_samples_done(struct histogram_samples *s);
void histogram_samples_clear(struct histogram_samples *s);
bool histogram_samples_append(struct histogram_samples *s, const struct chunk_data *chunk,
			      struct err *err);

/* Whether the two may be put together. */
bool histograms_are_of_a_kind(const struct histogram *x, const struct histogram *y);

/* Appends the chunks of raw samples to *out. */
bool downsample_histograms(const struct histogram_samples *s, int64_t resolution_ms,
			   struct aggr_chunks *out, struct err *err);

/* Appends to *out one chunk, made of n chunks of a finer resolution that follow each other and are
 * of a kind. */
bool downsample_histogram_aggrs(const struct aggr_parts *parts, size_t n, int64_t resolution_ms,
				struct float_scratch *scratch, struct aggr_chunks *out,
				struct err *err);

#endif
