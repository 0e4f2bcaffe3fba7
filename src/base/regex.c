#include "base/regex.h"

#include "base/alloc.h"
#include "base/assert.h"
#include "base/cxx_shim.h"
#include "base/utf8.h"

#include <stdlib.h>

/* For the program and the states that RE2 builds while it matches. Without room for states it falls
 * back to a slower search with the same answer. */
#define REGEX_MEMORY_BYTES (16 << 20)

struct regex {
	struct shim_regex *re;
	enum regex_mode mode;
	size_t n_groups;
	char *pattern;
	size_t pattern_n;
};

/* --- compiling ----------------------------------------------------------------------------------
 */

static const char *const go_texts[SHIM_REGEX_N_ERRORS] = {
    [SHIM_REGEX_INTERNAL] = "regexp/syntax: internal error",
    [SHIM_REGEX_BAD_ESCAPE] = "invalid escape sequence",
    [SHIM_REGEX_BAD_CHAR_CLASS] = "invalid character class",
    [SHIM_REGEX_BAD_CHAR_RANGE] = "invalid character class range",
    [SHIM_REGEX_MISSING_BRACKET] = "missing closing ]",
    [SHIM_REGEX_MISSING_PAREN] = "missing closing )",
    [SHIM_REGEX_UNEXPECTED_PAREN] = "unexpected )",
    [SHIM_REGEX_TRAILING_BACKSLASH] = "trailing backslash at end of expression",
    [SHIM_REGEX_REPEAT_ARGUMENT] = "missing argument to repetition operator",
    [SHIM_REGEX_REPEAT_SIZE] = "invalid repeat count",
    [SHIM_REGEX_REPEAT_OP] = "invalid nested repetition operator",
    [SHIM_REGEX_BAD_PERL_OP] = "invalid or unsupported Perl syntax",
    [SHIM_REGEX_BAD_UTF8] = "invalid UTF-8",
    [SHIM_REGEX_BAD_NAMED_CAPTURE] = "invalid named capture",
    [SHIM_REGEX_TOO_LARGE] = "expression too large",
};

static bool fail(struct err *err, enum shim_regex_error code, struct str arg)
{
	enum err_code kind = code == SHIM_REGEX_TOO_LARGE ? ERR_LIMIT : ERR_INVALID;
	return err_set(err, kind, "error parsing regexp: %s: `%.*s`", go_texts[code], STR_FMT(arg));
}

enum place { IN_PATTERN, IN_CLASS, IN_LITERAL /* \Q ... \E */ };

struct scan {
	struct str left;
	enum place place;
	bool class_begins; /* a ] here is a member */
};

/* How many bytes at the front belong together; keeps track of where they stand. */
static size_t scan_token(struct scan *s)
{
	const char *p = s->left.p;
	bool escape = p[0] == '\\' && s->left.n >= 2;
	bool class_begins = false;
	size_t n = 1;

	if (s->place == IN_LITERAL) {
		n = 1 + escape;
		if (escape && p[1] == 'E')
			s->place = IN_PATTERN;
		else
			n = 1;
	} else if (escape) {
		n = 2;
		if (s->place == IN_PATTERN && p[1] == 'Q')
			s->place = IN_LITERAL;
	} else if (s->place == IN_PATTERN && p[0] == '[') {
		s->place = IN_CLASS;
		class_begins = true;
		if (s->left.n >= 2 && p[1] == '^')
			n = 2;
	} else if (s->place == IN_CLASS && p[0] == ']' && !s->class_begins) {
		s->place = IN_PATTERN;
	} else if (s->place == IN_CLASS && p[0] == '[' && s->left.n >= 2 && p[1] == ':') {
		size_t end = str_find(s->left, STR(":]"));
		n = end < s->left.n ? end + 2 : 1;
	}
	s->class_begins = class_begins;
	return n;
}

/* A pattern as this RE2 takes it. */
struct translation {
	struct buf text;
	bool has_any_byte;    /* \C, which Go has not */
	bool ends_in_literal; /* a \Q without its \E */
};

/* Go takes (?<name>...) for (?P<name>...); this RE2 does not. */
static void translate(struct str pattern, struct translation *out)
{
	struct scan s = {.left = pattern};

	while (s.left.n) {
		enum place place = s.place;
		size_t n = scan_token(&s);
		struct str token = str_from(s.left.p, n);
		if (place == IN_PATTERN && str_starts(s.left, STR("(?<"))) {
			n = 3;
			token = STR("(?P<");
		}
		if (place != IN_LITERAL && str_is(token, "\\C"))
			out->has_any_byte = true;
		buf_append_str(&out->text, token);
		s.left = str_skip(s.left, n);
	}
	out->ends_in_literal = s.place == IN_LITERAL;
}

