/* blake2b.h - BLAKE2b with 32 bytes of output and no key (RFC 7693): what names the postings in a
 * shared index cache. OpenSSL 3.0 makes it with 64 bytes only, which is another function.
 */
#ifndef CODEC_BLAKE2B_H
#define CODEC_BLAKE2B_H

#include "base/str.h"

enum { BLAKE2B_256_BYTES = 32 };

void blake2b_256(struct str bytes, uint8_t out[BLAKE2B_256_BYTES]);

#endif
