#include "tools/chart.h"

#include "base/duration.h"
#include "base/rune_width.h"
#include "base/time_text.h"
#include "base/utf8.h"
#include "tools/chart_axis.h"
#include "tools/chart_canvas.h"
#include "tools/text_table.h"

#include <inttypes.h>
#include <math.h>

#define CALENDAR_MIN_MS INT64_C(-62167219200000) /* the years 0 ... */
#define CALENDAR_MAX_MS INT64_C(253402300799999) /* ... to 9999 */

enum { LEGEND_MAX_LINES = 26, ROWS_PER_TICK = 3, LETTERS_MAX = 4, COLUMNS_MIN = 10 };

struct chart {
	const struct query_answer *answer;
	const struct chart_options *options;
	int64_t start_ms, end_ms; /* start < end */
	struct arena *a;
	struct buf *out;
	struct chart_axis values, times;
	struct chart_canvas canvas;
	size_t margin;    /* columns of the labels on the left */
	size_t columns;   /* of the lines; letters may stand behind them */
	bool has_letters; /* at the ends of lines that have no colours */
	size_t n_lines;
	struct chart_dot *ends; /* of the lines; y < 0: nothing was drawn */
};

/* --- what is drawn ---------------------------------------------------------------------------- */

static bool is_dot(const struct chart *c, const struct answer_sample *s)
{
	return !s->text.p && isfinite(s->v) && s->t_ms >= c->start_ms && s->t_ms <= c->end_ms;
}

/* False when there is nothing. */
static bool find_range(const struct chart *c, double *min, double *max)
{
	const struct query_answer *answer = c->answer;

	*min = INFINITY;
	*max = -INFINITY;
	for (size_t i = 0; i < answer->n; i++) {
		for (size_t k = 0; k < answer->v[i].n; k++) {
			const struct answer_sample *s = &answer->v[i].v[k];
			if (!is_dot(c, s))
				continue;
			*min = fmin(*min, s->v);
			*max = fmax(*max, s->v);
		}
	}
	return *min <= *max;
}

static bool check_options(const struct chart_options *o, struct err *err)
{
	if (o->columns < CHART_MIN_COLUMNS || o->columns > CHART_MAX_COLUMNS)
		return err_set(err, ERR_INVALID, "a chart has %d to %d columns, not %zu",
			       CHART_MIN_COLUMNS, CHART_MAX_COLUMNS, o->columns);
	if (o->rows < CHART_MIN_ROWS || o->rows > CHART_MAX_ROWS)
		return err_set(err, ERR_INVALID, "a chart has %d to %d rows, not %zu",
			       CHART_MIN_ROWS, CHART_MAX_ROWS, o->rows);
	return true;
}

/* What has a date. */
static int64_t within_calendar(int64_t t_ms)
{
	return t_ms < CALENDAR_MIN_MS   ? CALENDAR_MIN_MS
	       : t_ms > CALENDAR_MAX_MS ? CALENDAR_MAX_MS
					: t_ms;
}

/* Where a share of a length lies: the last dot is the end. */
static int64_t place(double v, double min, double max, size_t n)
{
	return llround((v - min) / (max - min) * (double)(n - 1));
}

static struct chart_dot dot_of(const struct chart *c, const struct answer_sample *s)
{
	size_t width = c->columns * DOTS_PER_COLUMN;
	size_t height = c->canvas.rows * DOTS_PER_ROW;

	return (struct chart_dot){
	    .x = place((double)s->t_ms, c->times.min, c->times.max, width),
	    .y = (int64_t)height - 1 - place(s->v, c->values.min, c->values.max, height),
	};
}

static bool are_neighbours(const struct chart *c, const struct answer_sample *before,
			   const struct answer_sample *s)
{
	int64_t step_ms = c->options->step_ms;

	return is_dot(c, before) && (step_ms == 0 || s->t_ms - before->t_ms <= step_ms);
}

