#include "cmd/tools_query_flags.h"

static const struct flag_spec source_specs[] = {
    {.name = "url",
     FLAG_STRING(struct source_flags, url),
     .default_text = "",
     .help = "Ask this server over its HTTP API: a Thanos or Athanor querier, or a Prometheus."},
    {.name = "url.http-client",
     FLAG_CONTENT(struct source_flags, http_client),
     .help = "YAML file with the HTTP client's configuration for --url, in the format of the "
	     "sidecar's --prometheus.http-client."},
    {.name = "endpoint",
     FLAG_STRINGS(struct source_flags, endpoints),
     .help = "Evaluate the query here over this StoreAPI server, host:port (repeatable)."},
    {.name = "objstore.config",
     FLAG_CONTENT(struct source_flags, objstore),
     .help = "YAML file that describes a bucket, over whose blocks the query is evaluated here."},
    {.name = "block",
     FLAG_STRINGS(struct source_flags, blocks),
     .help = "Evaluate the query here over the block in this directory (repeatable)."},
    {.name = "tsdb",
     FLAG_STRINGS(struct source_flags, tsdb_dirs),
     .help = "Evaluate the query here over all blocks in this data directory (repeatable). What "
	     "is in no block yet is not seen."},
};

static const struct flag_spec question_specs[] = {
    {.name = "dedup",
     FLAG_BOOL(struct question_flags, dedup),
     .default_text = "true",
     .help = "Merge the series of replicas, as --replica-label tells them."},
    {.name = "replica-label",
     FLAG_STRINGS(struct question_flags, replica_labels),
     .help = "Labels that tell replicas of a series apart (repeatable, or with commas)."},
    {.name = "deduplication.func",
     FLAG_ENUM(struct question_flags, dedup_func),
     .choices = FLAG_CHOICES("penalty", "chain"),
     .default_text = "penalty",
     .help = "How replicas are merged. Not with --url."},
    {.name = "partial-response",
     FLAG_BOOL(struct question_flags, partial_response),
     .default_text = "true",
     .help = "Warn when a part of the data cannot be had, instead of failing."},
    {.name = "max-source-resolution",
     FLAG_MODEL_DURATION(struct question_flags, max_resolution_ms),
     .default_text = "0s",
     .help = "Downsampled data up to this resolution may be used: 5m or 1h. 0s: raw data only."},
    {.name = "lookback-delta",
     FLAG_MODEL_DURATION(struct question_flags, lookback_ms),
     .help = "How old the newest sample of a series may be. Defaults to 5m, or to what goes with "
	     "the resolution.",
     .placeholder = "DELTA"},
    {.name = "timeout",
     FLAG_MODEL_DURATION(struct question_flags, timeout_ms),
     .default_text = "2m",
     .help = "How long all of it may take."},
    {.name = "max-memory",
     FLAG_BYTES(struct question_flags, max_memory_bytes),
     .default_text = "0",
     .help = "How much memory the query may use. 0: 80% of the memory that the system or the "
	     "control group allows."},
};

static const struct flag_spec output_specs[] = {
    {.name = "output",
     .short_name = 'o',
     FLAG_ENUM(struct output_flags, output),
     .choices = FLAG_CHOICES("table", "json", "csv", "chart"),
     .default_text = "table",
     .help = "One of: table, json (as the HTTP API answers), csv (time, value, labels), chart "
	     "(lines for a terminal)."},
    {.name = "color",
     FLAG_ENUM(struct output_flags, color),
     .choices = FLAG_CHOICES("auto", "always", "never"),
     .default_text = "auto",
     .help = "Whether a chart has colours. auto: if standard output is a terminal and NO_COLOR is "
	     "not set."},
    {.name = "chart.width",
     FLAG_UINT(struct output_flags, chart_width),
     .default_text = "0",
     .help = "Columns of a chart. 0: those of the terminal, or 80."},
    {.name = "chart.height",
     FLAG_UINT(struct output_flags, chart_height),
     .default_text = "0",
     .help = "Rows of a chart's lines, without axis and legend. 0: what suits the terminal, or "
	     "16."},
};

const struct command_flags TOOLS_QUERY_FLAGS[N_TOOLS_QUERY_FLAGS] = {
    COMMAND_FLAGS(source_specs, struct tools_query_options, source),
    COMMAND_FLAGS(GRPC_CLIENT_FLAGS, struct tools_query_options, grpc_client),
    COMMAND_FLAGS(QUERY_TIME_FLAGS, struct tools_query_options, times),
    COMMAND_FLAGS(question_specs, struct tools_query_options, question),
    COMMAND_FLAGS(output_specs, struct tools_query_options, output),
};
