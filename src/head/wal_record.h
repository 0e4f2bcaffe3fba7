/* wal_record.h - what stands in a write-ahead log: one kind of thing per record.
 *
 * Format: Prometheus' (tsdb/docs/format/wal.md), records that 2.42 reads wherever the contents
 * allow it: only histograms with custom buckets need a newer one. Records with start timestamps are
 * read, and not written.
 */
#ifndef HEAD_WAL_RECORD_H
#define HEAD_WAL_RECORD_H

#include "base/arena.h"
#include "base/err.h"
#include "model/histogram.h"
#include "model/labels.h"
#include "model/time_range.h"

enum wal_record_type {
	WAL_SERIES = 1,
	WAL_SAMPLES = 2,
	WAL_STONES = 3,
	WAL_EXEMPLARS = 4,
	WAL_MARKERS = 5, /* in the log of what came out of order */
	WAL_METADATA = 6,
	WAL_HISTOGRAMS = 7,
	WAL_FLOAT_HISTOGRAMS = 8,
	WAL_CUSTOM_HISTOGRAMS = 9,
	WAL_CUSTOM_FLOAT_HISTOGRAMS = 10,
	WAL_SAMPLES_ST = 11,
	WAL_HISTOGRAMS_ST = 12,
	WAL_FLOAT_HISTOGRAMS_ST = 13,
};

/* Series are named by numbers that the log itself gives them. */
struct wal_series {
	uint64_t ref;
	struct labels labels;
};

struct wal_sample {
	uint64_t ref;
	int64_t t_ms;
	int64_t start_ms; /* 0: not known */
	double v;
};

struct wal_histogram {
	uint64_t ref;
	int64_t t_ms;
	int64_t start_ms;
	struct histogram *h; /* counts of whole numbers, in records of whole numbers */
};

struct wal_stone {
	uint64_t ref;
	struct time_range range;
};

struct wal_exemplar {
	uint64_t ref;
	int64_t t_ms;
	double v;
	struct labels labels;
};

/* All samples of the series so far are in chunks on the disk, this one the last. */
struct wal_marker {
	uint64_t ref;
	uint64_t chunk_ref; /* head_chunks.h */
};

struct wal_metadata {
	uint64_t ref;
	uint8_t type; /* counter is 1, gauge 2, histogram 3, ... in the order of OpenMetrics */
	struct str unit;
	struct str help;
};

/* Which of the members is set goes by the type. */
struct wal_record {
	enum wal_record_type type;
	size_t n;
	union {
		struct wal_series *series;
		struct wal_sample *samples;
		struct wal_histogram *histograms;
		struct wal_stone *stones;
		struct wal_exemplar *exemplars;
		struct wal_marker *markers;
		struct wal_metadata *metadata;
	};
};

/* Arrays in memory of `a`, strings in `bytes`. ERR_UNSUPPORTED for a type that is not known, which
 * newer programs may write: it is to be passed over. Histograms of unknown schemas are left out. */
bool wal_record_decode(struct str bytes, struct arena *a, struct wal_record *out, struct err *err);

/* Appended to `out`; an overflow shows there. Nothing for n = 0. */
void wal_put_series(struct buf *out, const struct wal_series *v, size_t n);
void wal_put_samples(struct buf *out, const struct wal_sample *v, size_t n);
/* All of them with custom buckets, or none; the type is one of 7 to 10. */
void wal_put_histograms(struct buf *out, enum wal_record_type type, const struct wal_histogram *v,
			size_t n);
void wal_put_stones(struct buf *out, const struct wal_stone *v, size_t n);
void wal_put_exemplars(struct buf *out, const struct wal_exemplar *v, size_t n);
void wal_put_markers(struct buf *out, const struct wal_marker *v, size_t n);
void wal_put_metadata(struct buf *out, const struct wal_metadata *v, size_t n);

#endif
