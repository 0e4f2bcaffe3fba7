#include "codec/base64.h"

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static bool is_url(enum base64_alphabet alphabet)
{
	return alphabet == BASE64_URL || alphabet == BASE64_URL_RAW;
}

static bool is_padded(enum base64_alphabet alphabet)
{
	return alphabet == BASE64_STANDARD || alphabet == BASE64_URL;
}

void base64_encode(struct buf *out, struct str bytes, enum base64_alphabet alphabet)
{
	const char *letters = is_url(alphabet) ? url : standard;

	for (size_t i = 0; i < bytes.n; i += 3) {
		size_t n = bytes.n - i < 3 ? bytes.n - i : 3;
		uint32_t bits = 0;
		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (k < n ? (uint8_t)bytes.p[i + k] : 0);
		char four[4] = "====";
		for (size_t k = 0; k < n + 1; k++)
			four[k] = letters[bits >> (18 - 6 * k) & 63];
		buf_append(out, four, is_padded(alphabet) ? 4 : n + 1);
	}
}

static int letter_value(char c, enum base64_alphabet alphabet)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	const char *last = (is_url(alphabet) ? url : standard) + 62;
	return c == last[0] ? 62 : c == last[1] ? 63 : -1;
}

static struct str without_padding(struct str text)
{
	for (int i = 0; i < 2 && text.n % 4 == (size_t)(4 - i) % 4 && text.n > 0; i++) {
		if (text.p[text.n - 1] != '=')
			break;
		text.n--;
	}
	return text;
}

bool base64_decode(struct str text, enum base64_alphabet alphabet, struct buf *out, struct err *err)
{
	text = without_padding(text);
	if (text.n % 4 == 1)
		return err_set(err, ERR_INVALID, "base64: %zu letters are no whole bytes", text.n);

	uint32_t bits = 0;
	unsigned n_bits = 0;
	for (size_t i = 0; i < text.n; i++) {
		int value = letter_value(text.p[i], alphabet);
		if (value < 0)
			return err_set(err, ERR_INVALID, "base64: byte 0x%02x at %zu is no letter",
				       (unsigned char)text.p[i], i);
		bits = bits << 6 | (uint32_t)value;
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		if (!buf_putc(out, (char)(bits >> n_bits)))
			return err_set(err, ERR_LIMIT, "base64: more than %zu bytes", out->max);
		bits &= (1u << n_bits) - 1;
	}
	if (bits)
		return err_set(err, ERR_INVALID, "base64: the last letter has bits left over");
	return true;
}
