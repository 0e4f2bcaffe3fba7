#include "codec/json_writer.h"

#include "base/assert.h"
#include "base/float_text.h"
#include "base/utf8.h"

#include <math.h>

void json_writer_init(struct json_writer *w, struct buf *out, enum json_escape escape)
{
	*w = (struct json_writer){.out = out, .escape = escape, .err = ERR_INIT};
}

void json_writer_set_indent(struct json_writer *w, const char *indent)
{
	w->indent = indent;
}

void json_writer_set_sink(struct json_writer *w, struct byte_sink *sink, size_t at_bytes)
{
	w->sink = sink;
	w->flush_at_bytes = at_bytes;
}

static void hand_on(struct json_writer *w)
{
	if (w->err.code == ERR_OK && w->out->n > 0)
		byte_sink_write(w->sink, w->out->p, w->out->n, &w->err);
	w->out->n = 0; /* overflowed stays as it is */
}

bool json_writer_flush(struct json_writer *w, struct err *err)
{
	if (w->sink)
		hand_on(w);
	if (w->err.code != ERR_OK) {
		*err = w->err;
		return false;
	}
	if (w->out->overflowed)
		return err_set(err, ERR_LIMIT, "the JSON text is longer than %zu bytes",
			       w->out->max);
	return true;
}

static void line_break(struct json_writer *w)
{
	if (!w->indent)
		return;
	buf_putc(w->out, '\n');
	for (unsigned i = 0; i < w->depth; i++)
		buf_puts(w->out, w->indent);
}

/* What stands between the value to come and the one before. */
static void separate(struct json_writer *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (w->depth == 0)
		return;
	if (w->has_value)
		buf_putc(w->out, ',');
	line_break(w);
}

static void value_done(struct json_writer *w)
{
	w->has_value = true;
	if (w->sink && w->out->n >= w->flush_at_bytes)
		hand_on(w);
}

static void begin(struct json_writer *w, char bracket)
{
	separate(w);
	buf_putc(w->out, bracket);
	w->depth++;
	w->has_value = false;
}

static void end(struct json_writer *w, char bracket)
{
	assert(w->depth > 0 && !w->after_key);

	w->depth--;
	if (w->has_value)
		line_break(w);
	buf_putc(w->out, bracket);
	value_done(w);
}

void json_begin_object(struct json_writer *w)
{
	begin(w, '{');
}

void json_end_object(struct json_writer *w)
{
	end(w, '}');
}

void json_begin_array(struct json_writer *w)
{
	begin(w, '[');
}

void json_end_array(struct json_writer *w)
{
	end(w, ']');
}

void json_key_str(struct json_writer *w, struct str key)
{
	assert(w->depth > 0 && !w->after_key);

	separate(w);
	json_quote(w->out, key, w->escape);
	buf_putc(w->out, ':');
	if (w->indent)
		buf_putc(w->out, ' ');
	w->after_key = true;
}

void json_key(struct json_writer *w, const char *key)
{
	json_key_str(w, str_of(key));
}

/* --- values --------------------------------------------------------------------------------- */

void json_put_raw(struct json_writer *w, struct str json)
{
	separate(w);
	buf_append_str(w->out, json);
	value_done(w);
}

void json_put_str(struct json_writer *w, struct str s)
{
	separate(w);
	json_quote(w->out, s, w->escape);
	value_done(w);
}

void json_put_cstr(struct json_writer *w, const char *s)
{
	json_put_str(w, str_of(s));
}

/* The digits of v before `end`; gives where they start. */
static char *digits_before(char *end, uint64_t v)
{
	do
		*--end = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	return end;
}

void json_put_u64(struct json_writer *w, uint64_t v)
{
	char text[20], *end = text + sizeof(text);
	char *p = digits_before(end, v);
	json_put_raw(w, str_from(p, (size_t)(end - p)));
}

