/* ulid.h - a block's name: 48 bits of milliseconds, 80 bits of randomness, 26 letters of
 * Crockford's base 32 (github.com/ulid/spec).
 */
#ifndef MODEL_ULID_H
#define MODEL_ULID_H

#include "base/str.h"

enum { ULID_LEN = 26 };

struct ulid {
	uint8_t bytes[16]; /* big-endian, so that memcmp() orders by time */
};

struct ulid_text {
	char s[ULID_LEN + 1];
};

/* Exactly 26 letters, either case; false otherwise. */
bool ulid_parse(struct str s, struct ulid *out);
struct ulid_text ulid_text(struct ulid id); /* upper case */
/* printf("%s", ulid_str(id)): valid until the end of the full expression's block. */
#define ulid_str(id) (ulid_text(id).s)
int64_t ulid_time_ms(struct ulid id);
int ulid_cmp(struct ulid a, struct ulid b);
struct ulid ulid_new(int64_t now_ms); /* randomness from the system */

#endif
