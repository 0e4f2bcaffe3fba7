#include "codec/json_reader.h"

#include "base/buf.h"
#include "base/float_text.h"
#include "base/utf8.h"
#include "codec/hex.h"

#include <stdio.h>

void json_reader_init(struct json_reader *r, struct str text, struct arena *arena)
{
	r->text = text;
	r->at = 0;
	r->arena = arena;
	r->depth = 0;
	r->err = ERR_INIT;
}

static bool failed(const struct json_reader *r)
{
	return r->err.code != ERR_OK;
}

/* --- errors --------------------------------------------------------------------------------- */

static void path_append(struct buf *out, const struct json_reader *r)
{
	for (unsigned i = 0; i < r->depth; i++) {
		const struct json_frame *f = &r->frames[i];
		if (!f->is_object && f->index > 0)
			buf_printf(out, "[%zu]", f->index - 1);
		else if (f->is_object && f->key.p)
			buf_printf(out, ".%.*s", STR_FMT(f->key));
	}
}

struct json_position json_position(struct str text, size_t offset)
{
	struct json_position at = {1, 1};
	for (size_t i = 0; i < offset; i++) {
		at.column++;
		if (text.p[i] == '\n')
			at = (struct json_position){at.line + 1, 1};
	}
	return at;
}

bool json_reader_fail(struct json_reader *r, enum err_code code, const char *fmt, ...)
{
	if (failed(r))
		return false;

	struct buf path auto_done(buf_done) = BUF_INIT(256);
	path_append(&path, r);
	if (path.n)
		buf_puts(&path, ": ");

	char what[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);

	struct json_position at = json_position(r->text, r->at);
	return err_set(&r->err, code, "line %zu, column %zu: %s%s", at.line, at.column,
		       buf_cstr(&path), what);
}

const char *json_type_name(enum json_type type)
{
	static const char *const names[] = {
	    [JSON_INVALID] = "no value", [JSON_NULL] = "null",       [JSON_BOOL] = "a boolean",
	    [JSON_NUMBER] = "a number",  [JSON_STRING] = "a string", [JSON_ARRAY] = "an array",
	    [JSON_OBJECT] = "an object",
	};
	return names[type];
}

/* What stands at r->at, for an error. */
static const char *found(const struct json_reader *r, char text[32])
{
	if (r->at == r->text.n)
		return "the end of the text";
	unsigned char c = (unsigned char)r->text.p[r->at];
	snprintf(text, 32, c > 0x20 && c < 0x7f ? "'%c'" : "the byte 0x%02x", c);
	return text;
}

static bool fail_want(struct json_reader *r, const char *want)
{
	char text[32];
	return json_reader_fail(r, ERR_INVALID, "want %s, found %s", want, found(r, text));
}

/* --- between the values --------------------------------------------------------------------- */

static void skip_space(struct json_reader *r)
{
	const char *p = r->text.p;
	while (r->at < r->text.n &&
	       (p[r->at] == ' ' || p[r->at] == '\n' || p[r->at] == '\t' || p[r->at] == '\r'))
		r->at++;
}

/* Take `c` if it comes next. */
static bool accept(struct json_reader *r, char c)
{
	if (r->at == r->text.n || r->text.p[r->at] != c)
		return false;
	r->at++;
	return true;
}

enum json_type json_peek(struct json_reader *r)
{
	static const uint8_t types[256] = {
	    ['n'] = JSON_NULL,   ['t'] = JSON_BOOL,   ['f'] = JSON_BOOL,
	    ['"'] = JSON_STRING, ['-'] = JSON_NUMBER, ['0' ... '9'] = JSON_NUMBER,
	    ['['] = JSON_ARRAY,  ['{'] = JSON_OBJECT,
	};

	if (failed(r))
		return JSON_INVALID;
	skip_space(r);
	return r->at == r->text.n ? JSON_INVALID
				  : (enum json_type)types[(unsigned char)r->text.p[r->at]];
}

/* The next value is to be of this type. */
static bool expect(struct json_reader *r, enum json_type type)
{
	enum json_type got = json_peek(r);
	if (got == type)
		return true;
	if (got == JSON_INVALID)
		return fail_want(r, json_type_name(type));
	return json_reader_fail(r, ERR_INVALID, "want %s, found %s", json_type_name(type),
				json_type_name(got));
}

static bool enter(struct json_reader *r, enum json_type type)
{
	if (!expect(r, type))
		return false;
	if (r->depth == JSON_MAX_DEPTH)
		return json_reader_fail(r, ERR_LIMIT, "nested more than %d deep", JSON_MAX_DEPTH);
	r->at++;
	r->frames[r->depth++] = (struct json_frame){.is_object = type == JSON_OBJECT};
	return true;
}

bool json_read_object(struct json_reader *r)
{
	return enter(r, JSON_OBJECT);
}

bool json_read_array(struct json_reader *r)
{
	return enter(r, JSON_ARRAY);
}

