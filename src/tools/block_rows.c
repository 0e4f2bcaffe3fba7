#include "tools/block_rows.h"

#include "base/duration.h"
#include "base/rune_width.h"
#include "base/time_text.h"
#include "tools/csv.h"
#include "tools/text_table.h"

#include <inttypes.h>
#include <stdlib.h>

const char *const BLOCK_COLUMN_NAMES[BLOCK_COLUMN_N + 1] = {
#define BLOCK_COLUMN_NAME_(name, text) [BLOCK_COLUMN_##name] = text,
    BLOCK_COLUMNS(BLOCK_COLUMN_NAME_)
#undef BLOCK_COLUMN_NAME_
};

struct row {
	struct str cells[BLOCK_COLUMN_N];
};

struct row_list {
	struct row *v;
	size_t n, cap;
};

/* --- cells ----------------------------------------------------------------------------------- */

#define RESOLUTION_5M_MS INT64_C(300000)
#define RESOLUTION_1H_MS INT64_C(3600000)

/* A raw block is downsampled when it spans 40 hours, one of 5 minutes when it spans 10 days. */
#define DOWNSAMPLE_RAW_MS (40 * MS_PER_H)
#define DOWNSAMPLE_5M_MS  (10 * MS_PER_DAY)

static struct str copy(struct arena *a, const char *text)
{
	return arena_str(a, str_of(text));
}

static struct str local_time(struct arena *a, int64_t t_ms)
{
	return copy(a, time_text_local_s(t_ms / 1000).s);
}

/* Milliseconds as Go's duration, which cannot be longer than 292 years. */
static struct str span(struct arena *a, int64_t ms)
{
	int64_t ns;

	if (__builtin_mul_overflow(ms, NS_PER_MS, &ns))
		ns = ms < 0 ? INT64_MIN : INT64_MAX;
	return copy(a, duration_str(ns));
}

static int64_t length_ms(const struct meta *m)
{
	int64_t ms;

	return __builtin_sub_overflow(m->max_t_ms, m->min_t_ms, &ms) ? INT64_MAX : ms;
}

static struct str until_downsampled(struct arena *a, const struct meta *m)
{
	int64_t ms;

	if (m->resolution_ms != 0 && m->resolution_ms != RESOLUTION_5M_MS)
		return STR("-");
	if (__builtin_sub_overflow(m->resolution_ms == 0 ? DOWNSAMPLE_RAW_MS : DOWNSAMPLE_5M_MS,
				   length_ms(m), &ms))
		ms = INT64_MAX;
	return span(a, ms);
}

/* 1,234,567 */
static struct str grouped(struct arena *a, uint64_t n)
{
	char text[32];
	char *p = text + sizeof(text) - 1;

	*p = '\0';
	for (int digits = 0; n > 0 || digits == 0; n /= 10, digits++) {
		if (digits > 0 && digits % 3 == 0)
			*--p = ',';
		*--p = (char)('0' + n % 10);
	}
	return copy(a, p);
}

static struct str grouped_signed(struct arena *a, int64_t n)
{
	struct str digits = grouped(a, n < 0 ? -(uint64_t)n : (uint64_t)n);

	return n < 0 ? str_of(arena_printf(a, "-%.*s", STR_FMT(digits))) : digits;
}

static struct str label_texts(struct arena *a, struct labels ls)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	for (size_t i = 0; i < ls.n; i++) {
		if (i > 0)
			buf_putc(&text, ',');
		buf_append_str(&text, ls.v[i].name);
		buf_putc(&text, '=');
		buf_append_str(&text, ls.v[i].value);
	}
	return arena_str(a, buf_str(&text));
}

static struct row row_of(struct arena *a, const struct meta *m)
{
	return (struct row){{
	    [BLOCK_COLUMN_ULID] = copy(a, ulid_str(m->id)),
	    [BLOCK_COLUMN_FROM] = local_time(a, m->min_t_ms),
	    [BLOCK_COLUMN_UNTIL] = local_time(a, m->max_t_ms),
	    [BLOCK_COLUMN_RANGE] = span(a, length_ms(m)),
	    [BLOCK_COLUMN_UNTIL_DOWN] = until_downsampled(a, m),
	    [BLOCK_COLUMN_SERIES] = grouped(a, m->stats.n_series),
	    [BLOCK_COLUMN_SAMPLES] = grouped(a, m->stats.n_samples),
	    [BLOCK_COLUMN_CHUNKS] = grouped(a, m->stats.n_chunks),
	    [BLOCK_COLUMN_LEVEL] = grouped_signed(a, m->compaction.level),
	    [BLOCK_COLUMN_FAILED] = str_of(m->compaction.has_failed ? "true" : "false"),
	    [BLOCK_COLUMN_LABELS] = label_texts(a, m->labels),
	    [BLOCK_COLUMN_RESOLUTION] = span(a, m->resolution_ms),
	    [BLOCK_COLUMN_SOURCE] = m->source,
	}};
}

