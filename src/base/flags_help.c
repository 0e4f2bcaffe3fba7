/* flags_help.c - help texts, laid out as kingpin does. */
#include "base/flags_internal.h"
#include "base/quote.h"

#include <ctype.h>
#include <stdlib.h>

/* --- filling lines -------------------------------------------------------------------------------
 */

struct words {
	struct str *v;
	size_t n, cap;
};

static struct words split_words(const char *text, struct arena *a)
{
	struct words words = {0};

	while (*(text += strspn(text, " \t\n"))) {
		size_t n = strcspn(text, " \t\n");
		ARENA_PUSH(a, &words, str_from(text, n));
		text += n;
	}
	return words;
}

/* How ugly lines are: what sticks out counts before everything else. */
struct cost {
	int64_t over, ragged;
};

static bool is_less(struct cost a, struct cost b)
{
	return a.over != b.over ? a.over < b.over : a.ragged < b.ragged;
}

/* Worth eight blank columns: a line that ends within a clause. */
enum { CLAUSE_COST = 64 };

static struct cost line_cost(const struct words *w, size_t end, int64_t length, int64_t width)
{
	struct str last = w->v[end - 1];
	int64_t left = width - length;
	int64_t clause = strchr(".,:;", last.p[last.n - 1]) ? 0 : CLAUSE_COST;

	if (left < 0)
		return (struct cost){left * left, clause};
	return (struct cost){0, end == w->n ? 0 : left * left + clause};
}

/* break_before[j]: where the line that ends before word j begins, for the least cost in all. */
static size_t *best_breaks(const struct words *w, int64_t width, struct arena *a)
{
	struct cost *best = ARENA_ARRAY(a, struct cost, w->n + 1);
	size_t *break_before = ARENA_ARRAY(a, size_t, w->n + 1);

	for (size_t end = 1; end <= w->n; end++) {
		int64_t length = -1;
		for (size_t first = end; first-- > 0;) {
			length += (int64_t)w->v[first].n + 1;
			struct cost c = line_cost(w, end, length, width);
			c.over += best[first].over;
			c.ragged += best[first].ragged;
			/* Of equals the longest line, as Go breaks them. */
			if (first == end - 1 || !is_less(best[end], c)) {
				best[end] = c;
				break_before[end] = first;
			}
			if (length > width && first < end - 1)
				break;
		}
	}
	return break_before;
}

/* The lines of the text, the words of each one space apart. */
static struct words fill_lines(const char *text, unsigned width, struct arena *a)
{
	struct words w = split_words(text, a), lines = {0};
	size_t *break_before = best_breaks(&w, width, a);

	for (size_t end = w.n; end > 0; end = break_before[end]) {
		struct buf line auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
		for (size_t i = break_before[end]; i < end; i++)
			buf_printf(&line, "%s%.*s", i > break_before[end] ? " " : "",
				   STR_FMT(w.v[i]));
		ARENA_PUSH(a, &lines, arena_str(a, buf_str(&line)));
	}
	for (size_t i = 0; i < lines.n / 2; i++) {
		struct str swapped = lines.v[i];
		lines.v[i] = lines.v[lines.n - 1 - i];
		lines.v[lines.n - 1 - i] = swapped;
	}
	return lines;
}

void flags_wrap(struct buf *out, const char *text, unsigned indent, unsigned width)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct words lines = fill_lines(text, width > indent ? width - indent : 1, a);

	for (size_t i = 0; i < lines.n; i++)
		buf_printf(out, "%*s%.*s\n", (int)indent, "", STR_FMT(lines.v[i]));
}

/* --- flags ---------------------------------------------------------------------------------------
 */

static void append_placeholder(struct buf *out, const struct flag_entry *e)
{
	const struct flag_spec *spec = e->spec;

	if (e->part == FLAG_PART_PATH)
		buf_puts(out, "<file-path>");
	else if (e->part == FLAG_PART_TEXT)
		buf_puts(out, "<content>");
	else if (spec->placeholder)
		buf_puts(out, spec->placeholder);
	else if (spec->default_text && spec->type == FLAG_TYPE_STRING)
		quote_append(out, str_of(spec->default_text));
	else if (spec->default_text)
		buf_puts(out, spec->default_text);
	else
		for (const char *at = spec->name; *at; at++)
			buf_putc(out, (char)toupper((unsigned char)*at));
}

