#include "store/limit_error.h"

#include "base/buf.h"

enum { SHOWN_BYTES = 300 };

void limit_error_name(struct err *err, struct matchers matchers)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	if (err->code != ERR_LIMIT)
		return;
	buf_putc(&text, '{');
	for (size_t i = 0; i < matchers.n && text.n < SHOWN_BYTES; i++) {
		if (i > 0)
			buf_putc(&text, ',');
		matcher_format(&text, matchers.v[i]);
	}
	if (text.n > SHOWN_BYTES) {
		text.n = SHOWN_BYTES;
		buf_puts(&text, "...");
	}
	err_wrap(err, "%s}", buf_cstr(&text));
}
