/* query_times.h - when a query of the command line is evaluated. */
#ifndef TOOLS_QUERY_TIMES_H
#define TOOLS_QUERY_TIMES_H

#include "promql/engine.h"

/* "now", RFC 3339, seconds since 1970, or a span from now on: -1h, +5m, now-1h. A number with a
 * sign and a unit is a span, without a unit a time. */
bool query_moment_parse(struct str text, int64_t now_ms, int64_t *out_ms, struct err *err);

/* Of the flags --time, or --start, --end and --step; texts are empty where they are not given. */
struct query_times {
	const char *time;
	const char *start;
	const char *end;
	int64_t step_ms; /* 0: not given */
};

/* An instant query unless --start, --end or --step is there; now unless told otherwise. Without a
 * step, a range has up to 250 of them, of a second or more, as in the HTTP API. At most 11000. */
bool query_times_read(const struct query_times *times, int64_t now_ms, struct query_time *out,
		      struct err *err);

#endif
