#include "tools/text_table.h"

#include "base/assert.h"
#include "base/quote.h"
#include "base/rune_width.h"
#include "base/utf8.h"

static bool is_printable(struct str s)
{
	for (size_t n; s.n > 0; s = str_skip(s, n)) {
		uint32_t rune = utf8_decode(s, &n);
		if (!rune_is_print(rune) || (rune == UTF8_REPLACEMENT && n == 1))
			return false;
	}
	return true;
}

struct str text_printable(struct str s, struct arena *a)
{
	struct buf quoted auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	if (is_printable(s))
		return s;
	quote_append(&quoted, s);
	return arena_str(a, buf_str(&quoted));
}

void text_table_init(struct text_table *t, struct arena *a)
{
	*t = (struct text_table){.a = a};
}

void text_table_column(struct text_table *t, struct str title, enum text_align align)
{
	assert(t->cells.n == 0);
	title = text_printable(title, t->a);
	ARENA_PUSH(t->a, &t->columns, (struct text_column){title, align, str_width(title)});
}

void text_table_cell(struct text_table *t, struct str text)
{
	struct text_column *column = &t->columns.v[t->cells.n % t->columns.n];

	text = text_printable(text, t->a);
	size_t width = str_width(text);
	if (width > column->width)
		column->width = width;
	ARENA_PUSH(t->a, &t->cells, text);
}

static void put_spaces(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_putc(out, ' ');
}

/* Spaces are owed, and paid when something follows them. */
static void put_cell(struct buf *out, const struct text_column *column, struct str text,
		     size_t *owed)
{
	size_t fill = column->width - str_width(text);

	if (text.n == 0) {
		*owed += column->width + 2;
		return;
	}
	put_spaces(out, *owed + (column->align == TEXT_RIGHT ? fill : 0));
	buf_append_str(out, text);
	*owed = (column->align == TEXT_LEFT ? fill : 0) + 2;
}

void text_table_write(const struct text_table *t, struct buf *out)
{
	size_t n = t->columns.n, owed = 0;

	assert(n > 0 && t->cells.n % n == 0);
	for (size_t i = 0; i < n; i++)
		put_cell(out, &t->columns.v[i], t->columns.v[i].title, &owed);
	buf_putc(out, '\n');
	for (size_t i = 0; i < t->cells.n; i++) {
		if (i % n == 0)
			owed = 0;
		put_cell(out, &t->columns.v[i % n], t->cells.v[i], &owed);
		if (i % n == n - 1)
			buf_putc(out, '\n');
	}
}
