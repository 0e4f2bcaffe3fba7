/* byte_size.h - sizes as text, with units to the base of two: 250MB is 250 * 2^20. */
#ifndef BASE_BYTE_SIZE_H
#define BASE_BYTE_SIZE_H

#include "base/err.h"
#include "base/str.h"

struct byte_size_text {
	char s[48];
};

/* 512B, 250MB, 2GiB, 1GB512MB, 1.5KB; 0 needs no unit. Not negative. */
bool byte_size_parse(struct str s, int64_t *bytes, struct err *err);
/* 250MiB, 1GiB512MiB, 0B. */
struct byte_size_text byte_size_text(int64_t bytes);
#define byte_size_str(bytes) (byte_size_text(bytes).s)

#endif