static const char *left_column(const struct flag_entry *e, bool have_short, struct arena *a)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	if (e->spec->short_name)
		buf_printf(&out, "-%c, ", e->spec->short_name);
	else
		buf_puts(&out, have_short ? "    " : "");
	buf_printf(&out, "--%s%s", e->spec->type == FLAG_TYPE_BOOL ? "[no-]" : "", e->name);
	if (e->spec->type != FLAG_TYPE_BOOL) {
		buf_putc(&out, '=');
		append_placeholder(&out, e);
	}
	buf_puts(&out, flag_is_repeatable(e->spec) ? " ..." : "");
	return arena_cstr(a, buf_str(&out));
}

static const char *help_of(const struct flag_entry *e, struct arena *a)
{
	const char *help = e->spec->help ? e->spec->help : "";

	if (e->part == FLAG_PART_PATH)
		return arena_printf(a, "Path to %s", help);
	if (e->part == FLAG_PART_TEXT)
		return arena_printf(a,
				    "Alternative to '%s-file' flag (mutually exclusive). Content "
				    "of %s",
				    e->name, help);
	return help;
}

enum { INDENT = 2, LEFT_MAX = 30 };

static void append_row(struct buf *out, const char *left, const char *help, size_t left_width,
		       unsigned width, struct arena *a)
{
	size_t taken = left_width + 2 * INDENT;
	struct words lines = fill_lines(help, width > taken ? (unsigned)(width - taken) : 1, a);

	if (strlen(left) >= LEFT_MAX)
		buf_printf(out, "%*s%s\n%*s", INDENT, "", left, (int)taken, "");
	else
		buf_printf(out, "%*s%-*s%*s", INDENT, "", (int)left_width, left, INDENT, "");
	buf_printf(out, "%.*s\n", STR_FMT(lines.n ? lines.v[0] : STR("")));
	for (size_t i = 1; i < lines.n; i++)
		buf_printf(out, "%*s%.*s\n", (int)taken, "", STR_FMT(lines.v[i]));
}

void flags_help(struct buf *out, const struct flag_group *groups, size_t n_groups, unsigned width)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	size_t n, left_width = 0;
	bool have_short = false;

	struct flag_entry *entries = flag_entries(groups, n_groups, a, &n);
	const char **left = ARENA_ARRAY(a, const char *, n);
	for (size_t i = 0; i < n; i++)
		have_short |= entries[i].spec->short_name != 0;
	for (size_t i = 0; i < n; i++) {
		if (entries[i].spec->attrs & FLAG_HIDDEN)
			continue;
		left[i] = left_column(&entries[i], have_short, a);
		if (strlen(left[i]) > left_width && strlen(left[i]) < LEFT_MAX)
			left_width = strlen(left[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (left[i])
			append_row(out, left[i], help_of(&entries[i], a), left_width, width, a);
}

/* Those that every command has are not worth mentioning. */
static bool is_boilerplate(const char *name)
{
	return strncmp(name, "help", 4) == 0 || strncmp(name, "completion", 10) == 0;
}

void flags_summary(struct buf *out, const struct flag_group *groups, size_t n_groups)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	bool others = false;
	size_t n, before = out->n;

	struct flag_entry *entries = flag_entries(groups, n_groups, a, &n);
	for (size_t i = 0; i < n; i++) {
		bool required =
		    (entries[i].spec->attrs & FLAG_REQUIRED) && entries[i].part == FLAG_PART_WHOLE;
		others |= !required && !is_boilerplate(entries[i].name);
		if (required) {
			buf_printf(out, "%s--%s=", out->n > before ? " " : "", entries[i].name);
			append_placeholder(out, &entries[i]);
		}
	}
	if (others)
		buf_printf(out, "%s[<flags>]", out->n > before ? " " : "");
}
