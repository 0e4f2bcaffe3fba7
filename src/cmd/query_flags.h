/* query_flags.h - the flags of `athanor query`, with Thanos' names, defaults and help. */
#ifndef CMD_QUERY_FLAGS_H
#define CMD_QUERY_FLAGS_H

#include "cmd/commands.h"
#include "cmd/common_flags.h"

struct endpoint_flags {
	struct flag_list endpoints;
	struct flag_list strict;
	int64_t info_timeout_ms;
	int64_t unhealthy_timeout_ms;
	int64_t response_timeout_ms;
};

struct web_flags {
	const char *route_prefix;
	const char *external_prefix;
	bool disable_cors;
};

struct engine_flags {
	int64_t timeout_ms;
	int64_t max_concurrent;
	int64_t max_concurrent_select;
	int64_t lookback_delta_ms;
	bool dynamic_lookback;
	int64_t default_evaluation_interval_ms;
	int64_t default_step_ms;
	int64_t instant_max_resolution_ms;
	int64_t metadata_range_ms;
	bool auto_downsampling;
	bool partial_response;
	int engine; /* 0: prometheus */
	int mode;
	int dedup;
	struct flag_list replica_labels;
	struct flag_list partition_labels;
	bool overlapping_interval;
	struct flag_list features;
	bool x_functions;
	int64_t max_memory_bytes;
	int64_t max_memory_per_query_bytes;
	int64_t max_samples;
	int64_t max_series;
	int64_t n_threads;
	const char *active_query_path;
};

/* Bounds of histograms; none given: Thanos'. */
struct telemetry_flags {
	struct flag_list seconds;
	struct flag_list samples;
	struct flag_list series;
};

struct tenancy_flags {
	const char *header;
	const char *default_tenant;
	int certificate_field; /* enum tenant_certificate_field */
	bool is_enforced;
	const char *label;
};

struct query_options {
	struct http_flags http;
	struct grpc_flags grpc;
	struct limit_flags limits;
	struct endpoint_flags endpoints;
	struct grpc_client_flags grpc_client;
	struct web_flags web;
	struct engine_flags engine;
	struct tenancy_flags tenancy;
	struct telemetry_flags telemetry;
	struct request_log_flags request_log;
	struct refused_flags refused;
};

enum { N_QUERY_FLAGS = 11 };
extern const struct command_flags QUERY_FLAGS[N_QUERY_FLAGS];

#endif
