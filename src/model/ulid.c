#include "model/ulid.h"

#include "base/rand.h"
#include "codec/bits.h"

static const char letters[32 + 1] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static int letter_value(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	const char *at = c ? strchr(letters, c) : NULL;
	return at ? (int)(at - letters) : -1;
}

/* 26 letters are 130 bits; the first two are always zero. Bit `i` of the text counts from there. */
bool ulid_parse(struct str s, struct ulid *out)
{
	struct ulid id = {{0}};

	if (s.n != ULID_LEN || letter_value(s.p[0]) > 7)
		return false;
	for (size_t i = 0; i < ULID_LEN; i++) {
		int value = letter_value(s.p[i]);
		if (value < 0)
			return false;
		for (size_t bit = 0; bit < 5; bit++) {
			size_t at = 5 * i + bit;
			if (value >> (4 - bit) & 1)
				id.bytes[(at - 2) / 8] |= (uint8_t)(1 << (7 - (at - 2) % 8));
		}
	}
	*out = id;
	return true;
}

struct ulid_text ulid_text(struct ulid id)
{
	struct ulid_text text = {{0}};
	uint64_t high = load_be64(id.bytes), low = load_be64(id.bytes + 8);

	for (size_t i = ULID_LEN; i > 0; i--) {
		text.s[i - 1] = letters[low & 31];
		low = low >> 5 | high << 59;
		high >>= 5;
	}
	return text;
}

int64_t ulid_time_ms(struct ulid id)
{
	int64_t ms = 0;

	for (size_t i = 0; i < 6; i++)
		ms = ms << 8 | id.bytes[i];
	return ms;
}

int ulid_cmp(struct ulid a, struct ulid b)
{
	return memcmp(a.bytes, b.bytes, sizeof(a.bytes));
}

struct ulid ulid_new(int64_t now_ms)
{
	struct ulid id;

	for (size_t i = 0; i < 6; i++)
		id.bytes[i] = (uint8_t)(now_ms >> (8 * (5 - i)));
	rand_bytes(id.bytes + 6, sizeof(id.bytes) - 6);
	return id;
}
