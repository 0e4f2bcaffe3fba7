/* matcher.c - a matcher is compiled to the cheapest form that decides it: a set of literals, globs,
 * or RE2.
 */
#include "model/matcher.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/map.h"
#include "base/quote.h"
#include "base/regex.h"
#include "model/matcher_internal.h"

#include <stdatomic.h>
#include <stdlib.h>

enum form {
	FORM_SET, /* one literal, too */
	FORM_GLOBS,
	FORM_REGEX,
};

/* Above this many literals a hash table is faster than comparing. */
enum { SET_SCAN_MAX = 8 };

struct matcher {
	_Atomic int refs;
	enum matcher_type type;
	struct arena *a; /* holds all texts */
	struct str name, value;
	enum form form;
	struct literals set;
	struct map set_map; /* over set.v, when there are many */
	struct globs globs;
	struct regex *regex;
	struct str prefix;
	bool matches_empty;
};

static bool is_negative(const struct matcher *m)
{
	return m->type == MATCH_NEQ || m->type == MATCH_NRE;
}

/* --- compiling ----------------------------------------------------------------------------------
 */

static void index_set(struct matcher *m)
{
	if (m->set.n <= SET_SCAN_MAX)
		return;
	for (size_t i = 0; i < m->set.n; i++)
		map_put(&m->set_map, m->set.v[i], &m->set.v[i]);
}

static struct str common_prefix(struct str a, struct str b)
{
	size_t n = 0;
	while (n < a.n && n < b.n && a.p[n] == b.p[n])
		n++;
	return str_from(a.p, n);
}

/* "^foo$" says nothing that anchoring does not say already. */
static struct str without_anchors(struct str pattern)
{
	struct str s = pattern;

	if (str_find_char(s, '|') < s.n)
		return pattern;
	if (s.n && s.p[0] == '^')
		s = str_skip(s, 1);
	if (s.n && s.p[s.n - 1] == '$' && !(s.n >= 2 && s.p[s.n - 2] == '\\'))
		s.n--;
	return s;
}

static bool compile_regex(struct matcher *m, struct err *err)
{
	struct str pattern = without_anchors(m->value);
	if (m->value.n <= LITERALS_MAX_BYTES && literals_parse(m->a, pattern, &m->set)) {
		m->form = FORM_SET;
		m->prefix = common_prefix(m->set.v[0], m->set.v[m->set.n - 1]);
		index_set(m);
		return true;
	}
	/* The engine would refuse it too: it is refused before more work is done for it. */
	if (m->value.n > REGEX_PATTERN_MAX) {
		m->regex = regex_new(m->value, REGEX_MATCHER, err);
		return false;
	}
	if (globs_parse(m->a, pattern, &m->globs)) {
		m->form = FORM_GLOBS;
		m->prefix = m->globs.v[0].piece[0];
		for (size_t i = 1; i < m->globs.n; i++)
			m->prefix = common_prefix(m->prefix, m->globs.v[i].piece[0]);
		return true;
	}
	m->form = FORM_REGEX;
	m->prefix = pattern_prefix(m->a, m->value);
	m->regex = regex_new(m->value, REGEX_MATCHER, err);
	return m->regex != NULL;
}

static bool compile(struct matcher *m, struct err *err)
{
	if (m->type == MATCH_RE || m->type == MATCH_NRE)
		return compile_regex(m, err);
	m->form = FORM_SET;
	m->prefix = m->value;
	ARENA_PUSH(m->a, &m->set, m->value);
	return true;
}

static bool expression_matches(const struct matcher *m, struct str value);

struct matcher *matcher_new(enum matcher_type type, struct str name, struct str value,
			    struct err *err)
{
	struct matcher *m = NEW(struct matcher);
	m->refs = 1;
	m->type = type;
	m->a = arena_new(NULL);
	m->name = arena_str(m->a, name);
	m->value = arena_str(m->a, value);
	if (!compile(m, err)) {
		matcher_unref(m);
		return NULL;
	}
	m->matches_empty = expression_matches(m, STR("")) != is_negative(m);
	return m;
}

struct matcher *matcher_ref(struct matcher *m)
{
	atomic_fetch_add_explicit(&m->refs, 1, memory_order_relaxed);
	return m;
}

void matcher_unref(struct matcher *m)
{
	if (!m || atomic_fetch_sub(&m->refs, 1) > 1)
		return;
	map_done(&m->set_map);
	regex_free(m->regex);
	arena_free(m->a);
	free(m);
}

/* --- matching -----------------------------------------------------------------------------------
 */

static bool set_has(const struct matcher *m, struct str value)
{
	if (m->set.n > SET_SCAN_MAX)
		return map_get(&m->set_map, value) != NULL;
	for (size_t i = 0; i < m->set.n; i++)
		if (str_eq(m->set.v[i], value))
			return true;
	return false;
}

