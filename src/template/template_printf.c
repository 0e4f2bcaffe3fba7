/* template_printf.c - Go's fmt.Printf, of the values that templates have. */
#include "base/float_text.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "codec/hex.h"
#include "template/template_internal.h"

#include <inttypes.h>
#include <stdio.h>

enum { WIDTH_MAX = 1000, NUMBER_MAX_BYTES = 2048 };

struct verb {
	bool minus, plus, sharp, zero, space;
	size_t width;
	int precision; /* -1: none */
	struct str letter;
};

struct printing {
	struct str format;
	const struct template_value *args;
	size_t n_args, next;
	struct buf *out;
};

/* --- one value ------------------------------------------------------------------------------- */

static void bad_verb(const struct verb *verb, const struct template_value *v, struct buf *out)
{
	buf_printf(out, "%%!%.*s(%s=", STR_FMT(verb->letter), template_type_name(v));
	template_print(v, out);
	buf_putc(out, ')');
}

static struct str cut(struct str s, int precision)
{
	size_t n = 0, bytes;

	for (int i = 0; i < precision && n < s.n; i++, n += bytes)
		utf8_decode(str_skip(s, n), &bytes);
	return precision < 0 ? s : str_from(s.p, n);
}

static void put_rune(struct buf *out, uint64_t rune)
{
	char bytes[4];
	size_t n = utf8_encode(bytes, rune > UTF8_MAX_RUNE ? UTF8_REPLACEMENT : (uint32_t)rune);

	buf_append(out, bytes, n);
}

static void print_string(const struct verb *verb, const struct template_value *v, struct buf *out)
{
	struct str s = cut(v->str, verb->precision);

	switch (verb->letter.p[0]) {
	case 'v':
	case 's':
		buf_append_str(out, s);
		break;
	case 'q':
		quote_append(out, s);
		break;
	case 'x':
		hex_encode(out, s);
		break;
	default:
		bad_verb(verb, v, out);
	}
}

static void put_binary(struct buf *out, uint64_t n)
{
	for (int bit = n ? 63 - __builtin_clzll(n) : 0; bit >= 0; bit--)
		buf_putc(out, n >> bit & 1 ? '1' : '0');
}

static void put_quoted_rune(struct buf *out, uint64_t rune)
{
	struct buf text auto_done(buf_done) = BUF_INIT(64);

	put_rune(&text, rune);
	buf_putc(out, '\'');
	if (rune == '\'' || rune == '\\')
		buf_putc(out, '\\');
	buf_append_str(out, buf_str(&text));
	buf_putc(out, '\'');
}

static void print_integer(const struct verb *verb, const struct template_value *v, struct buf *out)
{
	bool negative = v->kind == TEMPLATE_INT && v->i64 < 0;
	uint64_t n = negative ? -(uint64_t)v->i64 : v->u64;
	const char *sign = negative ? "-" : verb->plus ? "+" : verb->space ? " " : "";
	char letter = verb->letter.p[0];

	switch (letter) {
	case 'v':
	case 'd':
		buf_printf(out, "%s%" PRIu64, sign, n);
		break;
	case 'x':
		buf_printf(out, verb->sharp ? "%s0x%" PRIx64 : "%s%" PRIx64, sign, n);
		break;
	case 'X':
		buf_printf(out, verb->sharp ? "%s0X%" PRIX64 : "%s%" PRIX64, sign, n);
		break;
	case 'o':
		buf_printf(out, verb->sharp ? "%s0%" PRIo64 : "%s%" PRIo64, sign, n);
		break;
	case 'b':
		buf_puts(out, sign);
		put_binary(out, n);
		break;
	case 'c':
		put_rune(out, n);
		break;
	case 'q':
		put_quoted_rune(out, n);
		break;
	case 'U':
		buf_printf(out, "U+%04" PRIX64, n);
		break;
	default:
		bad_verb(verb, v, out);
	}
}

static void print_float(const struct verb *verb, const struct template_value *v, struct buf *out)
{
	char letter = verb->letter.p[0] == 'F' ? 'f' : verb->letter.p[0], format[16];
	int precision = verb->precision < 0 ? 6 : verb->precision;

	if (!strchr("veEfgG", letter)) {
		bad_verb(verb, v, out);
		return;
	}
	if (verb->plus && !(v->f64 < 0))
		buf_putc(out, '+');
	if (verb->precision < 0 && strchr("vgG", letter)) {
		template_print(v, out);
		return;
	}
	snprintf(format, sizeof(format), "%%.*%c", letter == 'v' ? 'g' : letter);
	char text[NUMBER_MAX_BYTES];
	snprintf(text, sizeof(text), format, precision, v->f64);
	buf_puts(out, text);
}

