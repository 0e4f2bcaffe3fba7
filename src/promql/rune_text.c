#include "promql/rune_text.h"

#include "base/quote.h"
#include "base/utf8.h"

/* What stands between the double quotes when the character is quoted. */
static struct str escaped(struct buf *scratch, uint32_t rune)
{
	char bytes[4];

	quote_append(scratch, str_from(bytes, utf8_encode(bytes, rune)));
	return str_from(scratch->p + 1, scratch->n - 2);
}

void rune_quote(struct buf *out, uint32_t rune)
{
	struct buf scratch auto_done(buf_done) = BUF_INIT(64);

	buf_putc(out, '\'');
	if (rune == '\'')
		buf_puts(out, "\\'");
	else if (rune == '"')
		buf_putc(out, '"');
	else
		buf_append_str(out, escaped(&scratch, rune));
	buf_putc(out, '\'');
}

void rune_describe(struct buf *out, uint32_t rune)
{
	struct buf scratch auto_done(buf_done) = BUF_INIT(64);
	char bytes[4];
	struct str character = str_from(bytes, utf8_encode(bytes, rune));

	buf_printf(out, "U+%04X", rune);
	if (rune == '"' || rune == '\\' || str_eq(escaped(&scratch, rune), character))
		buf_printf(out, " '%.*s'", STR_FMT(character));
}