void json_put_i64(struct json_writer *w, int64_t v)
{
	char text[21], *end = text + sizeof(text);
	char *p = digits_before(end, v < 0 ? -(uint64_t)v : (uint64_t)v);
	if (v < 0)
		*--p = '-';
	json_put_raw(w, str_from(p, (size_t)(end - p)));
}

void json_put_f64(struct json_writer *w, double v)
{
	char text[FLOAT_TEXT_MAX];
	if (!isfinite(v)) {
		json_put_null(w);
		return;
	}
	size_t n = float_json(text, v);
	if (n > 4 && memcmp(text + n - 4, "e-0", 3) == 0) { /* encoding/json has 1e-7 */
		text[n - 2] = text[n - 1];
		n--;
	}
	json_put_raw(w, str_from(text, n));
}

void json_put_sample(struct json_writer *w, double v)
{
	char text[FLOAT_TEXT_MAX + 2];
	size_t n = float_json(text + 1, v);
	text[0] = text[n + 1] = '"';
	json_put_raw(w, str_from(text, n + 2));
}

void json_put_time_ms(struct json_writer *w, int64_t t_ms)
{
	char text[FLOAT_TEXT_MAX];
	json_put_raw(w, str_from(text, float_json_seconds(text, t_ms)));
}

void json_put_bool(struct json_writer *w, bool v)
{
	json_put_raw(w, v ? STR("true") : STR("false"));
}

void json_put_null(struct json_writer *w)
{
	json_put_raw(w, STR("null"));
}

/* --- strings -------------------------------------------------------------------------------- */

/* How a byte is written: 0 as it is, 1 as \u00xx, 2 as \u00xx where HTML is escaped, 3 as part of
 * a rune, otherwise as a backslash and this letter. */
static const char escapes[256] = {
    [0 ... 7] = 1, ['\b'] = 'b', ['\t'] = 't',        ['\n'] = 'n',        [0x0b] = 1,
    ['\f'] = 'f',  ['\r'] = 'r', [0x0e ... 0x1f] = 1, ['"'] = '"',         ['&'] = 2,
    ['<'] = 2,     ['>'] = 2,    ['\\'] = '\\',       [0x80 ... 0xff] = 3,
};

static bool is_plain(unsigned char c, enum json_escape escape)
{
	return escapes[c] == 0 || (escapes[c] == 2 && escape != JSON_ESCAPE_HTML) ||
	       (escapes[c] == 3 && escape == JSON_ESCAPE_LEAST);
}

/* The rune at s->p: as it is, save what is not UTF-8 and the two line separators that JavaScript
 * cannot bear. Gives its length in bytes. */
static size_t quote_rune(struct buf *out, struct str s)
{
	size_t n;
	uint32_t rune = utf8_decode(s, &n);
	if (n == 1)
		buf_puts(out, "\\ufffd");
	else if (rune == 0x2028 || rune == 0x2029)
		buf_puts(out, rune == 0x2028 ? "\\u2028" : "\\u2029");
	else
		buf_append(out, s.p, n);
	return n;
}

static size_t quote_one(struct buf *out, struct str s, enum json_escape escape)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char c = (unsigned char)*s.p;
	if (escapes[c] == 3)
		return quote_rune(out, s);
	bool has_letter = escapes[c] > 3;
	if (escape == JSON_ESCAPE_LEAST && (c == '\b' || c == '\f'))
		has_letter = false;
	if (has_letter)
		buf_append(out, (char[]){'\\', escapes[c]}, 2);
	else
		buf_append(out, (char[]){'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]}, 6);
	return 1;
}

void json_quote(struct buf *out, struct str s, enum json_escape escape)
{
	buf_putc(out, '"');
	while (s.n > 0) {
		size_t n = 0;
		while (n < s.n && is_plain((unsigned char)s.p[n], escape))
			n++;
		buf_append(out, s.p, n);
		s = str_skip(s, n);
		if (s.n > 0)
			s = str_skip(s, quote_one(out, s, escape));
	}
	buf_putc(out, '"');
}
