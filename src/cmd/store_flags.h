/* store_flags.h - the flags of `athanor store`, with Thanos' names, defaults and help. */
#ifndef CMD_STORE_FLAGS_H
#define CMD_STORE_FLAGS_H

#include "cmd/commands.h"
#include "cmd/common_flags.h"
#include "cmd/store_caches.h"
#include "cmd/store_request_flags.h"
#include "cmd/viewer_flags.h"

struct bucket_flags {
	struct flag_content objstore;
	struct flag_content parquet;
	const char *data_dir;
	int64_t sync_interval_ms;
	int discovery; /* enum block_discovery */
	int64_t sync_concurrency;
	int64_t fetch_concurrency;
	struct time_or_duration min_time;
	struct time_or_duration max_time;
	int64_t consistency_delay_ms;
	int64_t ignore_deletion_marks_delay_ms;
	int64_t series_max_concurrency;
};

struct index_header_flags {
	bool on_disk;
	int64_t keep_every;
	bool lazy_reader;
	int64_t idle_timeout_ms;
	int download; /* enum header_download */
};

enum header_download { HEADER_DOWNLOAD_EAGER, HEADER_DOWNLOAD_LAZY };

struct store_options {
	struct http_flags http;
	struct grpc_flags grpc;
	struct limit_flags limits;
	struct request_flags requests;
	struct memory_flags memory;
	struct bucket_flags bucket;
	struct index_header_flags headers;
	struct viewer_flags viewer;
	struct selector_flags selector;
	struct store_cache_flags caches;
	struct request_log_flags request_log;
};

enum { N_STORE_FLAGS = 12 };
extern const struct command_flags STORE_FLAGS[N_STORE_FLAGS];

/* What the tables cannot say. */
bool store_flags_check(const struct store_options *options, struct err *err);

#endif
