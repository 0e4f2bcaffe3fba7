/* regex.h - regular expressions: RE2's, with Go's syntax, defaults and error texts.
 *
 * Matching takes time linear in the text. `.` matches a newline in REGEX_FULL and
 * REGEX_MATCHER only, as Prometheus and Go have it.
 *
 * Threads: a compiled regex never changes, so any number of threads may use it.
 */
#ifndef BASE_REGEX_H
#define BASE_REGEX_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"

enum regex_mode {
	REGEX_FULL,    /* ^(?s:...)$, put around the pattern first: relabelling, label_replace */
	REGEX_MATCHER, /* the same, but what is wrong is looked for in the bare pattern */
	REGEX_SEARCH,  /* anywhere in the text, as Go's regexp.Compile */
};

enum {
	REGEX_PATTERN_MAX = 64 * 1024, /* bytes of a pattern */
	REGEX_GROUPS_MAX = 64,         /* capture groups, the whole match included */
};

struct regex;

/* Fails with ERR_INVALID and Go's text: "error parsing regexp: missing closing ): `(`", and with
 * ERR_LIMIT when the pattern or its program is too large. */
struct regex *regex_new(struct str pattern, enum regex_mode mode, struct err *err);
void regex_free(struct regex *re); /* NULL is fine */
CLEANUP_DEFINE(struct regex, regex_free)

struct str regex_pattern(const struct regex *re); /* as it was given */
bool regex_match(const struct regex *re, struct str text);

/* Here and below, a byte of `text` that is no UTF-8 is matched by nothing. (regex_match() takes it
 * for a replacement character, as Go does.)
 *
 * groups[0] is the whole match; a group that took no part has p == NULL. `n` may be smaller than
 * regex_n_groups(). The groups point into `text`. */
bool regex_find(const struct regex *re, struct str text, struct str *groups, size_t n);
size_t regex_n_groups(const struct regex *re); /* the whole match included, <= REGEX_GROUPS_MAX */
/* The name of group i, or an empty str; borrowed. */
struct str regex_group_name(const struct regex *re, size_t i);

/* Append `replacement` with $1, ${1}, $name and ${name} replaced by groups, and $$ by $
 * (Go's Regexp.Expand). False when `out` is full. */
bool regex_expand(const struct regex *re, struct str replacement, const struct str *groups,
		  size_t n_groups, struct buf *out);
/* Append `text` with every match replaced (Go's ReplaceAllString). False when `out` is full. */
bool regex_replace_all(const struct regex *re, struct str text, struct str replacement,
		       struct buf *out);

/* Append `literal` with everything special escaped, as Go's QuoteMeta. */
void regex_quote(struct buf *out, struct str literal);

#endif
