/* time_text.h - moments as text: RFC 3339, and the flag values that are either a moment or a
 * duration before now.
 */
#ifndef BASE_TIME_TEXT_H
#define BASE_TIME_TEXT_H

#include "base/err.h"
#include "base/str.h"

struct time_text {
	char s[40];
};

/* Years 0000 to 9999, UTC: 2026-11-22T23:00:00Z, with as many decimals as are not zero
 * (Go's time.RFC3339Nano). Moments outside are cut to the nearest one inside. */
struct time_text time_text_ns(int64_t ns);
struct time_text time_text_ms(int64_t ms);
#define time_str_ms(ms) (time_text_ms(ms).s)

/* Whole seconds in the time zone of the process (TZ): 2026-11-23T00:00:00+01:00, or Z for UTC. */
struct time_text time_text_local_s(int64_t s);

/* Go's time.Parse(time.RFC3339): decimals of any number, cut to milliseconds (towards the past). */
bool time_parse(struct str s, int64_t *ms, struct err *err);

/* What the HTTP API takes for a time: seconds since 1970 with any decimals, or RFC 3339. */
bool time_or_seconds_parse(struct str s, int64_t *ms, struct err *err);

/* The value of --min-time and its like: RFC 3339, or a model duration, optionally negative,
 * relative to now. */
struct time_or_duration {
	bool relative;
	int64_t ms; /* since 1970, or from now */
};

bool time_or_duration_parse(struct str s, struct time_or_duration *out, struct err *err);
/* A relative value is measured anew at each use. */
int64_t time_or_duration_at(struct time_or_duration t, int64_t now_ms);

#endif
