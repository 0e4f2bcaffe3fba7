#include "telemetry/request_log.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/float_text.h"
#include "base/time_text.h"
#include "model/ulid.h"

#include <stdio.h>
#include <stdlib.h>

struct request_log {
	struct request_log_options options;
	struct request_log_config config;
	struct arena *arena; /* of the configuration */
	struct logger *http;
	struct logger *grpc;
};

/* --- texts ------------------------------------------------------------------------------------ */

struct millis_text {
	char s[FLOAT_TEXT_MAX + 1];
};

/* Thanos has numbers as texts here, which shows in JSON. Cut to microseconds. */
static struct millis_text millis_since(const struct request_log *log, int64_t began_ns)
{
	int64_t took_us = (clock_monotonic_ns(log->options.clock) - began_ns) / 1000;
	struct millis_text t;

	t.s[float_format(t.s, (double)took_us / 1000, FLOAT_F)] = '\0';
	return t;
}

/* As Go prints a time for people: 2026-11-23 06:44:04.241 +0000 UTC. */
static struct time_text moment_text(int64_t ms)
{
	struct time_text rfc3339 = time_text_ms(ms), t;
	size_t n = strlen(rfc3339.s) - 1;

	rfc3339.s[strlen("2006-01-02")] = ' ';
	snprintf(t.s, sizeof(t.s), "%.*s +0000 UTC", (int)n, rfc3339.s);
	return t;
}

static struct str new_id(const struct request_log *log, struct ulid_text *text)
{
	*text = ulid_text(ulid_new(clock_wall_ms(log->options.clock)));
	return str_of(text->s);
}

/* --- HTTP ------------------------------------------------------------------------------------- */

struct http_begun {
	int64_t began_ns;
	struct str id;
	const char *route_name;
};

static struct str method_and_target(const struct http_request *r)
{
	return str_of(arena_printf(r->arena, "%.*s %.*s%s%.*s", STR_FMT(r->method_name),
				   STR_FMT(r->path), r->query.n > 0 ? "?" : "", STR_FMT(r->query)));
}

static struct str http_id(const struct request_log *log, const struct http_request *r)
{
	struct str given = http_request_header(r, "x-request-id");
	struct ulid_text text;

	return given.n > 0 ? given : arena_str(r->arena, new_id(log, &text));
}

static bool http_wants(const struct request_log *log, enum log_level level)
{
	return level <= log->config.http.level && logger_enabled(log->http, level);
}

static void http_started(const struct request_log *log, const struct http_request *r,
			 const struct http_begun *begun)
{
	if (!http_wants(log, LOG_LEVEL_DEBUG))
		return;
	log_debug(log->http, "started call",
		  LOG_STR("http.start_time", moment_text(clock_wall_ms(log->options.clock)).s),
		  LOG_BYTES("http.method", method_and_target(r)),
		  LOG_BYTES("http.request_id", begun->id),
		  LOG_BYTES("http.user_agent", http_request_header(r, "user-agent")),
		  LOG_STR("thanos.method_name", begun->route_name));
}

/* Routes without a name are not of an API: metrics, probes. */
static void *on_http_begin(void *arg, const struct http_request *r, const char *route_name)
{
	const struct request_log *log = arg;
	enum request_log_decision decision =
	    route_name ? request_log_of_path(&log->config, r->path, r->host) : REQUEST_LOG_NOTHING;

	if (decision == REQUEST_LOG_NOTHING)
		return NULL;
	struct http_begun *begun = ARENA_NEW(r->arena, struct http_begun);
	*begun = (struct http_begun){
	    .began_ns = clock_monotonic_ns(log->options.clock),
	    .id = http_id(log, r),
	    .route_name = route_name,
	};
	if (decision == REQUEST_LOG_BOTH)
		http_started(log, r, begun);
	return begun;
}

static void on_http_end(void *arg, const struct http_request *r, const struct http_outcome *outcome)
{
	const struct request_log *log = arg;
	const struct http_begun *begun = outcome->begun;
	bool is_fine = outcome->status >= 200 && outcome->status < 500;
	enum log_level level = is_fine ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR;
	struct str forwarded = http_request_header(r, "x-forwarded-for");
	char status[16];

	if (!begun || !http_wants(log, level))
		return;
	snprintf(status, sizeof(status), "%d", outcome->status);
	log_at(log->http, level, "finished call", LOG_BYTES("http.method", method_and_target(r)),
	       LOG_BYTES("http.request_id", begun->id),
	       LOG_BYTES("http.user_agent", http_request_header(r, "user-agent")),
	       LOG_STR("http.status_code", status),
	       LOG_STR("http.time_ms", millis_since(log, begun->began_ns).s),
	       LOG_BYTES("http.remote_addr", forwarded.n > 0 ? forwarded : str_of(r->peer)),
	       LOG_STR("thanos.method_name", begun->route_name));
}

void request_log_watch_http(struct request_log *log, struct http_server_options *options)
{
	if (log->config.http.decision == REQUEST_LOG_NOTHING)
		return;
	options->on_begin = on_http_begin;
	options->on_end = on_http_end;
	options->arg = log;
}

/* --- gRPC ------------------------------------------------------------------------------------- */

enum { GRPC_FIELDS_MAX = 16 };

struct grpc_begun {
	int64_t began_ns;
	int64_t began_ms, deadline_ms; /* since 1970; INT64_MAX: no deadline */
	struct str id;                 /* the client's, or own_id */
	struct ulid_text own_id;
};

