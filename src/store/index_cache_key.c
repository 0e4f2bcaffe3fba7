#include "store/index_cache_key.h"

#include "codec/base64.h"
#include "codec/blake2b.h"

#include <stdlib.h>

#define CODEC ":dss" /* the encoding of lists; entries of other encodings have other names */

/* <prefix>:<block>:<digest of what is asked for>:dss */
static struct str digest_key(struct arena *a, const char *prefix, struct ulid block,
			     struct str what)
{
	struct buf digest auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	uint8_t bytes[BLAKE2B_256_BYTES];

	blake2b_256(what, bytes);
	base64_encode(&digest, str_from(bytes, sizeof(bytes)), BASE64_URL_RAW);
	return str_of(arena_printf(a, "%s:%s:%.*s" CODEC, prefix, ulid_str(block),
				   STR_FMT(buf_str(&digest))));
}

struct str index_cache_postings_key(struct arena *a, struct ulid block, struct str name,
				    struct str value)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	buf_append_str(&text, name);
	buf_putc(&text, ':');
	buf_append_str(&text, value);
	return digest_key(a, "P", block, buf_str(&text));
}

static int compare_matchers(const void *va, const void *vb)
{
	const struct matcher *a = *(struct matcher *const *)va, *b = *(struct matcher *const *)vb;

	if (matcher_type(a) != matcher_type(b))
		return matcher_type(a) < matcher_type(b) ? -1 : 1;
	int c = str_cmp(matcher_name(a), matcher_name(b));
	return c ? c : str_cmp(matcher_value(a), matcher_value(b));
}

struct str index_cache_expanded_key(struct arena *a, struct ulid block, struct matchers matchers)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct matcher **sorted = ARENA_ARRAY(a, struct matcher *, matchers.n);

	for (size_t i = 0; i < matchers.n; i++)
		sorted[i] = matchers.v[i];
	qsort(sorted, matchers.n, sizeof(*sorted), compare_matchers);
	for (size_t i = 0; i < matchers.n; i++) {
		if (i)
			buf_putc(&text, ';');
		matcher_format(&text, sorted[i]);
	}
	return digest_key(a, "EP", block, buf_str(&text));
}

static size_t put_decimal(char *to, uint64_t v)
{
	char digits[20];
	size_t n = 0;

	do
		digits[sizeof(digits) - ++n] = (char)('0' + v % 10);
	while (v /= 10);
	memcpy(to, digits + sizeof(digits) - n, n);
	return n;
}

/* S:<block>:<offset> */
size_t index_cache_put_series_key(char to[INDEX_CACHE_SERIES_KEY_MAX], struct ulid block,
				  uint64_t offset)
{
	struct ulid_text id = ulid_text(block);
	size_t n = 2;

	memcpy(to, "S:", 2);
	memcpy(to + n, id.s, ULID_LEN);
	n += ULID_LEN;
	to[n++] = ':';
	return n + put_decimal(to + n, offset);
}

enum index_cache_item index_cache_key_item(struct str key)
{
	switch (key.n ? key.p[0] : 0) {
	case 'P':
		return INDEX_CACHE_POSTINGS;
	case 'S':
		return INDEX_CACHE_SERIES;
	default:
		return INDEX_CACHE_EXPANDED_POSTINGS;
	}
}