/* An error that quotes the translated form of (?<name> shows what the user wrote. Where both forms
 * were written, it cannot be told which. */
static void untranslate(struct str arg, struct str pattern, struct buf *out)
{
	if (str_find(pattern, STR("(?P<")) < pattern.n) {
		buf_append_str(out, arg);
		return;
	}
	while (arg.n) {
		size_t at = str_find(arg, STR("(?P<"));
		buf_append(out, arg.p, at);
		if (at < arg.n)
			buf_puts(out, "(?<");
		arg = str_skip(arg, at + 4);
	}
}

static void fail_compile(const struct shim_regex *re, struct str pattern, struct err *err)
{
	struct buf shown auto_done(buf_done) = BUF_INIT(2 * REGEX_PATTERN_MAX);
	const char *arg;
	size_t n;

	enum shim_regex_error status = shim_regex_status(re, &arg, &n);
	bool about_all =
	    status == SHIM_REGEX_MISSING_PAREN || status == SHIM_REGEX_UNEXPECTED_PAREN;
	if (about_all)
		buf_append_str(&shown, pattern);
	else
		untranslate(str_from(arg, n), pattern, &shown);
	fail(err, status, buf_str(&shown));
}

/* `pattern` is what errors show that are about all of it. */
static struct shim_regex *compile(struct str text, struct str pattern, struct err *err)
{
	struct shim_regex *re = shim_regex_new(text.p ? text.p : "", text.n, REGEX_MEMORY_BYTES);
	const char *arg;
	size_t n;

	if (shim_regex_status(re, &arg, &n) == SHIM_REGEX_OK)
		return re;
	fail_compile(re, pattern, err);
	shim_regex_free(re);
	return NULL;
}

/* Anchors can heal a pattern, a)(b for one, and they show in the texts of errors. */
static bool is_valid_alone(const struct translation *t, struct str pattern, struct err *err)
{
	struct shim_regex *re = compile(buf_str(&t->text), pattern, err);

	shim_regex_free(re);
	return re != NULL;
}

static void append_anchored(struct buf *out, struct str pattern, bool ends_in_literal)
{
	buf_puts(out, "^(?s:");
	buf_append_str(out, pattern);
	buf_puts(out, ends_in_literal ? "\\E)$" : ")$");
}

static struct shim_regex *compile_mode(struct translation *t, struct str pattern,
				       enum regex_mode mode, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(2 * REGEX_PATTERN_MAX);
	struct buf shown auto_done(buf_done) = BUF_INIT(2 * REGEX_PATTERN_MAX);

	if (mode == REGEX_SEARCH)
		return compile(buf_str(&t->text), pattern, err);
	if (mode == REGEX_MATCHER && !is_valid_alone(t, pattern, err))
		return NULL;
	append_anchored(&text, buf_str(&t->text), mode == REGEX_MATCHER && t->ends_in_literal);
	append_anchored(&shown, pattern, false);
	return compile(buf_str(&text), buf_str(&shown), err);
}

struct regex *regex_new(struct str pattern, enum regex_mode mode, struct err *err)
{
	struct translation t = {.text = BUF_INIT(2 * REGEX_PATTERN_MAX)};

	if (pattern.n > REGEX_PATTERN_MAX) {
		err_set(err, ERR_LIMIT, "a regular expression has %zu bytes, %d are allowed",
			pattern.n, REGEX_PATTERN_MAX);
		return NULL;
	}
	translate(pattern, &t);
	struct shim_regex *re = compile_mode(&t, pattern, mode, err);
	buf_done(&t.text);
	if (re && t.has_any_byte) {
		fail(err, SHIM_REGEX_BAD_ESCAPE, STR("\\C"));
		shim_regex_free(re);
		return NULL;
	}
	if (!re)
		return NULL;
	struct regex *out = NEW(struct regex);
	*out = (struct regex){.re = re, .mode = mode, .pattern_n = pattern.n};
	out->pattern = str_dup(pattern);
	out->n_groups = shim_regex_groups(re) + 1;
	if (out->n_groups > REGEX_GROUPS_MAX)
		out->n_groups = REGEX_GROUPS_MAX;
	return out;
}

void regex_free(struct regex *re)
{
	if (!re)
		return;
	shim_regex_free(re->re);
	free(re->pattern);
	free(re);
}

struct str regex_pattern(const struct regex *re)
{
	return str_from(re->pattern, re->pattern_n);
}

size_t regex_n_groups(const struct regex *re)
{
	return re->n_groups;
}

struct str regex_group_name(const struct regex *re, size_t i)
{
	return str_of(shim_regex_group_name(re->re, i));
}

/* --- matching -----------------------------------------------------------------------------------
 */

