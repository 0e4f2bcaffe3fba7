/* common_flags.h - tables of flags that several commands share. */
#ifndef CMD_COMMON_FLAGS_H
#define CMD_COMMON_FLAGS_H

#include "base/flags.h"

struct http_flags {
	const char *address;
	int64_t grace_ms;
	const char *config_file;
};

struct grpc_flags {
	const char *address;
	int64_t grace_ms;
	int64_t max_connection_age_ms; /* 0: none */
	const char *certificate_file;
	const char *key_file;
	const char *client_ca_file;
	int min_version; /* index into TLS_VERSION_CHOICES */
	struct flag_list ciphers;
	struct flag_list curves;
};

struct grpc_client_flags {
	int compression; /* enum grpc_compression */
	bool tls;
	bool skip_verify;
	const char *certificate_file;
	const char *key_file;
	const char *ca_file;
	const char *server_name;
	int min_version; /* index into TLS_VERSION_CHOICES */
};

struct limit_flags {
	uint64_t request_series;
	uint64_t request_samples;
};

struct memory_flags {
	int64_t max_memory_bytes; /* 0: a share of what there is */
};

struct selector_flags {
	struct flag_content relabel_config;
};

struct request_log_flags {
	struct flag_content config;
};

extern const char *const TLS_VERSION_CHOICES[]; /* "1.0" to "1.3" */

extern const struct flag_spec HTTP_FLAGS[3];
extern const struct flag_spec GRPC_FLAGS[9];
extern const struct flag_spec GRPC_CLIENT_FLAGS[8];
extern const struct flag_spec LIMIT_FLAGS[2];
extern const struct flag_spec MEMORY_FLAGS[1];   /* of what serves the StoreAPI */
extern const struct flag_spec SELECTOR_FLAGS[1]; /* of blocks */
extern const struct flag_spec REQUEST_LOG_FLAGS[1];

struct tls_client;

/* The TLS that the flags ask for; *out is NULL without --grpc-client-tls-secure. */
bool grpc_client_tls(const struct grpc_client_flags *f, struct tls_client **out, struct err *err);

struct relabel;

/* The rules that tell which blocks count; none without the flag. *out is the caller's. */
bool selector_rules(const struct selector_flags *f, struct relabel **out, struct err *err);

/* The names in a repeatable flag whose values are lists with commas: ascending, each once. */
struct str *flag_names(const struct flag_list *values, struct arena *a, size_t *n);

/* Flags of Thanos that are known and refused need a place for their value like any other. */
struct refused_flags {
	const char *text;
	struct flag_list list;
	bool boolean;
};

#define REFUSED_TEXT(options, flag_name)                                                           \
	{                                                                                          \
		.name = (flag_name), FLAG_STRING(options, refused.text), .help = "",               \
		.attrs = FLAG_UNSUPPORTED | FLAG_HIDDEN                                            \
	}
#define REFUSED_LIST(options, flag_name)                                                           \
	{                                                                                          \
		.name = (flag_name), FLAG_STRINGS(options, refused.list), .help = "",              \
		.attrs = FLAG_UNSUPPORTED | FLAG_HIDDEN                                            \
	}
#define REFUSED_BOOL(options, flag_name)                                                           \
	{                                                                                          \
		.name = (flag_name), FLAG_BOOL(options, refused.boolean), .help = "",              \
		.attrs = FLAG_UNSUPPORTED | FLAG_HIDDEN                                            \
	}

#endif
