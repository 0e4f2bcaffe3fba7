/* digest.h - the digests that formats and signatures of object stores are made of, by OpenSSL. */
#ifndef CODEC_DIGEST_H
#define CODEC_DIGEST_H

#include "base/str.h"

#include <stdint.h>

enum { SHA256_BYTES = 32, MD5_BYTES = 16 };

struct sha256 {
	uint8_t bytes[SHA256_BYTES];
};

struct sha256 sha256_of(struct str s);
struct sha256 hmac_sha256(struct str key, struct str s);
static inline struct str sha256_str(const struct sha256 *d)
{
	return str_from(d->bytes, SHA256_BYTES);
}

struct hex_sha256 {
	char s[2 * SHA256_BYTES + 1];
};
struct hex_sha256 sha256_hex(struct sha256 d);

/* For Content-MD5 headers, and where a format prescribes it: relabelling's hashmod. */
void md5_of(struct str s, uint8_t out[MD5_BYTES]);

#endif