/* Go reads a byte that is not UTF-8 as one replacement character; RE2 matches it with nothing. */
static char *replace_invalid(struct str s, size_t *n_out)
{
	char *out = xmalloc(3 * s.n);
	size_t n = 0, n_rune;

	for (; s.n; s = str_skip(s, n_rune))
		n += utf8_encode(out + n, utf8_decode(s, &n_rune));
	*n_out = n;
	return out;
}

/* RE2 and pointer arithmetic want an address even for no bytes. */
static struct str with_address(struct str s)
{
	return s.p ? s : STR("");
}

bool regex_match(const struct regex *re, struct str text)
{
	text = with_address(text);
	if (shim_regex_match(re->re, text.p, text.n, 0, NULL, 0))
		return true;
	if (utf8_valid(text))
		return false;
	size_t n;
	char *valid = replace_invalid(text, &n);
	bool matches = shim_regex_match(re->re, valid, n, 0, NULL, 0);
	free(valid);
	return matches;
}

static bool find_from(const struct regex *re, struct str text, size_t start, struct str *groups,
		      size_t n)
{
	int64_t at[REGEX_GROUPS_MAX][2];
	size_t n_asked = n < re->n_groups ? n : re->n_groups;

	if (!shim_regex_match(re->re, text.p, text.n, start, at, n_asked))
		return false;
	for (size_t i = 0; i < n; i++)
		groups[i] = i < n_asked && at[i][0] >= 0
				? str_from(text.p + at[i][0], (size_t)(at[i][1] - at[i][0]))
				: (struct str){0};
	return true;
}

bool regex_find(const struct regex *re, struct str text, struct str *groups, size_t n)
{
	return find_from(re, with_address(text), 0, groups, n);
}

/* --- replacing ----------------------------------------------------------------------------------
 */

static bool is_name_byte(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || (unsigned char)c >= 0x80;
}

/* The name behind a $, and how many bytes it takes; 0 when there is none. */
static size_t take_name(struct str s, struct str *name)
{
	bool braces = s.n && s.p[0] == '{';
	struct str inner = str_skip(s, braces);
	size_t n = 0;

	while (n < inner.n && is_name_byte(inner.p[n]))
		n++;
	if (n == 0 || (braces && (n == inner.n || inner.p[n] != '}')))
		return 0;
	*name = str_from(inner.p, n);
	return n + (braces ? 2 : 0);
}

static struct str group_of(const struct regex *re, struct str name, const struct str *groups,
			   size_t n_groups)
{
	uint64_t i;

	if (str_to_u64(name, &i) && (name.n == 1 || name.p[0] != '0'))
		return i < n_groups ? groups[i] : (struct str){0};
	for (i = 0; i < n_groups; i++)
		if (groups[i].p && str_eq(regex_group_name(re, i), name))
			return groups[i];
	return (struct str){0};
}

bool regex_expand(const struct regex *re, struct str replacement, const struct str *groups,
		  size_t n_groups, struct buf *out)
{
	struct str s = replacement, name;

	while (s.n) {
		size_t dollar = str_find_char(s, '$');
		buf_append(out, s.p, dollar);
		if (dollar == s.n)
			break;
		s = str_skip(s, dollar + 1);
		if (s.n && s.p[0] == '$') {
			buf_putc(out, '$');
			s = str_skip(s, 1);
			continue;
		}
		size_t n = take_name(s, &name);
		if (n == 0)
			buf_putc(out, '$');
		else
			buf_append_str(out, group_of(re, name, groups, n_groups));
		s = str_skip(s, n);
	}
	return !out->overflowed;
}

bool regex_replace_all(const struct regex *re, struct str text, struct str replacement,
		       struct buf *out)
{
	struct str groups[REGEX_GROUPS_MAX];
	size_t search = 0, copied = 0;

	text = with_address(text);
	while (search <= text.n && find_from(re, text, search, groups, re->n_groups)) {
		size_t begin = (size_t)(groups[0].p - text.p);
		size_t end = begin + groups[0].n;
		buf_append(out, text.p + copied, begin - copied);
		/* An empty match right behind another one is none. */
		if (end > copied || begin == 0)
			regex_expand(re, replacement, groups, re->n_groups, out);
		copied = end;
		size_t width;
		utf8_decode(str_skip(text, search), &width);
		if (search + width > end)
			search += width;
		else
			search = end > search ? end : search + 1;
	}
	buf_append(out, text.p + copied, text.n - copied);
	return !out->overflowed;
}

void regex_quote(struct buf *out, struct str literal)
{
	for (size_t i = 0; i < literal.n; i++) {
		char c = literal.p[i];
		if (c && strchr("\\.+*?()|[]{}^$", c))
			buf_putc(out, '\\');
		buf_putc(out, c);
	}
}
