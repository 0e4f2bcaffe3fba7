/* str.h - a borrowed run of bytes: not NUL-terminated, any byte may occur. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

/* A literal, and a NUL-terminated string. */
#define STR(literal)                                                                               \
	((struct str){                                                                             \
	    .p = "" literal "",                                                                    \
	    .n = sizeof(literal) - 1,                                                              \
	})
/* For printf: printf("%.*s", STR_FMT(s)). */
#define STR_FMT(s) (int)(s).n, (s).p

static inline struct str str_of(const char *s)
{
	return (struct str){.p = s, .n = strlen(s)};
}

static inline struct str str_from(const void *p, size_t n)
{
	return (struct str){.p = (const char *)p, .n = n};
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_is(struct str a, const char *literal)
{
	return str_eq(a, str_of(literal));
}

/* Byte order, a prefix first: <0, 0, >0. */
static inline int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;
	return c ? c : (a.n > b.n) - (a.n < b.n);
}

static inline bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static inline bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n &&
	       (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

/* From `from` to the end; `from` past the end gives an empty str. */
static inline struct str str_skip(struct str s, size_t from)
{
	if (from > s.n)
		from = s.n;
	/* NULL + 0 is undefined. */
	return (struct str){.p = from ? s.p + from : s.p, .n = s.n - from};
}

/* The index of the first `c`, or s.n. */
static inline size_t str_find_char(struct str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;
	return at ? (size_t)(at - s.p) : s.n;
}

/* The index of the first `needle`, or s.n. An empty needle is found at 0. */
size_t str_find(struct str s, struct str needle);

/* Without leading and trailing bytes that occur in `cut`. */
struct str str_trim(struct str s, const char *cut);

/* Cut at the first `sep`: *head is what stands before it, the result what stands behind. Without
 * one, *head is all and the result is empty with p == NULL. */
struct str str_split(struct str s, char sep, struct str *head);

/* A heap copy with a NUL behind it, the caller's to free(). */
char *str_dup(struct str s);

/* Whole-string numbers; false on anything else, overflow included. */
bool str_to_i64(struct str s, int64_t *out);
bool str_to_u64(struct str s, uint64_t *out);

#endif
