#include "base/utf8.h"

/* Bytes of a character by its first byte, and 0 where none begins. */
static size_t length_of_lead(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	if (lead >= 0xf0 && lead <= 0xf4)
		return 4;
	return 0;
}

static bool is_character(uint32_t rune, size_t n_bytes)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};

	return rune >= smallest[n_bytes] && rune <= UTF8_MAX_RUNE &&
	       !(rune >= 0xd800 && rune <= 0xdfff);
}

uint32_t utf8_decode(struct str s, size_t *n_bytes)
{
	*n_bytes = s.n > 0;
	if (s.n == 0)
		return UTF8_REPLACEMENT;

	unsigned char lead = (unsigned char)s.p[0];
	size_t n = length_of_lead(lead);
	if (n == 1)
		return lead;
	if (n == 0 || n > s.n)
		return UTF8_REPLACEMENT;

	uint32_t rune = lead & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((c & 0xc0) != 0x80)
			return UTF8_REPLACEMENT;
		rune = rune << 6 | (c & 0x3fu);
	}
	if (!is_character(rune, n))
		return UTF8_REPLACEMENT;
	*n_bytes = n;
	return rune;
}

size_t utf8_encode(char *out, uint32_t rune)
{
	if (rune > UTF8_MAX_RUNE || (rune >= 0xd800 && rune <= 0xdfff))
		rune = UTF8_REPLACEMENT;
	if (rune < 0x80) {
		out[0] = (char)rune;
		return 1;
	}
	if (rune < 0x800) {
		out[0] = (char)(0xc0 | rune >> 6);
		out[1] = (char)(0x80 | (rune & 0x3f));
		return 2;
	}
	if (rune < 0x10000) {
		out[0] = (char)(0xe0 | rune >> 12);
		out[1] = (char)(0x80 | (rune >> 6 & 0x3f));
		out[2] = (char)(0x80 | (rune & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | rune >> 18);
	out[1] = (char)(0x80 | (rune >> 12 & 0x3f));
	out[2] = (char)(0x80 | (rune >> 6 & 0x3f));
	out[3] = (char)(0x80 | (rune & 0x3f));
	return 4;
}

bool utf8_valid(struct str s)
{
	size_t n;

	for (size_t i = 0; i < s.n; i += n) {
		if (utf8_decode(str_skip(s, i), &n) == UTF8_REPLACEMENT && n == 1)
			return false;
	}
	return true;
}