/* To the next member or item of the innermost frame: false at its end, which leaves it, and on
 * error. */
static bool advance(struct json_reader *r, char close)
{
	if (failed(r))
		return false;
	struct json_frame *f = &r->frames[r->depth - 1];
	skip_space(r);
	if (accept(r, close)) {
		r->depth--;
		return false;
	}
	if (f->index > 0 && !accept(r, ','))
		return fail_want(r, close == '}' ? "',' or '}'" : "',' or ']'");
	f->index++;
	return true;
}

static bool read_string(struct json_reader *r, struct str *out);

bool json_next_key(struct json_reader *r, struct str *key)
{
	if (!advance(r, '}'))
		return false;
	skip_space(r);
	if (r->at == r->text.n || r->text.p[r->at] != '"')
		return fail_want(r, "a key in quotes");
	if (!read_string(r, key))
		return false;
	skip_space(r);
	if (!accept(r, ':'))
		return fail_want(r, "':'");
	r->frames[r->depth - 1].key = *key;
	return true;
}

bool json_next_item(struct json_reader *r)
{
	return advance(r, ']');
}

bool json_reader_end(struct json_reader *r, struct err *err)
{
	if (!failed(r)) {
		skip_space(r);
		if (r->at < r->text.n)
			fail_want(r, "the end of the text");
	}
	if (failed(r))
		*err = r->err;
	return !failed(r);
}

/* --- strings -------------------------------------------------------------------------------- */

/* Neither the end of a string, nor an escape, nor a control character, nor part of a rune. */
static bool is_plain(unsigned char c)
{
	static const bool special[256] = {
	    [0 ... 0x1f] = true, ['"'] = true, ['\\'] = true, [0x80 ... 0xff] = true};
	return !special[c];
}

static int hex4(struct str s)
{
	int v = 0;
	for (size_t i = 0; i < 4; i++) {
		int digit = i < s.n ? hex_digit(s.p[i]) : -1;
		if (digit < 0)
			return -1;
		v = v << 4 | digit;
	}
	return v;
}

