#include "codec/hex.h"

int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void hex_encode(struct buf *out, struct str bytes)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes.n; i++) {
		unsigned char c = (unsigned char)bytes.p[i];
		buf_append(out, (char[]){digits[c >> 4], digits[c & 15]}, 2);
	}
}

bool hex_decode(struct str text, struct buf *out, struct err *err)
{
	if (text.n % 2)
		return err_set(err, ERR_INVALID, "hex: %zu digits, want an even number", text.n);

	for (size_t i = 0; i < text.n; i += 2) {
		int high = hex_digit(text.p[i]), low = hex_digit(text.p[i + 1]);
		if (high < 0 || low < 0)
			return err_set(err, ERR_INVALID, "hex: byte 0x%02x at %zu is no digit",
				       (unsigned char)text.p[high < 0 ? i : i + 1],
				       high < 0 ? i : i + 1);
		if (!buf_putc(out, (char)(high << 4 | low)))
			return err_set(err, ERR_LIMIT, "hex: more than %zu bytes", out->max);
	}
	return true;
}
