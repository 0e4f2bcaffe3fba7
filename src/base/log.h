/* log.h - structured log lines, as go-kit's logfmt and JSON encoders print them:
 *
 *	ts=2026-11-22T23:00:00.123456789Z caller=server.c:12 level=info component=query msg="..."
 *
 *	log_info(lg, "listening", LOG_STR("addr", addr), LOG_INT("port", port));
 *	log_warn(lg, "upload failed", LOG_ERR(&err));
 *
 * Libraries do not log, they return errors; commands and the loops of components log once.
 *
 * Threads: any thread may log; a line is one write().
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"

enum log_level { /* in the order of --log.level's choices */
		 LOG_LEVEL_ERROR,
		 LOG_LEVEL_WARN,
		 LOG_LEVEL_INFO,
		 LOG_LEVEL_DEBUG,
};

enum log_format {
	LOG_FORMAT_LOGFMT,
	LOG_FORMAT_JSON,
	LOG_FORMAT_JOURNALD,
};

enum log_kind {
	LOG_KIND_STR,
	LOG_KIND_INT,
	LOG_KIND_UINT,
	LOG_KIND_FLOAT,
	LOG_KIND_BOOL,
	LOG_KIND_DURATION, /* nanoseconds, printed as Go does: 1m30s */
	LOG_KIND_TIME,     /* milliseconds since 1970, printed as RFC 3339 */
};

struct log_field {
	const char *key;
	enum log_kind kind;
	union {
		struct str s;
		int64_t i;
		uint64_t u;
		double f;
		bool b;
	};
};

#define LOG_STR(name, text) /* NUL-terminated; NULL prints null */                                 \
	{                                                                                          \
		.key = (name), .kind = LOG_KIND_STR, .s = log_text(text)                           \
	}
#define LOG_BYTES(name, text) /* a struct str */                                                   \
	{                                                                                          \
		.key = (name), .kind = LOG_KIND_STR, .s = (text)                                   \
	}
#define LOG_INT(name, value)                                                                       \
	{                                                                                          \
		.key = (name), .kind = LOG_KIND_INT, .i = (value)                                  \
	}
#define LOG_UINT(name, value)                                                                      \
	{                                                                                          \
		.key = (name), .kind = LOG_KIND_UINT, .u = (value)                                 \
	}
#define LOG_FLOAT(name, value)                                                                     \
	{                                                                                          \
		.key = (name), .kind = LOG_KIND_FLOAT, .f = (value)                                \
	}
#define LOG_BOOL(name, value)                                                                      \
	{                                                                                          \
		.key = (name), .kind = LOG_KIND_BOOL, .b = (value)                                 \
	}
#define LOG_DURATION_NS(name, value)                                                               \
	{                                                                                          \
		.key = (name), .kind = LOG_KIND_DURATION, .i = (value)                             \
	}
#define LOG_DURATION_MS(name, value) LOG_DURATION_NS(name, (value)*INT64_C(1000000))
#define LOG_TIME_MS(name, value)                                                                   \
	{                                                                                          \
		.key = (name), .kind = LOG_KIND_TIME, .i = (value)                                 \
	}
#define LOG_ERR(err) LOG_STR("err", (err)->msg)

static inline struct str log_text(const char *text)
{
	return text ? str_of(text) : (struct str){0};
}

struct logger;

struct logger_options {
	int fd; /* borrowed */
	enum log_level level;
	enum log_format format;
	const char *debug_name; /* becomes the first field, name=...; NULL or "": none */
};

struct logger *logger_new(const struct logger_options *options);
/* The `fd` for LOG_FORMAT_JOURNALD, the caller's to close; -1 when there is no journal. */
int log_open_journal(struct err *err);
/* A logger that puts more fields before each message. The parent outlives it. The parent may be
 * NULL: so is the result. */
#define logger_with(parent, ...)                                                                   \
	logger_child((parent), (const struct log_field[]){__VA_ARGS__},                            \
		     sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
struct logger *logger_child(struct logger *parent, const struct log_field *fields, size_t n);
void logger_free(struct logger *lg); /* NULL is fine */
CLEANUP_DEFINE(struct logger, logger_free)

/* Whether a line of this level would be written: to save work on preparing it. */
bool logger_enabled(const struct logger *lg, enum log_level level);

/* A NULL logger writes nothing. The message may be NULL: then the line has no msg=, as the last
 * words of a failed command, which are err="..." alone. */
#define log_error(lg, ...) log_at((lg), LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(lg, ...)  log_at((lg), LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(lg, ...)  log_at((lg), LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(lg, ...) log_at((lg), LOG_LEVEL_DEBUG, __VA_ARGS__)

#define log_at(lg, level, message, ...)                                                            \
	do {                                                                                       \
		if (logger_enabled((lg), (level))) {                                               \
			const struct log_field fields_[] = {LOG_STR("msg", message),               \
							    ##__VA_ARGS__};                        \
			log_write((lg), (level), __FILE__, __LINE__, fields_,                      \
				  sizeof(fields_) / sizeof(*fields_));                             \
		}                                                                                  \
	} while (0)

void log_write(struct logger *lg, enum log_level level, const char *file, int line,
	       const struct log_field *fields, size_t n);

#endif
