#include "tests/lib/series_line.h"

#include "base/float_text.h"
#include "model/samples.h"
#include "promql/parser.h"

/* Where the labels end: behind the closing brace, or at the first blank. */
static size_t metric_end(struct str line)
{
	char quote = 0;
	bool in_braces = false;

	for (size_t i = 0; i < line.n; i++) {
		char c = line.p[i];
		if (quote) {
			if (c == '\\' && quote != '`')
				i++;
			else if (c == quote)
				quote = 0;
		} else if (c == '"' || c == '\'' || c == '`') {
			quote = c;
		} else if (c == '{') {
			in_braces = true;
		} else if (c == '}') {
			return i + 1;
		} else if (!in_braces && (c == ' ' || c == '\t')) {
			while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))
				i++;
			if (i < line.n && line.p[i] == '{' &&
			    !(i + 1 < line.n && line.p[i + 1] == '{')) {
				i--;
				continue;
			}
			return i;
		}
	}
	return line.n;
}

static bool parse_metric(struct arena *a, struct str text, struct labels *out, struct err *err)
{
	struct {
		struct label *v;
		size_t n, cap;
	} ls = {0};

	*out = (struct labels){0};
	if (str_is(str_trim(text, " \t"), "{}"))
		return true;
	struct promql_query *q auto_free(promql_query_free) = promql_parse_selector(text, err);
	if (!q)
		return false;
	struct matchers ms = q->root->vector.matchers;
	for (size_t i = 0; i < ms.n; i++)
		if (matcher_value(ms.v[i]).n)
			ARENA_PUSH(a, &ls,
				   (struct label){arena_str(a, matcher_name(ms.v[i])),
						  arena_str(a, matcher_value(ms.v[i]))});
	if (!labels_sort(ls.v, ls.n))
		return err_set(err, ERR_INVALID, "a label twice in %.*s", STR_FMT(text));
	*out = (struct labels){ls.v, ls.n};
	return true;
}

static bool parse_value(struct str text, double *out)
{
	if (str_is(text, "stale")) {
		uint64_t bits = STALE_NAN_BITS;
		memcpy(out, &bits, sizeof(bits));
		return true;
	}
	return float_parse(text, out);
}

/* A blank, or what separates the parts of 0+10x5, which is not the sign of an exponent. */
static size_t sign_at(struct str s)
{
	for (size_t i = 1; i < s.n; i++)
		if ((s.p[i] == '+' || s.p[i] == '-') && s.p[i - 1] != 'e' && s.p[i - 1] != 'E')
			return i;
	return s.n;
}

static bool parse_item(struct arena *a, struct str item, struct series_line *out)
{
	struct str head = item, times = {0};
	size_t x = str_find_char(item, 'x');
	int64_t n = 0;
	double v = 0, delta = 0;

	if (x < item.n) {
		head = str_from(item.p, x);
		times = str_skip(item, x + 1);
		if (!str_to_i64(times, &n))
			return false;
	}
	if (str_is(head, "_")) {
		for (int64_t i = 0; i < (x < item.n ? n : 1); i++)
			ARENA_PUSH(a, &out->points, (struct point){0});
		return true;
	}
	size_t sign = x < item.n ? sign_at(head) : head.n;
	if (sign < head.n && (!float_parse(str_skip(head, sign + 1), &delta)))
		return false;
	if (sign < head.n && head.p[sign] == '-')
		delta = -delta;
	if (!parse_value(str_from(head.p, sign), &v))
		return false;
	for (int64_t i = 0; i <= n; i++, v += delta)
		ARENA_PUSH(a, &out->points, (struct point){POINT_FLOAT, v});
	return true;
}

/* {{...}}, {{...}}x5, {{...}}+{{...}}x5 */
static size_t histogram_item(struct arena *a, struct str s, struct series_line *out)
{
	size_t end = 0;
	int64_t n = 0;

	while (end < s.n && (s.p[end] == '{' || s.p[end] == '+' || s.p[end] == '-')) {
		end += str_find(str_skip(s, end), STR("}}"));
		end = end + 2 < s.n ? end + 2 : s.n;
	}
	size_t blank = end;
	while (blank < s.n && s.p[blank] != ' ' && s.p[blank] != '\t')
		blank++;
	if (blank > end)
		str_to_i64(str_from(s.p + end + 1, blank - end - 1), &n);
	for (int64_t i = 0; i <= n; i++)
		ARENA_PUSH(a, &out->points, (struct point){.kind = POINT_HISTOGRAM});
	return blank;
}

bool series_line_parse(struct arena *a, struct str line, struct series_line *out, struct err *err)
{
	size_t end = metric_end(line);

	*out = (struct series_line){0};
	if (!parse_metric(a, str_trim(str_from(line.p, end), " \t"), &out->labels, err))
		return false;
	struct str rest = str_trim(str_skip(line, end), " \t");
	while (rest.n) {
		size_t n = 0;
		if (str_starts(rest, STR("{{"))) {
			n = histogram_item(a, rest, out);
		} else {
			while (n < rest.n && rest.p[n] != ' ' && rest.p[n] != '\t')
				n++;
			if (!parse_item(a, str_from(rest.p, n), out))
				return err_set(err, ERR_INVALID, "bad value %.*s", (int)n, rest.p);
		}
		rest = str_trim(str_skip(rest, n), " \t");
	}
	return true;
}
