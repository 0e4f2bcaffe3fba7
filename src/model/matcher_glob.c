/* matcher_glob.c - literals with gaps between them, and the literal a pattern starts with. */
#include "base/assert.h"
#include "base/utf8.h"
#include "model/matcher_internal.h"

static const char meta[] = "\\.*+?()[]{}^$|";

static bool is_meta(char c)
{
	return c && strchr(meta, c);
}

static bool is_escaped_punctuation(struct str s)
{
	return s.n >= 2 && s.p[0] == '\\' && is_meta(s.p[1]);
}

/* The length of the plain character at the front, escape included; 0 when there is none. */
static size_t char_length(struct str s)
{
	size_t n;

	if (is_escaped_punctuation(s))
		return 2;
	if (s.n == 0 || is_meta(s.p[0]) || (utf8_decode(s, &n) == UTF8_REPLACEMENT && n == 1))
		return 0;
	return n;
}

static bool starts_with_quantifier(struct str s)
{
	return s.n && (s.p[0] == '*' || s.p[0] == '+' || s.p[0] == '?' || s.p[0] == '{');
}

/* The length of the .* or .+ at the front, with or without parentheses; 0 when there is none. */
static size_t gap_length(struct str s, unsigned *gap_min)
{
	static const struct {
		const char *text;
		unsigned gap_min;
	} forms[] = {{".*", 0}, {".+", 1}, {"(.*)", 0}, {"(.+)", 1}, {"(?:.*)", 0}, {"(?:.+)", 1}};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct str form = str_of(forms[i].text);
		if (str_starts(s, form) && !starts_with_quantifier(str_skip(s, form.n))) {
			*gap_min = forms[i].gap_min;
			return form.n;
		}
	}
	return 0;
}

/* The plain characters at the front, without their escapes; *left is what follows them. */
static struct str take_literal(struct arena *a, struct str *left)
{
	char *text = arena_alloc(a, left->n);
	size_t n = 0, length;

	while ((length = char_length(*left)) > 0) {
		struct str behind = str_skip(*left, length);
		if (starts_with_quantifier(behind))
			break;
		bool escaped = left->p[0] == '\\';
		memcpy(text + n, left->p + escaped, length - escaped);
		n += length - escaped;
		*left = behind;
	}
	return str_from(text, n);
}

/* One alternative: up to '|' or the end. */
static bool parse_glob(struct arena *a, struct str *left, struct glob *g)
{
	unsigned gap_min;
	size_t length;

	*g = (struct glob){.n = 1};
	g->piece[0] = take_literal(a, left);
	while ((length = gap_length(*left, &gap_min)) > 0) {
		*left = str_skip(*left, length);
		if (g->n == GLOB_PIECES_MAX)
			return false;
		g->gap_min[g->n] = gap_min;
		g->piece[g->n++] = take_literal(a, left);
	}
	return left->n == 0 || left->p[0] == '|';
}

bool globs_parse(struct arena *a, struct str pattern, struct globs *out)
{
	struct str left = pattern;

	*out = (struct globs){0};
	for (;;) {
		struct glob g;
		if (out->n == GLOBS_MAX || !parse_glob(a, &left, &g))
			return false;
		ARENA_PUSH(a, out, g);
		if (left.n == 0)
			return true;
		left = str_skip(left, 1);
	}
}

bool glob_match(const struct glob *g, struct str text)
{
	assert(g->n >= 1);
	struct str first = g->piece[0], last = g->piece[g->n - 1];

	if (g->n == 1)
		return str_eq(text, first);
	if (!str_starts(text, first))
		return false;
	/* A piece in the middle is best found as early as possible. */
	text = str_skip(text, first.n);
	for (size_t i = 1; i + 1 < g->n; i++) {
		if (text.n < g->gap_min[i])
			return false;
		text = str_skip(text, g->gap_min[i]);
		size_t at = str_find(text, g->piece[i]);
		if (text.n - at < g->piece[i].n)
			return false;
		text = str_skip(text, at + g->piece[i].n);
	}
	return text.n >= g->gap_min[g->n - 1] + last.n && str_ends(text, last);
}

/* --- prefixes -----------------------------------------------------------------------------------
 */

static size_t class_length(struct str s)
{
	size_t i = 1;

	if (i < s.n && s.p[i] == '^')
		i++;
	if (i < s.n && s.p[i] == ']')
		i++;
	while (i < s.n && s.p[i] != ']')
		i += s.p[i] == '\\' ? 2 : 1;
	return i < s.n ? i + 1 : s.n;
}

/* Whether a '|' stands outside of all groups, or a ')' closes none of the pattern's own: then what
 * the pattern begins with need not be what a match begins with. */
static bool has_other_beginnings(struct str s)
{
	unsigned depth = 0;

	while (s.n) {
		size_t n = 1;
		if (s.p[0] == '\\')
			n = 2;
		else if (s.p[0] == '[')
			n = class_length(s);
		else if (s.p[0] == '(')
			depth++;
		else if ((s.p[0] == ')' || s.p[0] == '|') && depth == 0)
			return true;
		else if (s.p[0] == ')')
			depth--;
		s = str_skip(s, n);
	}
	return false;
}

struct str pattern_prefix(struct arena *a, struct str pattern)
{
	/* \Q...\E quotes what would be read as syntax here. */
	if (str_find(pattern, STR("\\Q")) < pattern.n || has_other_beginnings(pattern))
		return (struct str){0};
	if (pattern.n && pattern.p[0] == '^')
		pattern = str_skip(pattern, 1);
	return take_literal(a, &pattern);
}