static bool any_glob_matches(const struct globs *globs, struct str value)
{
	for (size_t i = 0; i < globs->n; i++)
		if (glob_match(&globs->v[i], value))
			return true;
	return false;
}

static bool expression_matches(const struct matcher *m, struct str value)
{
	switch (m->form) {
	case FORM_SET:
		return set_has(m, value);
	case FORM_GLOBS:
		return any_glob_matches(&m->globs, value);
	case FORM_REGEX:
		return str_starts(value, m->prefix) && regex_match(m->regex, value);
	}
	return false;
}

bool matcher_matches(const struct matcher *m, struct str value)
{
	return expression_matches(m, value) != is_negative(m);
}

bool matcher_matches_empty(const struct matcher *m)
{
	return m->matches_empty;
}

bool matchers_match(struct matchers ms, struct labels ls)
{
	for (size_t i = 0; i < ms.n; i++)
		if (!matcher_matches(ms.v[i], labels_get(ls, ms.v[i]->name)))
			return false;
	return true;
}

/* --- looking ------------------------------------------------------------------------------------
 */

enum matcher_type matcher_type(const struct matcher *m)
{
	return m->type;
}

struct str matcher_name(const struct matcher *m)
{
	return m->name;
}

struct str matcher_value(const struct matcher *m)
{
	return m->value;
}

const struct str *matcher_set(const struct matcher *m, size_t *n)
{
	if (is_negative(m) || m->form != FORM_SET)
		return NULL;
	*n = m->set.n;
	return m->set.v;
}

const struct str *matcher_expression_set(const struct matcher *m, size_t *n)
{
	if (m->form != FORM_SET)
		return NULL;
	*n = m->set.n;
	return m->set.v;
}

struct str matcher_expression_prefix(const struct matcher *m)
{
	return m->prefix;
}

/* How many characters a text must have, at least, that nothing else is asked of; false when more is
 * asked. */
static bool asks_for_length(const struct glob *g, unsigned *length)
{
	*length = 0;
	for (size_t i = 0; i < g->n; i++) {
		if (g->piece[i].n)
			return false;
		*length += g->gap_min[i];
	}
	return true;
}

static enum matcher_scope expression_scope(const struct matcher *m)
{
	enum matcher_scope scope = MATCHES_SOME;
	unsigned length;

	if (m->form == FORM_SET && m->set.n == 1 && m->set.v[0].n == 0)
		return MATCHES_UNSET;
	if (m->form != FORM_GLOBS)
		return MATCHES_SOME;
	for (size_t i = 0; i < m->globs.n; i++) {
		const struct glob *g = &m->globs.v[i];
		if (!asks_for_length(g, &length) || g->n == 1 || length > 1)
			continue;
		if (length == 0 || expression_matches(m, STR("")))
			return MATCHES_ALL;
		scope = MATCHES_SET;
	}
	return scope;
}

enum matcher_scope matcher_scope(const struct matcher *m)
{
	static const enum matcher_scope opposite[] = {
	    [MATCHES_SOME] = MATCHES_SOME,   [MATCHES_ALL] = MATCHES_NOTHING,
	    [MATCHES_SET] = MATCHES_UNSET,   [MATCHES_UNSET] = MATCHES_SET,
	    [MATCHES_NOTHING] = MATCHES_ALL,
	};
	enum matcher_scope scope = expression_scope(m);

	return is_negative(m) ? opposite[scope] : scope;
}

bool matcher_literal(const struct matcher *m, struct str *out)
{
	if (m->form != FORM_SET || m->set.n != 1)
		return false;
	*out = m->set.v[0];
	return true;
}

struct str matcher_prefix(const struct matcher *m)
{
	return is_negative(m) ? (struct str){0} : m->prefix;
}

void matcher_format(struct buf *out, const struct matcher *m)
{
	static const char *const operators[] = {
	    [MATCH_EQ] = "=",
	    [MATCH_NEQ] = "!=",
	    [MATCH_RE] = "=~",
	    [MATCH_NRE] = "!~",
	};

	label_name_format(out, m->name);
	buf_puts(out, operators[m->type]);
	quote_append(out, m->value);
}

struct matchers matchers_enforce(struct arena *a, struct matchers ms, struct matcher *m)
{
	struct matcher **v = ARENA_ARRAY(a, struct matcher *, ms.n + 1);
	size_t n = 0;

	v[n++] = m;
	for (size_t i = 0; i < ms.n; i++)
		if (!str_eq(matcher_name(ms.v[i]), matcher_name(m)))
			v[n++] = ms.v[i];
	return (struct matchers){v, n};
}