static bool has_labels(const struct meta *m, struct labels wanted)
{
	for (size_t i = 0; i < wanted.n; i++)
		if (!labels_has(m->labels, wanted.v[i].name) ||
		    !str_eq(labels_get(m->labels, wanted.v[i].name), wanted.v[i].value))
			return false;
	return true;
}

/* --- order ----------------------------------------------------------------------------------- */

static bool read_number(struct str text, uint64_t *out)
{
	char digits[32];
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == ',')
			continue;
		if (n == sizeof(digits))
			return false;
		digits[n++] = text.p[i];
	}
	return str_to_u64(str_from(digits, n), out);
}

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

/* As what both are: times, durations, numbers, or else texts. */
static int compare_cells(struct str a, struct str b)
{
	struct err err = ERR_INIT;
	int64_t x, y;
	uint64_t n, m;

	if (time_parse(a, &x, &err) && time_parse(b, &y, &err))
		return COMPARE(x, y);
	if (duration_parse(a, &x, &err) && duration_parse(b, &y, &err))
		return COMPARE(x, y);
	if (read_number(a, &n) && read_number(b, &m))
		return COMPARE(n, m);
	return str_cmp(a, b);
}

static int by_columns(const void *a, const void *b, void *arg)
{
	const struct block_rows_options *o = arg;
	const struct row *x = a, *y = b;

	for (size_t i = 0; i < o->n_sort_by; i++) {
		int c = compare_cells(x->cells[o->sort_by[i]], y->cells[o->sort_by[i]]);
		if (c)
			return c;
	}
	return str_cmp(x->cells[BLOCK_COLUMN_ULID], y->cells[BLOCK_COLUMN_ULID]);
}

/* --- writing --------------------------------------------------------------------------------- */

static void write_values(const struct row_list *rows, char separator, struct buf *out)
{
	struct str titles[BLOCK_COLUMN_N];

	for (size_t i = 0; i < BLOCK_COLUMN_N; i++)
		titles[i] = str_of(BLOCK_COLUMN_NAMES[i]);
	csv_put_line(out, titles, BLOCK_COLUMN_N, separator);
	for (size_t i = 0; i < rows->n; i++)
		csv_put_line(out, rows->v[i].cells, BLOCK_COLUMN_N, separator);
}

static void put_many(struct buf *out, char c, size_t n)
{
	while (n-- > 0)
		buf_putc(out, c);
}

static void put_padded(struct buf *out, size_t left, struct str text, size_t right)
{
	buf_puts(out, "| ");
	put_many(out, ' ', left);
	buf_append_str(out, text);
	put_many(out, ' ', right + 1);
}

static void put_titles(struct buf *out, const size_t *widths)
{
	for (size_t i = 0; i < BLOCK_COLUMN_N; i++) {
		struct str title = str_of(BLOCK_COLUMN_NAMES[i]);
		size_t fill = widths[i] - title.n;
		put_padded(out, fill / 2, title, fill - fill / 2);
	}
	buf_puts(out, "|\n");
	for (size_t i = 0; i < BLOCK_COLUMN_N; i++) {
		buf_putc(out, '|');
		put_many(out, '-', widths[i] + 2);
	}
	buf_puts(out, "|\n");
}

/* Markdown, as it happens. */
static void write_table(const struct row_list *rows, struct buf *out)
{
	size_t widths[BLOCK_COLUMN_N];

	for (size_t i = 0; i < BLOCK_COLUMN_N; i++)
		widths[i] = strlen(BLOCK_COLUMN_NAMES[i]);
	for (size_t r = 0; r < rows->n; r++)
		for (size_t i = 0; i < BLOCK_COLUMN_N; i++)
			if (str_width(rows->v[r].cells[i]) > widths[i])
				widths[i] = str_width(rows->v[r].cells[i]);
	put_titles(out, widths);
	for (size_t r = 0; r < rows->n; r++) {
		for (size_t i = 0; i < BLOCK_COLUMN_N; i++) {
			struct str cell = rows->v[r].cells[i];
			put_padded(out, 0, cell, widths[i] - str_width(cell));
		}
		buf_puts(out, "|\n");
	}
}

/* What comes from a bucket shall not act upon the terminal. */
static void make_printable(struct row_list *rows, struct arena *a)
{
	for (size_t r = 0; r < rows->n; r++)
		for (size_t i = 0; i < BLOCK_COLUMN_N; i++)
			rows->v[r].cells[i] = text_printable(rows->v[r].cells[i], a);
}

void block_rows_write(const struct block_view *view, const struct block_rows_options *o,
		      struct buf *out)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct row_list rows = {0};

	for (size_t i = 0; i < view->metas.n; i++)
		if (has_labels(view->metas.v[i], o->selector))
			ARENA_PUSH(a, &rows, row_of(a, view->metas.v[i]));
	if (rows.n > 0)
		qsort_r(rows.v, rows.n, sizeof(*rows.v), by_columns, (void *)o);
	if (o->format != BLOCK_ROWS_TABLE) {
		write_values(&rows, o->format == BLOCK_ROWS_CSV ? ',' : '\t', out);
		return;
	}
	make_printable(&rows, a);
	write_table(&rows, out);
}
