/* chunk_encoder.h - encodes samples into chunks, cut where Prometheus' compactor cuts them: after
 * 120 samples, where the kind of the samples changes, and where histograms do not fit together.
 */
#ifndef COMPACTION_CHUNK_ENCODER_H
#define COMPACTION_CHUNK_ENCODER_H

#include "codec/xor_chunk.h"
#include "compaction/histogram_appender.h"
#include "model/series.h"

enum { ENCODER_CHUNK_SAMPLES = 120 };

struct chunk_list {
	struct chunk *v;
	size_t n, cap;
};

struct chunk_encoder {
	struct arena *a; /* of the chunks */
	struct chunk_list chunks;
	struct buf bytes;             /* of the chunk under way, if it is of floats */
	enum chunk_encoding encoding; /* CHUNK_NONE: there is none under way */
	size_t n;                     /* samples in it */
	int64_t min_t_ms;
	int64_t max_t_ms;
	struct xor_encoder floats;
	struct histogram_appender histograms;
};

void chunk_encoder_init(struct chunk_encoder *e, struct arena *a);
void chunk_encoder_done(struct chunk_encoder *e);

/* Times ascend. What a histogram points to lives as long as `a`. */
void chunk_encoder_add(struct chunk_encoder *e, const struct column_sample *s);
/* All chunks; they live in `a`. The encoder is empty afterwards. */
struct chunk_list chunk_encoder_finish(struct chunk_encoder *e);

#endif
