/* log_encode.c - logfmt as github.com/go-logfmt/logfmt writes it, and JSON as Go's encoding/json
 * does without HTML escaping: keys ascending, the last of equal keys.
 */
#include "base/duration.h"
#include "base/float_text.h"
#include "base/log_internal.h"
#include "base/time_text.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static void append_float(struct buf *out, double v)
{
	char *to = buf_reserve(out, FLOAT_TEXT_MAX);
	if (to)
		buf_grown(out, float_format(to, v, FLOAT_G));
}

/* The value as text, without quotes; false for strings, which need more care. */
static bool append_plain(struct buf *out, const struct log_field *f)
{
	switch (f->kind) {
	case LOG_KIND_INT:
		buf_printf(out, "%" PRId64, f->i);
		return true;
	case LOG_KIND_UINT:
		buf_printf(out, "%" PRIu64, f->u);
		return true;
	case LOG_KIND_FLOAT:
		append_float(out, f->f);
		return true;
	case LOG_KIND_BOOL:
		buf_puts(out, f->b ? "true" : "false");
		return true;
	case LOG_KIND_DURATION:
		buf_puts(out, duration_str(f->i));
		return true;
	case LOG_KIND_TIME:
		buf_puts(out, time_str_ms(f->i));
		return true;
	case LOG_KIND_STR:
		break;
	}
	return false;
}

enum quoting { QUOTE_LOGFMT, QUOTE_JSON };

static void append_control(struct buf *out, char c, enum quoting quoting)
{
	static const char *const json_names[] = {['\b'] = "\\b", ['\f'] = "\\f"};

	if (c == '\n')
		buf_puts(out, "\\n");
	else if (c == '\r')
		buf_puts(out, "\\r");
	else if (c == '\t')
		buf_puts(out, "\\t");
	else if (quoting == QUOTE_JSON && (c == '\b' || c == '\f'))
		buf_puts(out, json_names[(int)c]);
	else
		buf_printf(out, "\\u%04x", (unsigned)c);
}

static void append_rune(struct buf *out, struct str s, uint32_t rune, size_t n,
			enum quoting quoting)
{
	/* go-logfmt escapes a replacement character even where it was written as such. */
	if (rune == UTF8_REPLACEMENT && (n == 1 || quoting == QUOTE_LOGFMT))
		buf_puts(out, "\\ufffd");
	else if (quoting == QUOTE_JSON && (rune == 0x2028 || rune == 0x2029))
		buf_printf(out, "\\u%04x", (unsigned)rune);
	else
		buf_append(out, s.p, n);
}

static void append_quoted(struct buf *out, struct str s, enum quoting quoting)
{
	size_t n;

	buf_putc(out, '"');
	for (; s.n > 0; s = str_skip(s, n)) {
		char c = s.p[0];
		n = 1;
		if (c == '"' || c == '\\')
			buf_append(out, (char[]){'\\', c}, 2);
		else if ((unsigned char)c < 0x20)
			append_control(out, c, quoting);
		else if ((unsigned char)c < 0x80)
			buf_putc(out, c);
		else
			append_rune(out, s, utf8_decode(s, &n), n, quoting);
	}
	buf_putc(out, '"');
}

/* --- logfmt -------------------------------------------------------------------------------------
 */

static bool is_plain_byte(char c)
{
	return (unsigned char)c > ' ' && c != '=' && c != '"';
}

static bool is_bad_rune(struct str s, size_t *n)
{
	return (unsigned char)s.p[0] >= 0x80 && utf8_decode(s, n) == UTF8_REPLACEMENT;
}

static bool needs_quotes(struct str s)
{
	size_t n;

	for (; s.n > 0; s = str_skip(s, n)) {
		n = 1;
		if (!is_plain_byte(s.p[0]) || is_bad_rune(s, &n))
			return true;
	}
	return false;
}

static void append_logfmt_key(struct buf *out, const char *key)
{
	for (; *key; key++)
		if (is_plain_byte(*key))
			buf_putc(out, *key);
}

static void append_logfmt_value(struct buf *out, const struct log_field *f)
{
	if (append_plain(out, f))
		return;
	if (!f->s.p)
		buf_puts(out, "null");
	else if (str_is(f->s, "null"))
		buf_puts(out, "\"null\"");
	else if (needs_quotes(f->s))
		append_quoted(out, f->s, QUOTE_LOGFMT);
	else
		buf_append_str(out, f->s);
}

