/* duration.h - spans of time as text, in the two dialects that flags and configurations use.
 *
 * Go's: 1h30m, 1.5s, 300ms, -2us; no days. Prometheus' ("model"): 1d, 2w, 1y, 1h30m, in descending
 * units, each once, whole numbers only. Which of the two a flag takes decides whether 15d is valid.
 */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include "base/err.h"
#include "base/str.h"

#define NS_PER_MS  INT64_C(1000000)
#define MS_PER_S   INT64_C(1000)
#define NS_PER_S   INT64_C(1000000000)
#define MS_PER_MIN INT64_C(60000)
#define MS_PER_H   INT64_C(3600000)
#define MS_PER_DAY INT64_C(86400000)

struct duration_text {
	char s[40];
};

/* Go's time.ParseDuration. Fails with its texts: time: invalid duration "x". */
bool duration_parse(struct str s, int64_t *ns, struct err *err);
/* The same with d and w: what kingpin takes for a flag of type duration. */
bool duration_parse_long(struct str s, int64_t *ns, struct err *err);
/* 1h30m0s, 1.5s, 20ms, 0s: Go's Duration.String. */
struct duration_text duration_text(int64_t ns);
#define duration_str(ns) (duration_text(ns).s)

/* Prometheus' model.ParseDuration; not negative. Fails with its texts: not a valid duration
 * string: "x". */
bool model_duration_parse(struct str s, int64_t *ms, struct err *err);
/* 1d, 1h30m, 0s: model.Duration.String. */
struct duration_text model_duration_text(int64_t ms);
#define model_duration_str(ms) (model_duration_text(ms).s)

#endif
