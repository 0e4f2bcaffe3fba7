/* matcher.h - one condition on a label: = != =~ !~.
 *
 * Regular expressions are RE2's, anchored at both ends, with `.` matching newlines, as Prometheus
 * has them. Literals, sets of literals, prefixes and `.*x.*` are matched without the engine.
 *
 * Threads: a compiled matcher never changes, so any number of threads may use it.
 */
#ifndef MODEL_MATCHER_H
#define MODEL_MATCHER_H

#include "base/arena.h"
#include "model/labels.h"

enum matcher_type {
	MATCH_EQ = 0, /* these four values are the StoreAPI's */
	MATCH_NEQ,
	MATCH_RE,
	MATCH_NRE,
};

struct matcher;

/* `name` and `value` are copied. Fails with ERR_INVALID on a bad expression, with Go's wording. */
struct matcher *matcher_new(enum matcher_type type, struct str name, struct str value,
			    struct err *err);
struct matcher *matcher_ref(struct matcher *m);
void matcher_unref(struct matcher *m); /* NULL is fine */
CLEANUP_DEFINE(struct matcher, matcher_unref)

enum matcher_type matcher_type(const struct matcher *m);
struct str matcher_name(const struct matcher *m);
struct str matcher_value(const struct matcher *m);

bool matcher_matches(const struct matcher *m, struct str value);
/* Whether an absent label satisfies it. */
bool matcher_matches_empty(const struct matcher *m);

/* What a value must look like, for reading only part of an index:
 * the finite set of values that can match a positive matcher (NULL when it is not finite), ... */
const struct str *matcher_set(const struct matcher *m, size_t *n);
/* ... and the literal every matching value starts with (empty when there is none). */
struct str matcher_prefix(const struct matcher *m);
/* The same of the expression alone: what a positive matcher matches, and a negative one refuses. */
const struct str *matcher_expression_set(const struct matcher *m, size_t *n);
struct str matcher_expression_prefix(const struct matcher *m);

/* Which values match, where that can be said without looking at any; however it is written: =~".*",
 * =~"(.*).*" and !~"" are told by their meaning. */
enum matcher_scope {
	MATCHES_SOME, /* it must be tried */
	MATCHES_ALL,
	MATCHES_SET,   /* all but the empty one: the label is there */
	MATCHES_UNSET, /* the empty one only: the label is absent */
	MATCHES_NOTHING,
};
enum matcher_scope matcher_scope(const struct matcher *m);

/* The only text that its value or expression stands for, of a negative matcher too; false when
 * there are several. */
bool matcher_literal(const struct matcher *m, struct str *out);

/* name=~"value", with Go's quoting. */
void matcher_format(struct buf *out, const struct matcher *m);

/* A borrowed list; all of them must match. */
struct matchers {
	struct matcher *const *v;
	size_t n;
};

bool matchers_match(struct matchers ms, struct labels ls);

/* `m` first, then those of `ms` that are about other labels: whatever was asked of this label, now
 * it is `m`. In memory of `a`. */
struct matchers matchers_enforce(struct arena *a, struct matchers ms, struct matcher *m);

#endif
