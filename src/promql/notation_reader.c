#include "promql/notation_reader.h"

#include "base/quote.h"
#include "promql/number_lexer.h"
#include "promql/parser.h"
#include "promql/series_notation.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <strings.h>

bool notation_fail(struct notation_reader *r, const char *fmt, ...)
{
	struct text_position at = text_position(r->text, r->pos);
	char message[sizeof(r->err->msg)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	return err_set(r->err, ERR_INVALID, "%u:%u: parse error: %s", at.line, at.column, message);
}

bool notation_too_long(struct notation_reader *r)
{
	return err_set(r->err, ERR_LIMIT, "the series has more than %d values",
		       NOTATION_MAX_POSITIONS);
}

bool notation_accept(struct notation_reader *r, char c)
{
	if (!notation_at(r, r->pos, c))
		return false;
	r->pos++;
	return true;
}

bool notation_accept_text(struct notation_reader *r, const char *text)
{
	if (!str_starts(str_skip(r->text, r->pos), str_of(text)))
		return false;
	r->pos += strlen(text);
	return true;
}

static bool is_word_character(const struct notation_reader *r, size_t pos)
{
	return pos < r->text.n && (isalnum((unsigned char)r->text.p[pos]) ||
				   r->text.p[pos] == '_' || r->text.p[pos] == ':');
}

bool notation_accept_word(struct notation_reader *r, const char *word)
{
	struct str left = str_skip(r->text, r->pos);

	if (left.n < strlen(word) || strncasecmp(left.p, word, strlen(word)) != 0 ||
	    is_word_character(r, r->pos + strlen(word)))
		return false;
	r->pos += strlen(word);
	return true;
}

bool notation_skip_blanks(struct notation_reader *r)
{
	size_t start = r->pos;

	while (notation_accept(r, ' ') || notation_accept(r, '\t') || notation_accept(r, '\n') ||
	       notation_accept(r, '\r'))
		;
	return r->pos > start;
}

struct str notation_name(struct notation_reader *r)
{
	size_t start = r->pos;

	while (!notation_at_end(r) &&
	       (isalpha((unsigned char)r->text.p[r->pos]) || r->text.p[r->pos] == '_'))
		r->pos++;
	return str_from(r->text.p + start, r->pos - start);
}

static bool bad_number(struct notation_reader *r, struct str text)
{
	struct buf quoted auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	quote_append(&quoted, text);
	return notation_fail(r, "bad number syntax: %.*s", STR_FMT(buf_str(&quoted)));
}

static bool unsigned_number(struct notation_reader *r, double *out)
{
	struct str left = str_skip(r->text, r->pos);
	size_t n;

	if (notation_accept_word(r, "inf")) {
		*out = INFINITY;
		return true;
	}
	if (notation_accept_word(r, "nan")) {
		*out = NAN;
		return true;
	}
	bool lexed = series_number_lex(left, &n);
	struct str text = str_from(left.p, n);
	if (!lexed || number_parse(text, out) != NUMBER_OK)
		return bad_number(r, text);
	r->pos += n;
	return true;
}

bool notation_number(struct notation_reader *r, double *out)
{
	bool negative = notation_at(r, r->pos, '-');

	if (negative || notation_at(r, r->pos, '+'))
		r->pos++;
	if (!unsigned_number(r, out))
		return false;
	if (negative)
		*out = -*out;
	return true;
}

bool notation_integer(struct notation_reader *r, int32_t *out)
{
	size_t start = r->pos;
	int64_t value;

	notation_accept(r, '-');
	while (!notation_at_end(r) && isdigit((unsigned char)r->text.p[r->pos]))
		r->pos++;
	struct str text = str_from(r->text.p + start, r->pos - start);
	if (!str_to_i64(text, &value) || value < INT32_MIN || value > INT32_MAX)
		return bad_number(r, text);
	*out = (int32_t)value;
	return true;
}
