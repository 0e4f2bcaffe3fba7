#include "tools/csv.h"

static bool has(struct str text, char c)
{
	return str_find_char(text, c) < text.n;
}

static bool begins_with_space(struct str text)
{
	return text.n > 0 && (text.p[0] == ' ' || (text.p[0] >= '\t' && text.p[0] <= '\r'));
}

/* A field that is \. alone ends the data for PostgreSQL. */
static bool needs_quotes(struct str text, char separator)
{
	return has(text, separator) || has(text, '"') || has(text, '\n') || has(text, '\r') ||
	       begins_with_space(text) || str_is(text, "\\.");
}

void csv_put_field(struct buf *out, struct str text, char separator)
{
	if (!needs_quotes(text, separator)) {
		buf_append_str(out, text);
		return;
	}
	buf_putc(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			buf_putc(out, '"');
		buf_putc(out, text.p[i]);
	}
	buf_putc(out, '"');
}

void csv_put_line(struct buf *out, const struct str *fields, size_t n, char separator)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(out, separator);
		csv_put_field(out, fields[i], separator);
	}
	buf_putc(out, '\n');
}