static void draw_line(struct chart *c, size_t line)
{
	const struct answer_series *s = &c->answer->v[line];
	struct chart_dot last = {0, -1};

	for (size_t i = 0; i < s->n; i++) {
		if (!is_dot(c, &s->v[i]))
			continue;
		struct chart_dot dot = dot_of(c, &s->v[i]);
		bool joined = i > 0 && are_neighbours(c, &s->v[i - 1], &s->v[i]);
		chart_canvas_line(&c->canvas, joined ? last : dot, dot, line);
		last = dot;
	}
	c->ends[line] = last;
}

/* After all lines, so that none is drawn over a letter. */
static void put_letters(struct chart *c)
{
	for (size_t i = 0; i < c->n_lines && i < LEGEND_MAX_LINES; i++)
		if (c->ends[i].y >= 0)
			chart_canvas_letter(&c->canvas, c->ends[i], (char)('a' + i));
}

/* --- layout ----------------------------------------------------------------------------------- */

static void lay_out(struct chart *c, double min, double max)
{
	const struct chart_options *o = c->options;

	c->n_lines = c->answer->n;
	c->ends = ARENA_ARRAY(c->a, struct chart_dot, c->n_lines);
	c->values = chart_value_axis(min, max, o->rows / ROWS_PER_TICK + 1, c->a);
	for (size_t i = 0; i < c->values.ticks.n; i++) {
		size_t width = strlen(c->values.ticks.v[i].label);
		if (width > c->margin)
			c->margin = width;
	}
	c->has_letters = !o->colored && c->n_lines > 1;
	size_t right = c->has_letters ? LETTERS_MAX : 0, taken = c->margin + 2 + right;
	c->columns = o->columns > taken + COLUMNS_MIN ? o->columns - taken : COLUMNS_MIN;
	c->times = chart_time_axis(c->start_ms, c->end_ms, c->columns, c->a);
	chart_canvas_init(&c->canvas, c->columns + right, o->rows, c->a);
}

static void put_spaces(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_putc(out, ' ');
}

static const char *label_of_row(const struct chart *c, size_t row)
{
	size_t height = c->canvas.rows * DOTS_PER_ROW;

	for (size_t i = 0; i < c->values.ticks.n; i++) {
		int64_t y = (int64_t)height - 1 -
			    place(c->values.ticks.v[i].value, c->values.min, c->values.max, height);
		if ((size_t)y / DOTS_PER_ROW == row)
			return c->values.ticks.v[i].label;
	}
	return NULL;
}

static void put_row(const struct chart *c, size_t row)
{
	const char *label = label_of_row(c, row);

	buf_printf(c->out, "%*s %s", (int)c->margin, label ? label : "", label ? "┤" : "│");
	chart_canvas_put_row(&c->canvas, row, c->options->colored, c->out);
	buf_putc(c->out, '\n');
}

/* Centered under its tick, or ending with the chart; left out where it would touch the last one. */
static void put_tick_label(const struct chart *c, struct buf *labels, size_t column,
			   const char *label)
{
	size_t width = strlen(label), middle = c->margin + 2 + column;
	size_t from = middle > width / 2 ? middle - width / 2 : 0;

	if (from + width > c->options->columns)
		from = c->options->columns - width;
	if (labels->n > 0 && from < labels->n + 1)
		return;
	put_spaces(labels, from - labels->n);
	buf_puts(labels, label);
}

static size_t column_of_tick(const struct chart *c, size_t tick)
{
	return (size_t)place(c->times.ticks.v[tick].value, c->times.min, c->times.max,
			     c->columns * DOTS_PER_COLUMN) /
	       DOTS_PER_COLUMN;
}

static void put_time_axis(const struct chart *c)
{
	struct buf labels auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	size_t tick = 0;

	put_spaces(c->out, c->margin + 1);
	buf_puts(c->out, "└");
	for (size_t column = 0; column < c->columns; column++) {
		bool is_tick = false;
		for (; tick < c->times.ticks.n && column_of_tick(c, tick) == column; tick++) {
			is_tick = true;
			put_tick_label(c, &labels, column, c->times.ticks.v[tick].label);
		}
		buf_puts(c->out, is_tick ? "┬" : "─");
	}
	buf_printf(c->out, "\n%.*s\n", STR_FMT(buf_str(&labels)));
}