struct grpc_line {
	struct log_field v[GRPC_FIELDS_MAX];
	size_t n;
	struct time_text start, deadline;
	struct millis_text took;
};

static void add_text(struct grpc_line *line, const char *key, struct str text)
{
	line->v[line->n++] = (struct log_field)LOG_BYTES(key, text);
}

static void add_times(struct grpc_line *line, const struct grpc_begun *begun)
{
	line->start = time_text_local_s(begun->began_ms / 1000);
	add_text(line, "grpc.start_time", str_of(line->start.s));
	if (begun->deadline_ms == INT64_MAX)
		return;
	line->deadline = time_text_local_s(begun->deadline_ms / 1000);
	add_text(line, "grpc.request.deadline", str_of(line->deadline.s));
}

static void begin_line(struct grpc_line *line, const char *message, const struct request_log *log,
		       const struct grpc_begun *begun, const struct grpc_call *call)
{
	const char *path = grpc_call_method(call);
	struct str service, method = str_split(str_skip(str_of(path), 1), '/', &service);

	line->n = 0;
	add_text(line, "msg", str_of(message));
	add_text(line, "requestID", begun->id);
	add_text(line, "protocol", STR("grpc"));
	add_text(line, "grpc.component", STR("server"));
	add_text(line, "grpc.service", service);
	add_text(line, "grpc.method", method);
	add_text(line, "grpc.method_type", str_of(log->options.method_type(path)));
	add_text(line, "peer.address", str_of(grpc_call_peer(call)));
	add_times(line, begun);
}

static void write_line(struct grpc_line *line, enum log_level level, const struct request_log *log,
		       const struct grpc_begun *begun)
{
	line->took = millis_since(log, begun->began_ns);
	add_text(line, "grpc.time_ms", str_of(line->took.s));
	log_write(log->grpc, level, __FILE__, __LINE__, line->v, line->n);
}

static struct grpc_begun *new_begun(const struct request_log *log, const struct grpc_call *call)
{
	struct grpc_begun *begun = NEW(struct grpc_begun);

	begun->began_ns = clock_monotonic_ns(log->options.clock);
	begun->began_ms = clock_wall_ms(log->options.clock);
	if (__builtin_add_overflow(begun->began_ms, ctx_remaining_ms(grpc_call_ctx(call)),
				   &begun->deadline_ms))
		begun->deadline_ms = INT64_MAX;
	if (!grpc_call_metadata(call, "request-id", &begun->id))
		begun->id = new_id(log, &begun->own_id);
	return begun;
}

static void *on_call_begin(void *arg, const struct grpc_call *call)
{
	const struct request_log *log = arg;
	enum request_log_decision decision =
	    request_log_of_method(&log->config, str_of(grpc_call_method(call)));
	struct grpc_line line;

	if (decision == REQUEST_LOG_NOTHING)
		return NULL;
	struct grpc_begun *begun = new_begun(log, call);
	if (decision == REQUEST_LOG_BOTH && logger_enabled(log->grpc, LOG_LEVEL_DEBUG)) {
		begin_line(&line, "started call", log, begun, call);
		write_line(&line, LOG_LEVEL_DEBUG, log, begun);
	}
	return begun;
}

static enum log_level level_of(enum grpc_code code)
{
	bool is_ours = code == GRPC_UNKNOWN || code == GRPC_UNIMPLEMENTED ||
		       code == GRPC_INTERNAL || code == GRPC_DATA_LOSS;
	return is_ours ? LOG_LEVEL_ERROR : LOG_LEVEL_DEBUG;
}

static void grpc_finished(const struct request_log *log, const struct grpc_begun *begun,
			  const struct grpc_call *call, enum grpc_code code, struct str message)
{
	struct grpc_line line;
	struct err failure = ERR_INIT;

	if (!logger_enabled(log->grpc, level_of(code)))
		return;
	begin_line(&line, "finished call", log, begun, call);
	add_text(&line, "grpc.code", str_of(grpc_code_name(code)));
	if (code != GRPC_OK) {
		grpc_status_to_err(code, message, &failure);
		add_text(&line, "grpc.error", str_of(failure.msg));
	}
	write_line(&line, level_of(code), log, begun);
}

static void on_call_end(void *arg, void *begun, const struct grpc_call *call, enum grpc_code code,
			struct str message)
{
	grpc_finished(arg, begun, call, code, message);
	free(begun);
}

struct grpc_call_watcher request_log_grpc_watcher(struct request_log *log)
{
	if (log->config.grpc.decision == REQUEST_LOG_NOTHING)
		return (struct grpc_call_watcher){0};
	return (struct grpc_call_watcher){log, on_call_begin, on_call_end};
}

/* --- making ----------------------------------------------------------------------------------- */

struct request_log *request_log_new(const struct request_log_options *options, struct err *err)
{
	struct request_log *log = NEW(struct request_log);

	log->options = *options;
	log->arena = arena_new(NULL);
	if (!request_log_config_parse(options->yaml, options->scope, log->arena, &log->config,
				      err)) {
		request_log_free(log);
		return NULL;
	}
	log->http = logger_with(options->logger, LOG_STR("protocol", "http"),
				LOG_STR("http.component", "server"));
	log->grpc = logger_with(options->logger, LOG_STR("service", "gRPC/server"),
				LOG_STR("component", options->component));
	return log;
}

void request_log_free(struct request_log *log)
{
	if (!log)
		return;
	logger_free(log->http);
	logger_free(log->grpc);
	arena_free(log->arena);
	free(log);
}
