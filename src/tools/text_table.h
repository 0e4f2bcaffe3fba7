/* text_table.h - cells in columns, for people's eyes.
 *
 *	text_table_column(&t, STR("value"), TEXT_RIGHT);
 *	text_table_cell(&t, STR("1"));
 *	text_table_write(&t, &out);
 *
 * Columns are two spaces apart and as wide as their widest cell. No line
 * ends with a space. What a terminal would act upon (line ends, escapes) is shown as Go quotes it.
 */
#ifndef TOOLS_TEXT_TABLE_H
#define TOOLS_TEXT_TABLE_H

#include "base/arena.h"
#include "base/buf.h"

enum text_align { TEXT_LEFT, TEXT_RIGHT };

struct text_column {
	struct str title;
	enum text_align align;
	size_t width;
};

struct text_cells {
	struct str *v;
	size_t n, cap;
};

struct text_table {
	struct arena *a; /* borrowed */
	struct {
		struct text_column *v;
		size_t n, cap;
	} columns;
	struct text_cells cells; /* row by row */
};

/* Texts are borrowed until the table is written. All columns come before the first cell. */
void text_table_init(struct text_table *t, struct arena *a);
void text_table_column(struct text_table *t, struct str title, enum text_align align);
/* The next cell of the row, or the first of the next one. */
void text_table_cell(struct text_table *t, struct str text);

/* The titles and the rows, of which the last is complete. */
void text_table_write(const struct text_table *t, struct buf *out);

/* `s`, or in quotes when a terminal would act upon it. */
struct str text_printable(struct str s, struct arena *a);

#endif
