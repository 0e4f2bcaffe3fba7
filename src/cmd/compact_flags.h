/* compact_flags.h - the flags of `athanor compact`, with Thanos' names, defaults and help. */
#ifndef CMD_COMPACT_FLAGS_H
#define CMD_COMPACT_FLAGS_H

#include "cmd/commands.h"
#include "cmd/common_flags.h"
#include "cmd/viewer_flags.h"

struct compact_flags {
	struct flag_content objstore;
	const char *data_dir;
	bool halt_on_error;
	int64_t max_level;
	int64_t consistency_delay_ms;
	int64_t retention_raw_ms;
	int64_t retention_5m_ms;
	int64_t retention_1h_ms;
	bool wait;
	int64_t wait_interval_ms;
	int64_t cleanup_interval_ms; /* 0: only at the end of an iteration */
	bool no_downsampling;
	int discovery; /* enum block_discovery */
	int64_t fetch_concurrency;
	int64_t block_files_concurrency;
	int64_t compaction_concurrency;
	int64_t downsample_concurrency;
	int64_t delete_delay_ms;
	bool may_overlap;
	int dedup; /* enum compact_dedup */
	struct flag_list replica_labels;
	int64_t max_index_bytes;
	bool skip_disorder;
	int hash; /* enum block_hash */
	struct time_or_duration min_time;
	struct time_or_duration max_time;
};

enum compact_dedup { COMPACT_DEDUP_ONE_TO_ONE, COMPACT_DEDUP_PENALTY };

/* Accepted without an effect, since what they are about is not there: the block viewer's view of
 * all blocks, a calculation of progress, and the download of blocks before a merge. */
struct compact_idle_flags {
	int64_t viewer_interval_ms;
	int64_t viewer_timeout_ms;
	int64_t progress_interval_ms;
	int64_t blocks_fetch_concurrency;
};

struct compact_options {
	struct http_flags http;
	struct selector_flags selector;
	struct compact_flags own;
	struct viewer_flags viewer;
	struct compact_idle_flags idle;
	struct refused_flags refused;
};

enum { N_COMPACT_FLAGS = 6 };
extern const struct command_flags COMPACT_FLAGS[N_COMPACT_FLAGS];

/* What the table cannot tell. */
bool compact_flags_check(const struct compact_flags *f, struct err *err);

#endif
