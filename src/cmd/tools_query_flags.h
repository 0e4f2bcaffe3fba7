/* tools_query_flags.h - the flags of `athanor tools query`. */
#ifndef CMD_TOOLS_QUERY_FLAGS_H
#define CMD_TOOLS_QUERY_FLAGS_H

#include "cmd/commands.h"
#include "cmd/common_flags.h"
#include "cmd/query_time_flags.h"

struct source_flags {
	const char *url;
	struct flag_content http_client;
	struct flag_list endpoints;
	struct flag_content objstore;
	struct flag_list blocks;
	struct flag_list tsdb_dirs;
};

struct question_flags {
	bool dedup;
	struct flag_list replica_labels;
	int dedup_func;
	bool partial_response;
	int64_t max_resolution_ms;
	int64_t lookback_ms;
	int64_t timeout_ms;
	int64_t max_memory_bytes;
};

enum output { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_CSV, OUTPUT_CHART };
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct output_flags {
	int output; /* enum output */
	int color;  /* enum color */
	uint64_t chart_width;
	uint64_t chart_height;
};

struct tools_query_options {
	struct source_flags source;
	struct grpc_client_flags grpc_client;
	struct query_times times;
	struct question_flags question;
	struct output_flags output;
};

enum { N_TOOLS_QUERY_FLAGS = 5 };
extern const struct command_flags TOOLS_QUERY_FLAGS[N_TOOLS_QUERY_FLAGS];

#endif