void log_encode_logfmt(struct buf *out, struct log_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(out, ' ');
		append_logfmt_key(out, fields[i].key);
		buf_putc(out, '=');
		append_logfmt_value(out, &fields[i]);
	}
	buf_putc(out, '\n');
}

/* --- JSON ---------------------------------------------------------------------------------------
 */

static void append_json_value(struct buf *out, const struct log_field *f)
{
	bool is_text = f->kind == LOG_KIND_DURATION || f->kind == LOG_KIND_TIME ||
		       (f->kind == LOG_KIND_FLOAT && !isfinite(f->f));

	if (f->kind == LOG_KIND_STR && !f->s.p) {
		buf_puts(out, "null");
	} else if (f->kind == LOG_KIND_STR) {
		append_quoted(out, f->s, QUOTE_JSON);
	} else {
		if (is_text)
			buf_putc(out, '"');
		append_plain(out, f);
		if (is_text)
			buf_putc(out, '"');
	}
}

/* Stable, and nearly in order already. */
static void sort_by_key(struct log_field *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct log_field f = v[i];
		size_t k = i;
		for (; k > 0 && strcmp(v[k - 1].key, f.key) > 0; k--)
			v[k] = v[k - 1];
		v[k] = f;
	}
}

void log_encode_json(struct buf *out, struct log_field *fields, size_t n)
{
	const char *sep = "{";

	sort_by_key(fields, n);
	for (size_t i = 0; i < n; i++) {
		if (i + 1 < n && strcmp(fields[i].key, fields[i + 1].key) == 0)
			continue;
		buf_puts(out, sep);
		append_quoted(out, str_of(fields[i].key), QUOTE_JSON);
		buf_putc(out, ':');
		append_json_value(out, &fields[i]);
		sep = ",";
	}
	buf_puts(out, "}\n");
}

/* --- journald -----------------------------------------------------------------------------------
 */

/* name, newline, length as 64 bits little-endian, bytes, newline: the form that takes any bytes. */
static void append_journal_field(struct buf *out, const char *name, const struct log_field *f)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	if (!append_plain(&text, f))
		buf_append_str(&text, f->s);
	buf_puts(out, name);
	buf_putc(out, '\n');
	for (int shift = 0; shift < 64; shift += 8)
		buf_putc(out, (char)((uint64_t)text.n >> shift));
	buf_append_str(out, buf_str(&text));
	buf_putc(out, '\n');
}

/* THANOS_<KEY>, as Thanos names them. */
static void journal_name(char *to, size_t cap, const char *key)
{
	static const char prefix[] = "THANOS_";
	size_t n = sizeof(prefix) - 1;

	memcpy(to, prefix, n);
	for (; *key && n + 1 < cap; key++) {
		bool lower = *key >= 'a' && *key <= 'z';
		bool other = (*key >= 'A' && *key <= 'Z') || (*key >= '0' && *key <= '9');
		to[n++] = lower ? (char)(*key - 'a' + 'A') : other ? *key : '_';
	}
	to[n] = '\0';
}

static const char *priority_of(struct str level)
{
	if (str_is(level, "error"))
		return "3";
	if (str_is(level, "warn"))
		return "4";
	return str_is(level, "debug") ? "7" : "6";
}

void log_encode_journald(struct buf *out, struct log_field *fields, size_t n)
{
	struct log_field message = LOG_STR("", "(no message)");
	bool has_message = false;

	for (size_t i = 0; i < n; i++) {
		const struct log_field *f = &fields[i];
		char name[80];
		if (strcmp(f->key, "msg") == 0) {
			message = *f;
			has_message = true;
			continue;
		}
		if (strcmp(f->key, "level") == 0) {
			buf_printf(out, "PRIORITY=%s\n", priority_of(f->s));
			continue;
		}
		if (strcmp(f->key, "err") == 0 && !has_message)
			message = *f;
		journal_name(name, sizeof(name), f->key);
		append_journal_field(out, name, f);
	}
	append_journal_field(out, "MESSAGE", &message);
}
