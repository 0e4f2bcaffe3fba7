/* block_view.h - the blocks of a bucket at one moment, and what became of those that do not count.
 */
#ifndef BLOCK_BLOCK_VIEW_H
#define BLOCK_BLOCK_VIEW_H

#include "base/err.h"
#include "base/vec.h"
#include "block/meta.h"

/* The label `state` of thanos_blocks_meta_synced. */
#define BLOCK_STATES(X)                                                                            \
	X(CORRUPTED_META, "corrupted-meta-json")                                                   \
	X(NO_META, "no-meta-json")                                                                 \
	X(LOADED, "loaded")                                                                        \
	X(TOO_FRESH, "too-fresh")                                                                  \
	X(FAILED, "failed")                                                                        \
	X(LABEL_EXCLUDED, "label-excluded")                                                        \
	X(TIME_EXCLUDED, "time-excluded")                                                          \
	X(DUPLICATE, "duplicate")                                                                  \
	X(MARKED_FOR_DELETION, "marked-for-deletion")                                              \
	X(MARKED_FOR_NO_COMPACT, "marked-for-no-compact")                                          \
	X(PARQUET_MIGRATED, "parquet-migrated")                                                    \
	X(PARQUET_CONVERTED, "parquet-converted")

enum block_state {
#define BLOCK_STATE_ENUM_(name, text) BLOCK_##name,
	BLOCK_STATES(BLOCK_STATE_ENUM_)
#undef BLOCK_STATE_ENUM_
	    BLOCK_STATE_N,
};

const char *block_state_name(enum block_state state);

/* A folder that is no block. */
struct partial_block {
	struct ulid id;
	bool is_corrupt; /* it has a meta.json, which cannot be read */
};

/* A block's deletion-mark.json, seen in a listing. */
struct seen_mark {
	struct ulid id;
	int64_t modified_ms; /* of the object; INT64_MIN: not known */
};

struct block_view {
	VEC(struct meta *) metas; /* ascending by id; each a reference of the view */
	VEC(struct partial_block) partial;
	VEC(struct seen_mark) marked; /* ascending by id */
	bool shows_marks;             /* who is not among the marked has no mark */
	size_t n_in_state[BLOCK_STATE_N];
	size_t n_replica_labels_removed;
	/* Blocks whose meta.json is there and could not be had; the view is incomplete when there
	 * are any, and `failure` is one of the reasons. */
	size_t n_failed;
	struct err failure;
};

void block_view_done(struct block_view *view);
/* Drop the metas for which `drop` is set, one per meta, and count them in `state`. */
void block_view_drop(struct block_view *view, const bool *drop, enum block_state state);

#endif
