#include "codec/digest.h"

#include "base/assert.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

struct sha256 sha256_of(struct str s)
{
	struct sha256 d;

	if (EVP_Digest(s.p, s.n, d.bytes, NULL, EVP_sha256(), NULL) != 1)
		assert(!"OpenSSL has no SHA-256");
	return d;
}

struct sha256 hmac_sha256(struct str key, struct str s)
{
	struct sha256 d;
	unsigned n = SHA256_BYTES;

	assert(key.n <= INT_MAX);
	if (!HMAC(EVP_sha256(), key.p, (int)key.n, (const uint8_t *)s.p, s.n, d.bytes, &n))
		assert(!"OpenSSL has no HMAC");
	return d;
}

struct hex_sha256 sha256_hex(struct sha256 d)
{
	static const char digits[] = "0123456789abcdef";
	struct hex_sha256 hex = {0};

	for (size_t i = 0; i < SHA256_BYTES; i++) {
		hex.s[2 * i] = digits[d.bytes[i] >> 4];
		hex.s[2 * i + 1] = digits[d.bytes[i] & 15];
	}
	return hex;
}

void md5_of(struct str s, uint8_t out[MD5_BYTES])
{
	if (EVP_Digest(s.p, s.n, out, NULL, EVP_md5(), NULL) != 1)
		assert(!"OpenSSL has no MD5");
}
