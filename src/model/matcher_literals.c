/* matcher_literals.c - the finite ones among the regular expressions. */
#include "base/utf8.h"
#include "model/matcher_internal.h"

#include <stdlib.h>

enum { DEPTH_MAX = 32 };

struct parser {
	struct arena *a;
	struct str left;
	size_t bytes; /* of the literals made so far */
	unsigned depth;
};

static bool add(struct parser *p, struct literals *set, struct str s)
{
	p->bytes += s.n + 1;
	if (set->n == LITERALS_MAX || p->bytes > LITERALS_MAX_BYTES)
		return false;
	ARENA_PUSH(p->a, set, s);
	return true;
}

/* Every text of `front` followed by every one of `back`. */
static bool multiply(struct parser *p, const struct literals *front, const struct literals *back,
		     struct literals *out)
{
	if (front->n == 1 && front->v[0].n == 0) {
		*out = *back;
		return true;
	}
	*out = (struct literals){0};
	if (front->n > 1 && back->n > 1 && front->n * back->n > LITERALS_PRODUCT_MAX)
		return false;
	for (size_t i = 0; i < front->n; i++) {
		for (size_t k = 0; k < back->n; k++) {
			size_t n = front->v[i].n;
			if (out->n == LITERALS_MAX || p->bytes > LITERALS_MAX_BYTES)
				return false;
			char *text = arena_alloc(p->a, n + back->v[k].n);
			if (n)
				memcpy(text, front->v[i].p, n);
			if (back->v[k].n)
				memcpy(text + n, back->v[k].p, back->v[k].n);
			if (!add(p, out, str_from(text, n + back->v[k].n)))
				return false;
		}
	}
	return true;
}

static bool next_is(const struct parser *p, char c)
{
	return p->left.n && p->left.p[0] == c;
}

static void skip(struct parser *p, size_t n)
{
	p->left = str_skip(p->left, n);
}

static bool parse_alternation(struct parser *p, struct literals *out);

/* Behind "(". */
static bool parse_group(struct parser *p, struct literals *out)
{
	if (str_starts(p->left, STR("?:")))
		skip(p, 2);
	else if (next_is(p, '?'))
		return false;
	if (p->depth == DEPTH_MAX)
		return false;
	p->depth++;
	if (!parse_alternation(p, out) || !next_is(p, ')'))
		return false;
	p->depth--;
	skip(p, 1);
	return true;
}

static bool is_word_or_space(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c == ' ' || (unsigned char)c < 0x20;
}

/* [abc] and [a-c0-9] of letters and digits. Behind "[". */
static bool parse_class(struct parser *p, struct literals *out)
{
	*out = (struct literals){0};
	while (!next_is(p, ']')) {
		char first = p->left.n ? p->left.p[0] : '\0', last = first;
		if (!is_word_or_space(first) || (unsigned char)first < 0x20)
			return false;
		skip(p, 1);
		if (next_is(p, '-')) {
			last = p->left.n >= 2 ? p->left.p[1] : '\0';
			if (!is_word_or_space(last) || last < first)
				return false;
			skip(p, 2);
		}
		for (int c = first; c <= last; c++) {
			char text = (char)c;
			if (!add(p, out, arena_str(p->a, str_from(&text, 1))))
				return false;
		}
	}
	skip(p, 1);
	return out->n > 0;
}

/* One character: the escaped ones stand for themselves. */
static bool parse_char(struct parser *p, struct literals *out)
{
	size_t n;

	*out = (struct literals){0};
	if (next_is(p, '\\')) {
		skip(p, 1);
		if (p->left.n == 0 || is_word_or_space(p->left.p[0]) ||
		    (unsigned char)p->left.p[0] >= 0x7f)
			return false;
	} else if (p->left.p[0] && strchr(".*+?()[]{}^$|", p->left.p[0])) {
		return false;
	}
	if (utf8_decode(p->left, &n) == UTF8_REPLACEMENT && n == 1)
		return false;
	if (!add(p, out, str_from(p->left.p, n)))
		return false;
	skip(p, n);
	return true;
}

/* What has no meaning but itself, without the last character where a quantifier follows it. Empty
 * when there is nothing of that kind. */
static struct str plain_run(struct str s)
{
	size_t n = 0, last = 0, length;

	while (n < s.n && !(s.p[n] && strchr("\\.*+?()[]{}^$|", s.p[n]))) {
		struct str rest = str_skip(s, n);
		if (utf8_decode(rest, &length) == UTF8_REPLACEMENT && length == 1)
			return str_from(s.p, 0);
		last = n;
		n += length;
	}
	if (n < s.n && strchr("*+?{", s.p[n]))
		n = last;
	return str_from(s.p, n);
}

/* The text is borrowed: the pattern outlives what is made from it. */
static bool parse_run(struct parser *p, struct str run, struct literals *out)
{
	*out = (struct literals){0};
	skip(p, run.n);
	return add(p, out, run);
}

static bool parse_atom(struct parser *p, struct literals *out)
{
	struct str run = plain_run(p->left);

	if (run.n)
		return parse_run(p, run, out);
	if (next_is(p, '(')) {
		skip(p, 1);
		return parse_group(p, out);
	}
	if (next_is(p, '[')) {
		skip(p, 1);
		return parse_class(p, out);
	}
	return parse_char(p, out);
}

static bool is_quantifier(const struct parser *p)
{
	return next_is(p, '?') || next_is(p, '*') || next_is(p, '+') || next_is(p, '{');
}

static bool parse_concatenation(struct parser *p, struct literals *out)
{
	*out = (struct literals){0};
	if (!add(p, out, STR("")))
		return false;
	while (p->left.n && !next_is(p, '|') && !next_is(p, ')')) {
		struct literals atom, product;
		if (!parse_atom(p, &atom))
			return false;
		if (next_is(p, '?')) {
			skip(p, 1);
			if (!add(p, &atom, STR("")))
				return false;
		}
		if (is_quantifier(p) || !multiply(p, out, &atom, &product))
			return false;
		*out = product;
	}
	return true;
}

static bool parse_alternation(struct parser *p, struct literals *out)
{
	*out = (struct literals){0};
	for (;;) {
		struct literals branch;
		if (!parse_concatenation(p, &branch))
			return false;
		for (size_t i = 0; i < branch.n; i++)
			if (!add(p, out, branch.v[i]))
				return false;
		if (!next_is(p, '|'))
			return true;
		skip(p, 1);
	}
}

static int str_order(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void sort_unique(struct literals *set)
{
	size_t kept = 1;

	qsort(set->v, set->n, sizeof(*set->v), str_order);
	for (size_t i = 1; i < set->n; i++)
		if (!str_eq(set->v[i], set->v[kept - 1]))
			set->v[kept++] = set->v[i];
	set->n = kept;
}

bool literals_parse(struct arena *a, struct str pattern, struct literals *out)
{
	struct parser p = {.a = a, .left = pattern};

	if (!parse_alternation(&p, out) || p.left.n)
		return false;
	sort_unique(out);
	return true;
}
