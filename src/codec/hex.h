/* hex.h - bytes as hexadecimal digits. */
#ifndef CODEC_HEX_H
#define CODEC_HEX_H

#include "base/buf.h"
#include "base/err.h"

void hex_encode(struct buf *out, struct str bytes); /* lower case */
/* Either case. The bytes are appended. */
bool hex_decode(struct str text, struct buf *out, struct err *err);
/* The value of one digit, or -1. */
int hex_digit(char c);

#endif