/* \uXXXX, r->at behind the u. Half a surrogate pair becomes U+FFFD, as in Go. */
static bool read_unicode_escape(struct json_reader *r, char **to)
{
	int v = hex4(str_skip(r->text, r->at));
	if (v < 0)
		return fail_want(r, "four hexadecimal digits");
	r->at += 4;

	uint32_t rune = (uint32_t)v;
	struct str rest = str_skip(r->text, r->at);
	if (v >= 0xd800 && v < 0xdc00 && str_starts(rest, STR("\\u"))) {
		int low = hex4(str_skip(rest, 2));
		if (low >= 0xdc00 && low < 0xe000) {
			rune = 0x10000 + ((uint32_t)(v - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
			r->at += 6;
		}
	}
	*to += utf8_encode(*to, rune);
	return true;
}

static bool read_escape(struct json_reader *r, char **to)
{
	static const char meant[256] = {
	    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
	    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
	};

	r->at++; /* the backslash */
	if (accept(r, 'u'))
		return read_unicode_escape(r, to);
	char c = r->at < r->text.n ? meant[(unsigned char)r->text.p[r->at]] : 0;
	if (!c)
		return fail_want(r, "an escape of JSON after '\\'");
	r->at++;
	*(*to)++ = c;
	return true;
}

/* The length of the character that `s` starts with if it is none of ASCII, else 0. */
static size_t rune_length(struct str s)
{
	size_t n = 0;
	if (s.n > 0 && (unsigned char)*s.p >= 0x80)
		utf8_decode(s, &n);
	return n > 1 ? n : 0; /* 1: not UTF-8 */
}

/* A run of bytes that mean themselves: to the next quote, backslash or wrong byte. */
static struct str read_run(struct json_reader *r)
{
	const char *start = r->text.p + r->at;
	struct str rest = str_skip(r->text, r->at);
	size_t n = 1;

	while (n > 0) {
		while (rest.n > 0 && is_plain((unsigned char)*rest.p))
			rest = str_skip(rest, 1);
		n = rune_length(rest);
		rest = str_skip(rest, n);
	}
	r->at = r->text.n - rest.n;
	return str_from(start, (size_t)(rest.p - start));
}

/* The rest of a string that has escapes; `head` was read before the first one. */
static bool read_escaped(struct json_reader *r, struct str head, struct str *out)
{
	struct buf text auto_done(buf_done) = BUF_INIT(r->text.n);
	buf_append_str(&text, head);
	while (r->at < r->text.n && r->text.p[r->at] == '\\') {
		char rune[4], *to = rune;
		if (!read_escape(r, &to))
			return false;
		buf_append(&text, rune, (size_t)(to - rune));
		buf_append_str(&text, read_run(r));
	}
	*out = arena_str(r->arena, buf_str(&text));
	return true;
}

static bool read_string(struct json_reader *r, struct str *out)
{
	r->at++; /* the quote */
	struct str s = read_run(r);
	if (r->at < r->text.n && r->text.p[r->at] == '\\' && !read_escaped(r, s, &s))
		return false;
	if (!accept(r, '"'))
		return fail_want(r, r->at < r->text.n && (unsigned char)r->text.p[r->at] >= 0x80
					? "UTF-8 in a string"
					: "the end of a string");
	*out = s;
	return true;
}

bool json_read_str(struct json_reader *r, struct str *out)
{
	return expect(r, JSON_STRING) && read_string(r, out);
}

/* --- the other scalars ---------------------------------------------------------------------- */

static size_t skip_digits(struct json_reader *r)
{
	size_t start = r->at;
	while (r->at < r->text.n && r->text.p[r->at] >= '0' && r->text.p[r->at] <= '9')
		r->at++;
	return r->at - start;
}

bool json_read_number(struct json_reader *r, struct str *out)
{
	if (!expect(r, JSON_NUMBER))
		return false;

	size_t start = r->at;
	accept(r, '-');
	if (!accept(r, '0') && skip_digits(r) == 0)
		return fail_want(r, "a digit");
	if (accept(r, '.') && skip_digits(r) == 0)
		return fail_want(r, "a digit");
	if (accept(r, 'e') || accept(r, 'E')) {
		if (!accept(r, '-'))
			accept(r, '+');
		if (skip_digits(r) == 0)
			return fail_want(r, "a digit");
	}
	*out = str_from(r->text.p + start, r->at - start);
	return true;
}

/* A number was read that is none of what was asked for: point at its start. */
static bool fail_number(struct json_reader *r, struct str text, const char *want)
{
	r->at -= text.n;
	return json_reader_fail(r, ERR_INVALID, "want %s, found %.*s", want, STR_FMT(text));
}

bool json_read_i64(struct json_reader *r, int64_t *out)
{
	struct str text;
	int64_t v;
	if (!json_read_number(r, &text))
		return false;
	if (!str_to_i64(text, &v))
		return fail_number(r, text, JSON_WANT_I64);
	*out = v;
	return true;
}

bool json_read_u64(struct json_reader *r, uint64_t *out)
{
	struct str text;
	uint64_t v;
	if (!json_read_number(r, &text))
		return false;
	if (!str_to_u64(text, &v))
		return fail_number(r, text, JSON_WANT_U64);
	*out = v;
	return true;
}

bool json_read_f64(struct json_reader *r, double *out)
{
	struct str text;
	double v;
	if (!json_read_number(r, &text))
		return false;
	if (!float_parse(text, &v))
		return fail_number(r, text, JSON_WANT_F64);
	*out = v;
	return true;
}

static bool read_word(struct json_reader *r, struct str word)
{
	if (!str_starts(str_skip(r->text, r->at), word))
		return fail_want(r, "null, true or false");
	r->at += word.n;
	return true;
}

bool json_read_bool(struct json_reader *r, bool *out)
{
	if (!expect(r, JSON_BOOL))
		return false;
	bool v = r->text.p[r->at] == 't';
	if (!read_word(r, v ? STR("true") : STR("false")))
		return false;
	*out = v;
	return true;
}

bool json_read_null(struct json_reader *r)
{
	return expect(r, JSON_NULL) && read_word(r, STR("null"));
}

/* --- whole values --------------------------------------------------------------------------- */

static bool skip_object(struct json_reader *r)
{
	struct str key;
	json_read_object(r);
	while (json_next_key(r, &key))
		json_skip(r);
	return !failed(r);
}

static bool skip_array(struct json_reader *r)
{
	json_read_array(r);
	while (json_next_item(r))
		json_skip(r);
	return !failed(r);
}

/* Recursion is as deep as the text is nested, at most JSON_MAX_DEPTH. */
static bool skip_value(struct json_reader *r)
{
	struct str text;
	bool boolean;

	switch (json_peek(r)) {
	case JSON_NULL:
		return json_read_null(r);
	case JSON_BOOL:
		return json_read_bool(r, &boolean);
	case JSON_NUMBER:
		return json_read_number(r, &text);
	case JSON_STRING:
		return json_read_str(r, &text);
	case JSON_ARRAY:
		return skip_array(r);
	case JSON_OBJECT:
		return skip_object(r);
	case JSON_INVALID:
		break;
	}
	return fail_want(r, "a value");
}

bool json_skip(struct json_reader *r)
{
	struct arena_mark mark = arena_mark(r->arena);
	bool ok = skip_value(r);
	arena_rewind(r->arena, mark);
	return ok;
}

bool json_read_raw(struct json_reader *r, struct str *out)
{
	json_peek(r); /* to where it starts */
	size_t start = r->at;
	if (!json_skip(r))
		return false;
	*out = str_from(r->text.p + start, r->at - start);
	return true;
}
