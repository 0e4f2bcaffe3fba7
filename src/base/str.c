#include "base/str.h"

#include "base/alloc.h"

size_t str_find(struct str s, struct str needle)
{
	if (needle.n == 0)
		return 0;
	const char *at = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
	return at ? (size_t)(at - s.p) : s.n;
}

static bool is_in(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

struct str str_trim(struct str s, const char *cut)
{
	while (s.n && is_in(s.p[0], cut))
		s = str_skip(s, 1);
	while (s.n && is_in(s.p[s.n - 1], cut))
		s.n--;
	return s;
}

struct str str_split(struct str s, char sep, struct str *head)
{
	size_t at = str_find_char(s, sep);
	*head = str_from(s.p, at);
	return at < s.n ? str_skip(s, at + 1) : (struct str){0};
}

char *str_dup(struct str s)
{
	return xstrndup(s.n ? s.p : "", s.n);
}

bool str_to_u64(struct str s, uint64_t *out)
{
	uint64_t value = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'), &value))
			return false;
	}
	if (s.n == 0)
		return false;
	*out = value;
	return true;
}

bool str_to_i64(struct str s, int64_t *out)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	bool sign = negative || (s.n > 0 && s.p[0] == '+');
	uint64_t magnitude;

	if (!str_to_u64(str_skip(s, sign), &magnitude))
		return false;
	if (magnitude > (uint64_t)INT64_MAX + negative)
		return false;
	*out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return true;
}
