/* base64.h - RFC 4648 base 64, for binary metadata, tokens and checksums. */
#ifndef CODEC_BASE64_H
#define CODEC_BASE64_H

#include "base/buf.h"
#include "base/err.h"

enum base64_alphabet {
	BASE64_STANDARD, /* + / with padding */
	BASE64_RAW,      /* + / without padding */
	BASE64_URL,      /* - _ with padding */
	BASE64_URL_RAW,  /* - _ without padding */
};

void base64_encode(struct buf *out, struct str bytes, enum base64_alphabet alphabet);
/* Padding may be there or not, whatever the alphabet; nothing else may deviate, unused bits must
 * be 0. The bytes are appended. */
bool base64_decode(struct str text, enum base64_alphabet alphabet, struct buf *out,
		   struct err *err);

#endif