static void print_value(const struct verb *verb, const struct template_value *v, struct buf *out)
{
	char letter = verb->letter.p[0];

	if (letter == 'T')
		buf_puts(out, template_type_name(v));
	else if (v->kind == TEMPLATE_STRING)
		print_string(verb, v, out);
	else if (v->kind == TEMPLATE_INT || v->kind == TEMPLATE_UINT)
		print_integer(verb, v, out);
	else if (v->kind == TEMPLATE_FLOAT)
		print_float(verb, v, out);
	else if (letter == 'v' || (letter == 't' && v->kind == TEMPLATE_BOOL) ||
		 (letter == 's' && v->kind >= TEMPLATE_LIST))
		template_print(v, out);
	else
		bad_verb(verb, v, out);
}

/* --- padding --------------------------------------------------------------------------------- */

static size_t count_runes(struct str s)
{
	size_t n = 0, bytes;

	for (; s.n > 0; s = str_skip(s, bytes), n++)
		utf8_decode(s, &bytes);
	return n;
}

static void put_many(struct buf *out, char c, size_t n)
{
	while (n-- > 0)
		buf_putc(out, c);
}

/* Zeros go behind a sign. */
static void put_zeros(struct buf *out, struct str text, size_t fill)
{
	if (text.n > 0 && (text.p[0] == '-' || text.p[0] == '+')) {
		buf_putc(out, text.p[0]);
		text = str_skip(text, 1);
	}
	put_many(out, '0', fill);
	buf_append_str(out, text);
}

static void put_padded(const struct verb *verb, struct str text, struct buf *out)
{
	size_t width = count_runes(text);
	size_t fill = verb->width > width ? verb->width - width : 0;

	if (verb->zero && !verb->minus) {
		put_zeros(out, text, fill);
		return;
	}
	put_many(out, ' ', verb->minus ? 0 : fill);
	buf_append_str(out, text);
	put_many(out, ' ', verb->minus ? fill : 0);
}

/* --- the format ------------------------------------------------------------------------------ */

static bool take_byte(struct str *s, char c)
{
	if (s->n == 0 || s->p[0] != c)
		return false;
	*s = str_skip(*s, 1);
	return true;
}

static bool take_flag(struct str *s, struct verb *verb)
{
	if (take_byte(s, '-'))
		return verb->minus = true;
	if (take_byte(s, '+'))
		return verb->plus = true;
	if (take_byte(s, '#'))
		return verb->sharp = true;
	if (take_byte(s, '0'))
		return verb->zero = true;
	return take_byte(s, ' ') && (verb->space = true);
}

/* Digits, or a * for the next argument. */
static size_t take_number(struct printing *p)
{
	size_t n = 0;

	if (take_byte(&p->format, '*')) {
		if (p->next < p->n_args && p->args[p->next].kind == TEMPLATE_INT)
			n = p->args[p->next].i64 > 0 ? (size_t)p->args[p->next].i64 : 0;
		p->next++;
		return n < WIDTH_MAX ? n : WIDTH_MAX;
	}
	for (; p->format.n > 0 && p->format.p[0] >= '0' && p->format.p[0] <= '9';
	     p->format = str_skip(p->format, 1))
		if (n < WIDTH_MAX)
			n = n * 10 + (size_t)(p->format.p[0] - '0');
	return n < WIDTH_MAX ? n : WIDTH_MAX;
}

static struct verb take_verb(struct printing *p)
{
	struct verb verb = {.precision = -1};
	size_t bytes;

	while (take_flag(&p->format, &verb))
		;
	verb.width = take_number(p);
	if (take_byte(&p->format, '.'))
		verb.precision = (int)take_number(p);
	utf8_decode(p->format, &bytes);
	verb.letter = str_from(p->format.p, bytes);
	p->format = str_skip(p->format, bytes);
	return verb;
}

static void print_verb(struct printing *p)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct verb verb = take_verb(p);

	if (verb.letter.n == 0) {
		buf_puts(p->out, "%!(NOVERB)");
	} else if (verb.letter.p[0] == '%') {
		buf_putc(p->out, '%');
	} else if (p->next >= p->n_args) {
		buf_printf(p->out, "%%!%.*s(MISSING)", STR_FMT(verb.letter));
	} else {
		print_value(&verb, &p->args[p->next++], &text);
		put_padded(&verb, buf_str(&text), p->out);
	}
}

static void print_extra(struct printing *p)
{
	buf_puts(p->out, "%!(EXTRA ");
	for (size_t i = p->next; i < p->n_args; i++) {
		buf_printf(p->out, "%s%s=", i > p->next ? ", " : "",
			   template_type_name(&p->args[i]));
		template_print(&p->args[i], p->out);
	}
	buf_putc(p->out, ')');
}

void template_printf(struct str format, const struct template_value *args, size_t n,
		     struct buf *out)
{
	struct printing p = {.format = format, .args = args, .n_args = n, .out = out};

	while (p.format.n > 0) {
		size_t plain = str_find_char(p.format, '%');
		buf_append(out, p.format.p, plain);
		p.format = str_skip(p.format, plain);
		if (take_byte(&p.format, '%'))
			print_verb(&p);
	}
	if (p.next < n)
		print_extra(&p);
}
