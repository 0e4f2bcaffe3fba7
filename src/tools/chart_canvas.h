/* chart_canvas.h - a grid of dots drawn with braille characters, two by four to a character, each
 * character in the colour of the line that touched it last.
 *
 * Dots are counted from the top left.
 */
#ifndef TOOLS_CHART_CANVAS_H
#define TOOLS_CHART_CANVAS_H

#include "base/arena.h"
#include "base/buf.h"

enum { DOTS_PER_COLUMN = 2, DOTS_PER_ROW = 4 };

struct chart_canvas {
	size_t columns, rows; /* in characters */
	uint8_t *dots;        /* a bit per dot, as in the character's code */
	uint16_t *lines;      /* which line touched it last, from 1; 0: none */
	char *letters;        /* 0: none; only where there are no dots */
};

struct chart_dot {
	int64_t x, y;
};

void chart_canvas_init(struct chart_canvas *c, size_t columns, size_t rows, struct arena *a);
/* `line` counts from 0. What is outside is cut off. */
void chart_canvas_line(struct chart_canvas *c, struct chart_dot from, struct chart_dot to,
		       size_t line);

/* A letter in the first free place to the right of the dot, within four; if there is none, one row
 * above, or one below. */
void chart_canvas_letter(struct chart_canvas *c, struct chart_dot beside, char letter);

/* The colour of a line as an SGR sequence: "\x1b[38;5;39m". They repeat after a dozen. */
const char *chart_color(size_t line);
#define CHART_COLOR_END "\x1b[0m"

/* One row of characters, without blanks at its end. */
void chart_canvas_put_row(const struct chart_canvas *c, size_t row, bool colored, struct buf *out);

#endif
