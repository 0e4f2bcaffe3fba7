/* filters.h - which of the blocks found in a bucket count, and under which labels.
 *
 * Thanos' order, for the store: converted to Parquet, time partition, relabelling, consistency
 * delay, deletion marks, duplicates. The compactor removes replica labels before it looks for
 * duplicates.
 */
#ifndef BLOCK_FILTERS_H
#define BLOCK_FILTERS_H

#include "base/clock.h"
#include "base/log.h"
#include "base/time_text.h"
#include "block/block_view.h"
#include "model/bucket.h"
#include "model/relabel.h"

struct block_filter {
	/* Drops blocks by block_view_drop(). What is pointed to is borrowed. */
	bool (*apply)(struct block_filter *f, struct ctx *ctx, struct block_view *view,
		      struct err *err);
};

/* Not the blocks that one of the `meta.pb` in a bucket of Parquet files says it was made from,
 * where such blocks cover every day that it reaches into: the converter cuts at days. */
struct parquet_filter {
	struct block_filter base; /* first, so that the two pointers convert */
	struct bucket *bucket;    /* of the Parquet files; NULL: there are none */
	unsigned concurrency;
};
void parquet_filter_init(struct parquet_filter *f, struct bucket *bucket, unsigned concurrency);

/* Only blocks that reach into [min, max], both as told by flags that may be relative to now. */
struct time_partition_filter {
	struct block_filter base; /* first, so that the two pointers convert */
	struct time_or_duration min;
	struct time_or_duration max;
	struct clock *clock;
};
void time_partition_filter_init(struct time_partition_filter *f, struct time_or_duration min,
				struct time_or_duration max, struct clock *clock);

/* Only blocks of whose external labels, with the block's id as __block_id, rules leave something.
 * The hidden labels do not count: replicas of one series belong to the same shard. */
struct relabel_filter {
	struct block_filter base;    /* first, so that the two pointers convert */
	const struct relabel *rules; /* NULL: all blocks */
	const struct str *hidden;
	size_t n_hidden;
};
void relabel_filter_init(struct relabel_filter *f, const struct relabel *rules,
			 const struct str *hidden, size_t n_hidden);

/* Only blocks that were uploaded at least so long ago (or made, when that is not known), so that
 * all of them is to be seen in stores that show objects late. What a compactor or a repair made
 * does not wait: its sources are there until after it is seen. */
struct consistency_delay_filter {
	struct block_filter base; /* first, so that the two pointers convert */
	int64_t delay_ms;
	struct clock *clock;
};
void consistency_delay_filter_init(struct consistency_delay_filter *f, int64_t delay_ms,
				   struct clock *clock);

/* Not the blocks that were marked for deletion longer ago than that. A mark that cannot be parsed
 * is none; one of another version is an error. Where a view shows which blocks have a mark, only
 * theirs are read, each once. */
struct known_mark;
struct deletion_mark_filter {
	struct block_filter base; /* first, so that the two pointers convert */
	struct bucket *bucket;
	int64_t delay_ms;
	unsigned concurrency;
	struct clock *clock;
	struct logger *logger;
	VEC(struct known_mark) known; /* ascending by id: its own */
};
void deletion_mark_filter_init(struct deletion_mark_filter *f, struct bucket *bucket,
			       int64_t delay_ms, unsigned concurrency, struct clock *clock,
			       struct logger *logger);
void deletion_mark_filter_done(struct deletion_mark_filter *f);

/* Drops no block, and takes these labels from all of them, so that blocks of replicas are one
 * group. A block that is left without labels gets the first of them, with the value "deduped". */
struct replica_label_filter {
	struct block_filter base; /* first, so that the two pointers convert */
	const struct str *replica_labels;
	size_t n_replica_labels;
	struct logger *logger;
};
void replica_label_filter_init(struct replica_label_filter *f, const struct str *replica_labels,
			       size_t n_replica_labels, struct logger *logger);

/* Not the blocks all of whose sources went into another block of their group: a compaction was
 * done, and what it was made from is not deleted yet. */
struct duplicate_filter {
	struct block_filter base; /* first, so that the two pointers convert */
};
void duplicate_filter_init(struct duplicate_filter *f);

#endif
