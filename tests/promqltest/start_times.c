#include "tests/promqltest/start_times.h"

#include "base/duration.h"
#include "promql/series_notation.h"

#define MARK "@st"

bool start_times_is_line(struct str line)
{
	return str_find(line, STR(MARK)) < line.n;
}

static bool parse_offset(struct str text, int64_t *out, struct err *err)
{
	bool is_negative = str_starts(text, STR("-"));

	if (!model_duration_parse(str_skip(text, is_negative), out, err))
		return false;
	if (is_negative)
		*out = -*out;
	return true;
}

/* <offset>, <offset>x<n>, <offset>+<change>x<n>, <offset>-<change>x<n>, _ and _x<n>; n is one less
 * than there are positions, but for _. */
static bool parse_item(struct arena *a, struct str item, struct start_times *out, struct err *err)
{
	size_t x = str_find(item, STR("x")), change_at = 1;
	struct str text = str_from(item.p, x);
	int64_t n = 0, offset_ms = START_UNKNOWN, change_ms = 0;

	if (x < item.n && !str_to_i64(str_skip(item, x + 1), &n))
		return err_set(err, ERR_INVALID, "start times %.*s", STR_FMT(item));
	if (str_is(text, "_")) {
		n -= x < item.n;
	} else {
		while (change_at < text.n && text.p[change_at] != '+' && text.p[change_at] != '-')
			change_at++;
		if (!parse_offset(str_from(text.p, change_at < text.n ? change_at : text.n),
				  &offset_ms, err))
			return false;
		text = str_skip(text, change_at);
		if (text.n && !parse_offset(str_skip(text, text.p[0] == '+'), &change_ms, err))
			return false;
	}
	for (int64_t i = 0; i <= n; i++)
		ARENA_PUSH(a, &out->offsets_ms,
			   offset_ms == START_UNKNOWN ? START_UNKNOWN : offset_ms + i * change_ms);
	return true;
}

bool start_times_parse(struct arena *a, struct str line, struct start_times *out, struct err *err)
{
	size_t mark = str_find(line, STR(MARK));
	struct str rest = str_skip(line, mark + sizeof(MARK) - 1);

	*out = (struct start_times){0};
	if (!series_notation_parse_labels(a, str_from(line.p, mark), &out->labels, err))
		return false;
	for (rest = str_trim(rest, " \t"); rest.n; rest = str_trim(rest, " \t")) {
		size_t n = 0;
		while (n < rest.n && rest.p[n] != ' ' && rest.p[n] != '\t')
			n++;
		if (!parse_item(a, str_from(rest.p, n), out, err))
			return false;
		rest = str_skip(rest, n);
	}
	return true;
}
