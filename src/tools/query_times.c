#include "tools/query_times.h"

#include "base/duration.h"
#include "base/time_text.h"

enum { STEPS_DEFAULT = 250, STEPS_MAX = 11000 };

bool query_moment_parse(struct str text, int64_t now_ms, int64_t *out_ms, struct err *err)
{
	struct err ignored = ERR_INIT;
	struct str span = str_starts(text, STR("now")) ? str_skip(text, 3) : text;
	bool has_now = span.n<text.n, is_plus = span.n> 0 && span.p[0] == '+';
	bool is_signed = is_plus || (span.n > 0 && span.p[0] == '-');
	struct time_or_duration t;

	if (has_now && span.n == 0) {
		*out_ms = now_ms;
		return true;
	}
	if (!has_now && time_or_seconds_parse(text, out_ms, &ignored))
		return true;
	if (is_signed && time_or_duration_parse(str_skip(span, is_plus), &t, &ignored) &&
	    t.relative) {
		*out_ms = time_or_duration_at(t, now_ms);
		return true;
	}
	return err_set(err, ERR_INVALID,
		       "want now, RFC 3339, seconds since 1970 or a span such as -1h, got \"%.*s\"",
		       STR_FMT(text));
}

static bool read_moment(const char *flag, const char *text, int64_t now_ms, int64_t default_ms,
			int64_t *out_ms, struct err *err)
{
	*out_ms = default_ms;
	return !*text || query_moment_parse(str_of(text), now_ms, out_ms, err) ||
	       err_wrap(err, "--%s", flag);
}

static bool read_instant(const struct query_times *times, int64_t now_ms, struct query_time *out,
			 struct err *err)
{
	int64_t t_ms;

	if (!read_moment("time", times->time, now_ms, now_ms, &t_ms, err))
		return false;
	*out = query_instant(t_ms);
	return true;
}

bool query_times_read(const struct query_times *times, int64_t now_ms, struct query_time *out,
		      struct err *err)
{
	struct query_time t = {.step_ms = times->step_ms};

	if (!*times->start && !*times->end && times->step_ms == 0)
		return read_instant(times, now_ms, out, err);
	if (*times->time)
		return err_set(err, ERR_INVALID, "--time is for a query without a range");
	if (!*times->start)
		return err_set(err, ERR_INVALID, "a query over a range needs --start");
	if (!read_moment("start", times->start, now_ms, 0, &t.start_ms, err) ||
	    !read_moment("end", times->end, now_ms, now_ms, &t.end_ms, err))
		return false;
	if (t.end_ms < t.start_ms)
		return err_set(err, ERR_INVALID, "--end is before --start");
	uint64_t span_ms = (uint64_t)t.end_ms - (uint64_t)t.start_ms;
	if (t.step_ms == 0)
		t.step_ms = (int64_t)(span_ms / MS_PER_S / STEPS_DEFAULT) * MS_PER_S;
	if (t.step_ms == 0)
		t.step_ms = MS_PER_S;
	if (span_ms / (uint64_t)t.step_ms > STEPS_MAX)
		return err_set(err, ERR_INVALID, "more than %d steps; try a longer --step",
			       STEPS_MAX);
	*out = t;
	return true;
}
