/* log.c - loggers form a chain from child to root; a line is the chain's fields, root first, then
 * the call's. The encodings are in log_encode.c and log_journald.c.
 */
#include "base/log.h"

#include "base/alloc.h"
#include "base/log_internal.h"
#include "base/time_text.h"
#include "base/vec.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1 << 20 };

struct logger {
	struct logger *parent; /* NULL: the root */
	struct log_field *fields;
	size_t n_fields;

	int fd; /* these are copies of the root's */
	enum log_level level;
	enum log_format format;
};

struct fields {
	struct log_field *v;
	size_t n, cap;
};

/* Keys and texts become the logger's own. */
static struct log_field *copy_fields(const struct log_field *from, size_t n)
{
	struct log_field *to = xcalloc(n, sizeof(*to));

	for (size_t i = 0; i < n; i++) {
		to[i] = from[i];
		to[i].key = xstrdup(from[i].key);
		if (from[i].kind == LOG_KIND_STR && from[i].s.p)
			to[i].s.p = str_dup(from[i].s);
	}
	return to;
}

struct logger *logger_new(const struct logger_options *options)
{
	struct logger *lg = NEW(struct logger);
	lg->fd = options->fd;
	lg->level = options->level;
	lg->format = options->format;
	if (options->debug_name && *options->debug_name) {
		struct log_field name = LOG_STR("name", options->debug_name);
		lg->fields = copy_fields(&name, 1);
		lg->n_fields = 1;
	}
	return lg;
}

struct logger *logger_child(struct logger *parent, const struct log_field *fields, size_t n)
{
	if (!parent)
		return NULL;
	struct logger *lg = NEW(struct logger);
	*lg = *parent;
	lg->parent = parent;
	lg->fields = copy_fields(fields, n);
	lg->n_fields = n;
	return lg;
}

void logger_free(struct logger *lg)
{
	if (!lg)
		return;
	for (size_t i = 0; i < lg->n_fields; i++) {
		free((char *)lg->fields[i].key);
		if (lg->fields[i].kind == LOG_KIND_STR)
			free((char *)lg->fields[i].s.p);
	}
	free(lg->fields);
	free(lg);
}

bool logger_enabled(const struct logger *lg, enum log_level level)
{
	return lg && level <= lg->level;
}

static void push_chain(struct fields *all, const struct logger *lg)
{
	if (lg->parent)
		push_chain(all, lg->parent);
	for (size_t i = 0; i < lg->n_fields; i++)
		vec_push(all, lg->fields[i]);
}

static void push_call(struct fields *all, const struct log_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool no_message = i == 0 && fields[i].kind == LOG_KIND_STR && !fields[i].s.p;
		if (!no_message)
			vec_push(all, fields[i]);
	}
}

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

static struct time_text now_text(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	return time_text_ns(ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static void encode(const struct logger *lg, struct buf *line, struct fields *all)
{
	switch (lg->format) {
	case LOG_FORMAT_LOGFMT:
		log_encode_logfmt(line, all->v, all->n);
		break;
	case LOG_FORMAT_JSON:
		log_encode_json(line, all->v, all->n);
		break;
	case LOG_FORMAT_JOURNALD:
		log_encode_journald(line, all->v, all->n);
		break;
	}
}

/* Whoever reads the log may be gone: there is nobody to tell. */
static void write_line(int fd, struct str line)
{
	while (line.n > 0) {
		ssize_t n = write(fd, line.p, line.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		line = str_skip(line, (size_t)n);
	}
}

void log_write(struct logger *lg, enum log_level level, const char *file, int line_number,
	       const struct log_field *fields, size_t n)
{
	if (!logger_enabled(lg, level))
		return;
	char caller[128];
	snprintf(caller, sizeof(caller), "%s:%d", base_name(file), line_number);
	struct time_text now = now_text();
	struct fields all = {0};
	struct buf line auto_done(buf_done) = BUF_INIT(LINE_MAX_BYTES);

	vec_push(&all, (struct log_field)LOG_STR("ts", now.s));
	vec_push(&all, (struct log_field)LOG_STR("caller", caller));
	vec_push(&all, (struct log_field)LOG_STR("level", level_names[level]));
	push_chain(&all, lg);
	push_call(&all, fields, n);
	encode(lg, &line, &all);
	vec_done(&all);

	if (lg->format == LOG_FORMAT_JOURNALD)
		log_send_journal(lg->fd, buf_str(&line));
	else
		write_line(lg->fd, buf_str(&line));
}