/* "2026-11-23 01:00:00" */
static const char *moment(const struct chart *c, int64_t t_ms)
{
	struct time_text text = time_text_ms(t_ms);

	return arena_printf(c->a, "%.10s %.8s", text.s, text.s + 11);
}

static void put_caption(const struct chart *c)
{
	const struct chart_options *o = c->options;

	put_spaces(c->out, c->margin + 2);
	buf_printf(c->out, "%s to %s UTC", moment(c, c->start_ms), moment(c, c->end_ms));
	if (o->step_ms > 0)
		buf_printf(c->out, ", every %s", model_duration_str(o->step_ms));
	buf_putc(c->out, '\n');
}

/* --- legend ----------------------------------------------------------------------------------- */

/* up{job="x"}; {} of a series without labels. */
static struct str series_name(const struct chart *c, struct labels ls)
{
	struct str metric = labels_get(ls, STR(LABEL_NAME)), name = STR(LABEL_NAME);
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	bool is_bare = label_name_is_identifier(metric);
	struct labels rest = is_bare ? labels_without(c->a, ls, &name, 1) : ls;
	if (is_bare)
		buf_append_str(&text, metric);
	if (rest.n > 0 || !is_bare)
		labels_format(&text, rest);
	return arena_str(c->a, buf_str(&text));
}

/* What fits into so many columns, with … at the end where there is more. */
static void put_cut(struct buf *out, struct str s, size_t columns)
{
	size_t n = 0, bytes, taken;

	if (str_width(s) <= columns) {
		buf_append_str(out, s);
		return;
	}
	taken = rune_width(utf8_decode(s, &bytes));
	while (taken < columns) {
		n += bytes;
		taken += rune_width(utf8_decode(str_skip(s, n), &bytes));
	}
	buf_append(out, s.p, n);
	buf_puts(out, "…");
}

static void put_legend(const struct chart *c)
{
	const char *indent = c->n_lines > 1 || c->options->colored ? "   " : "";

	for (size_t i = 0; i < c->n_lines && i < LEGEND_MAX_LINES; i++) {
		put_spaces(c->out, c->margin + 2);
		if (c->options->colored)
			buf_printf(c->out, "%s━━" CHART_COLOR_END " ", chart_color(i));
		else if (c->has_letters)
			buf_printf(c->out, "%c  ", (char)('a' + i));
		put_cut(c->out, text_printable(series_name(c, c->answer->v[i].labels), c->a),
			c->options->columns - c->margin - 2 - strlen(indent));
		buf_putc(c->out, '\n');
	}
	if (c->n_lines > LEGEND_MAX_LINES) {
		put_spaces(c->out, c->margin + 2);
		buf_printf(c->out, "%s… and %zu more\n", indent, c->n_lines - LEGEND_MAX_LINES);
	}
}

/* --- all of it -------------------------------------------------------------------------------- */

bool chart_write(const struct query_answer *answer, const struct chart_options *options,
		 struct buf *out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct chart c = {.answer = answer, .options = options, .a = a, .out = out};
	double min, max;

	if (!check_options(options, err))
		return false;
	c.start_ms = within_calendar(options->start_ms);
	c.end_ms = within_calendar(options->end_ms);
	if (c.end_ms <= c.start_ms)
		c.end_ms = c.start_ms + 1;
	if (answer->type != VALUE_MATRIX)
		return err_set(err, ERR_INVALID,
			       "a chart needs a range of times; the answer is a %s",
			       value_type_title(answer->type));
	if (!find_range(&c, &min, &max))
		return err_set(err, ERR_INVALID, "there is no number to draw");
	lay_out(&c, min, max);
	for (size_t i = 0; i < c.n_lines; i++)
		draw_line(&c, i);
	if (c.has_letters)
		put_letters(&c);
	for (size_t row = 0; row < options->rows; row++)
		put_row(&c, row);
	put_time_axis(&c);
	put_caption(&c);
	put_legend(&c);
	return true;
}
