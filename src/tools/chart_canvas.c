#include "tools/chart_canvas.h"

#include "base/utf8.h"

#include <stdlib.h>

enum { BRAILLE_BLANK = 0x2800, LETTER_REACH = 4 };

/* Unicode numbers the dots of the upper three rows first, column by column. */
static const uint8_t BITS[DOTS_PER_ROW][DOTS_PER_COLUMN] = {
    {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

/* Of the 256 that terminals know; chosen to be told apart on dark and on light ground. */
static const char *const COLORS[] = {
    "\x1b[38;5;39m",  "\x1b[38;5;208m", "\x1b[38;5;34m",  "\x1b[38;5;170m",
    "\x1b[38;5;160m", "\x1b[38;5;37m",  "\x1b[38;5;136m", "\x1b[38;5;99m",
    "\x1b[38;5;67m",  "\x1b[38;5;205m", "\x1b[38;5;107m", "\x1b[38;5;131m",
};

const char *chart_color(size_t line)
{
	return COLORS[line % (sizeof(COLORS) / sizeof(COLORS[0]))];
}

void chart_canvas_init(struct chart_canvas *c, size_t columns, size_t rows, struct arena *a)
{
	*c = (struct chart_canvas){
	    .columns = columns,
	    .rows = rows,
	    .dots = ARENA_ARRAY(a, uint8_t, columns * rows),
	    .lines = ARENA_ARRAY(a, uint16_t, columns * rows),
	    .letters = ARENA_ARRAY(a, char, columns *rows),
	};
}

static void set_dot(struct chart_canvas *c, int64_t x, int64_t y, size_t line)
{
	if (x < 0 || y < 0 || x >= (int64_t)(c->columns * DOTS_PER_COLUMN) ||
	    y >= (int64_t)(c->rows * DOTS_PER_ROW))
		return;
	size_t at = (size_t)y / DOTS_PER_ROW * c->columns + (size_t)x / DOTS_PER_COLUMN;
	c->dots[at] |= BITS[y % DOTS_PER_ROW][x % DOTS_PER_COLUMN];
	c->lines[at] = (uint16_t)(line + 1);
}

void chart_canvas_line(struct chart_canvas *c, struct chart_dot from, struct chart_dot to,
		       size_t line)
{
	int64_t dx = to.x - from.x, dy = to.y - from.y;
	int64_t n = llabs(dx) > llabs(dy) ? llabs(dx) : llabs(dy);

	set_dot(c, from.x, from.y, line);
	/* Rounded halves away from the start, so that a line looks the same from both ends. */
	for (int64_t i = 1; i <= n; i++)
		set_dot(c, from.x + (2 * dx * i + (dx < 0 ? -n : n)) / (2 * n),
			from.y + (2 * dy * i + (dy < 0 ? -n : n)) / (2 * n), line);
}

static bool put_letter(struct chart_canvas *c, size_t row, size_t column, char letter)
{
	size_t first = row * c->columns;

	for (size_t i = column; i < column + LETTER_REACH && i < c->columns; i++) {
		if (c->dots[first + i] || c->letters[first + i])
			continue;
		c->letters[first + i] = letter;
		return true;
	}
	return false;
}

void chart_canvas_letter(struct chart_canvas *c, struct chart_dot beside, char letter)
{
	size_t column = (size_t)beside.x / DOTS_PER_COLUMN + 1;
	size_t row = (size_t)beside.y / DOTS_PER_ROW;

	if (put_letter(c, row, column, letter) ||
	    (row > 0 && put_letter(c, row - 1, column, letter)))
		return;
	if (row + 1 < c->rows)
		put_letter(c, row + 1, column, letter);
}

static void put_dots(struct buf *out, uint8_t dots)
{
	char rune[4];

	buf_append(out, rune, utf8_encode(rune, BRAILLE_BLANK + dots));
}

void chart_canvas_put_row(const struct chart_canvas *c, size_t row, bool colored, struct buf *out)
{
	const uint8_t *dots = c->dots + row * c->columns;
	const uint16_t *lines = c->lines + row * c->columns;
	const char *letters = c->letters + row * c->columns;
	size_t n = c->columns;
	uint16_t current = 0;

	while (n > 0 && dots[n - 1] == 0 && letters[n - 1] == 0)
		n--;
	for (size_t i = 0; i < n; i++) {
		if (colored && dots[i] && lines[i] != current) {
			buf_puts(out, chart_color(lines[i] - 1u));
			current = lines[i];
		}
		if (dots[i])
			put_dots(out, dots[i]);
		else
			buf_putc(out, letters[i] ? letters[i] : ' ');
	}
	if (current)
		buf_puts(out, CHART_COLOR_END);
}
