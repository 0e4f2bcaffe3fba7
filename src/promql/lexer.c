#include "promql/lexer.h"

#include "base/quote.h"
#include "base/utf8.h"
#include "promql/number_lexer.h"
#include "promql/rune_text.h"
#include "promql/string_lexer.h"

/* What peek() answers at the end; no character has this value. */
#define NO_RUNE UINT32_MAX

void lexer_init(struct lexer *l, struct str text, struct arena *arena)
{
	*l = (struct lexer){.text = text, .arena = arena};
}

/* --- characters ---------------------------------------------------------------------------- */

static uint32_t rune_at(const struct lexer *l, size_t pos, size_t *n_bytes)
{
	uint32_t rune = utf8_decode(str_skip(l->text, pos), n_bytes);

	return *n_bytes ? rune : NO_RUNE;
}

static uint32_t peek(const struct lexer *l)
{
	size_t n;

	return rune_at(l, l->pos, &n);
}

static uint32_t next(struct lexer *l)
{
	size_t n;
	uint32_t rune = rune_at(l, l->pos, &n);

	l->pos += n;
	return rune;
}

static bool accept(struct lexer *l, char c)
{
	if (l->pos >= l->text.n || l->text.p[l->pos] != c)
		return false;
	l->pos++;
	return true;
}

static bool is_space(uint32_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_alpha(uint32_t c)
{
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alphanumeric(uint32_t c)
{
	return is_alpha(c) || is_digit(c);
}

/* --- results ------------------------------------------------------------------------------- */

static struct str consumed(const struct lexer *l)
{
	return str_from(l->text.p + l->start, l->pos - l->start);
}

static struct token token(struct lexer *l, enum token_kind kind)
{
	struct token t = {
	    .kind = kind,
	    .where = {.start = (uint32_t)l->start, .end = (uint32_t)l->pos},
	    .text = consumed(l),
	};

	l->start = l->pos;
	return t;
}

static struct token fail(struct lexer *l, const char *text)
{
	l->error = str_of(text);
	l->mode = LEX_FINISHED;
	return (struct token){
	    .kind = TOKEN_ERROR,
	    .where = {.start = (uint32_t)l->start, .end = (uint32_t)l->text.n},
	};
}

static struct token fail_text(struct lexer *l, const char *reason, struct str text)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	quote_append(&out, text);
	return fail(l, arena_printf(l->arena, "%s: %.*s", reason, STR_FMT(buf_str(&out))));
}

/* The reason with 'c' behind it. */
static struct token fail_rune(struct lexer *l, const char *reason, uint32_t rune)
{
	struct buf out auto_done(buf_done) = BUF_INIT(64);

	rune_quote(&out, rune);
	return fail(l, arena_printf(l->arena, "%s %.*s", reason, STR_FMT(buf_str(&out))));
}

/* --- words, numbers and strings ------------------------------------------------------------ */

static struct token string(struct lexer *l)
{
	size_t n;
	const char *problem = string_lex(str_skip(l->text, l->start), l->arena, &n);

	l->pos = l->start + n;
	return problem ? fail(l, problem) : token(l, TOKEN_STRING);
}

static struct token number_or_duration(struct lexer *l)
{
	size_t n;
	enum token_kind kind = number_lex(str_skip(l->text, l->start), &n);

	l->pos = l->start + n;
	if (kind == TOKEN_ERROR)
		return fail_text(l, "bad number or duration syntax", consumed(l));
	return token(l, kind);
}

static bool left_paren_follows(const struct lexer *l)
{
	size_t pos = l->pos;

	while (pos < l->text.n && is_space((unsigned char)l->text.p[pos]))
		pos++;
	return pos < l->text.n && l->text.p[pos] == '(';
}

/* A metric may be called "fill": the word is a modifier only in front of its argument. */
static bool is_plain_after_all(const struct lexer *l, enum token_kind kind)
{
	return (kind == TOKEN_FILL || kind == TOKEN_FILL_LEFT || kind == TOKEN_FILL_RIGHT) &&
	       !left_paren_follows(l);
}

static struct token word(struct lexer *l)
{
	while (is_alphanumeric(peek(l)) || peek(l) == ':')
		l->pos++;

	struct str text = consumed(l);
	enum token_kind kind = token_of_word(text);
	if (is_plain_after_all(l, kind))
		kind = TOKEN_IDENTIFIER;
	if (kind == TOKEN_IDENTIFIER && str_find_char(text, ':') < text.n)
		kind = TOKEN_METRIC_IDENTIFIER;
	return token(l, kind);
}

static bool starts_duration_word(uint32_t c)
{
	return c < 128 && c != 0 && strchr("smrSMR", (int)c) != NULL;
}

/* In brackets: step, range, min_of, max_of and nothing else; TOKEN_ERROR then. `c` was read. */
static enum token_kind duration_word(struct lexer *l, uint32_t c)
{
	if (!starts_duration_word(c))
		return TOKEN_ERROR;
	while (is_alpha(peek(l)))
		l->pos++;

	enum token_kind kind = token_of_word(consumed(l));
	switch ((int)kind) {
	case TOKEN_STEP:
	case TOKEN_RANGE:
	case TOKEN_MIN_OF:
	case TOKEN_MAX_OF:
		return kind;
	default:
		return TOKEN_ERROR;
	}
}

/* What a character is by itself, in brackets as outside; TOKEN_ERROR for all others. */
static enum token_kind plain_character(uint32_t c)
{
	switch (c) {
	case ',':
		return TOKEN_COMMA;
	case '*':
		return TOKEN_MUL;
	case '/':
		return TOKEN_DIV;
	case '%':
		return TOKEN_MOD;
	case '+':
		return TOKEN_ADD;
	case '-':
		return TOKEN_SUB;
	case '^':
		return TOKEN_POW;
	default:
		return TOKEN_ERROR;
	}
}

/* The character was read. */
static bool starts_number(const struct lexer *l, uint32_t c)
{
	return is_digit(c) || (c == '.' && is_digit(peek(l)));
}

/* --- where we are -------------------------------------------------------------------------- */

static struct token right_paren(struct lexer *l)
{
	if (--l->n_open_parens >= 0)
		return token(l, TOKEN_RIGHT_PAREN);
	l->start = l->pos;
	return fail_rune(l, "unexpected right parenthesis", ')');
}

static struct token left_paren(struct lexer *l)
{
	l->n_open_parens++;
	return token(l, TOKEN_LEFT_PAREN);
}

static struct token left_bracket(struct lexer *l)
{
	if (l->in_brackets)
		return fail_rune(l, "unexpected left bracket", '[');
	l->in_brackets = true;
	l->saw_colon = false;
	l->mode = LEX_DURATION;
	return token(l, TOKEN_LEFT_BRACKET);
}

static struct token right_bracket(struct lexer *l)
{
	if (!l->in_brackets)
		return fail_rune(l, "unexpected right bracket", ']');
	l->in_brackets = false;
	l->mode = LEX_EXPRESSION;
	return token(l, TOKEN_RIGHT_BRACKET);
}

/* A letter or colon behind the first number in brackets. */
static struct token word_in_brackets(struct lexer *l, uint32_t c)
{
	if (c == ':') {
		if (l->saw_colon)
			return fail_rune(l, "unexpected colon", ':');
		l->saw_colon = true;
		return token(l, TOKEN_COLON);
	}
	enum token_kind kind = duration_word(l, c);
	if (kind != TOKEN_ERROR)
		return token(l, kind);
	struct token t = fail_rune(l, "unexpected character:", c);
	l->error = str_of(arena_printf(l->arena, "%.*s, expected ':'", STR_FMT(l->error)));
	return t;
}

static struct token end_of_expression(struct lexer *l)
{
	if (l->n_open_parens > 0)
		return fail(l, "unclosed left parenthesis");
	if (l->in_brackets)
		return fail(l, "unclosed left bracket");
	l->mode = LEX_FINISHED;
	return token(l, TOKEN_END_OF_INPUT);
}

static struct token equal_sign(struct lexer *l)
{
	if (accept(l, '='))
		return token(l, TOKEN_EQ);
	if (peek(l) == '~')
		return fail_rune(l, "unexpected character after '=':", '~');
	return token(l, TOKEN_EQUAL);
}

static struct token in_expression(struct lexer *l)
{
	uint32_t c = next(l);

	if (is_alpha(c) || c == ':')
		return l->in_brackets ? word_in_brackets(l, c) : word(l);
	if (starts_number(l, c))
		return number_or_duration(l);
	if (plain_character(c) != TOKEN_ERROR)
		return token(l, plain_character(c));

	switch (c) {
	case NO_RUNE:
		return end_of_expression(l);
	case '@':
		return token(l, TOKEN_AT);
	case '=':
		return equal_sign(l);
	case '!':
		if (!accept(l, '='))
			return fail_rune(l, "unexpected character after '!':", peek(l));
		return token(l, TOKEN_NE);
	case '<':
		return token(l, accept(l, '=')   ? TOKEN_LE
				: accept(l, '/') ? TOKEN_TRIM_UPPER
						 : TOKEN_LT);
	case '>':
		return token(l, accept(l, '=')   ? TOKEN_GE
				: accept(l, '/') ? TOKEN_TRIM_LOWER
						 : TOKEN_GT);
	case '"':
	case '\'':
	case '`':
		return string(l);
	case '(':
		return left_paren(l);
	case ')':
		return right_paren(l);
	case '[':
		return left_bracket(l);
	case ']':
		return right_bracket(l);
	case '{':
		l->in_braces = true;
		return token(l, TOKEN_LEFT_BRACE);
	default:
		return fail_rune(l, "unexpected character:", c);
	}
}

static struct token in_braces(struct lexer *l)
{
	uint32_t c = next(l);

	if (is_alpha(c)) {
		while (is_alphanumeric(peek(l)))
			l->pos++;
		return token(l, TOKEN_IDENTIFIER);
	}
	switch (c) {
	case NO_RUNE:
		return fail(l, "unexpected end of input inside braces");
	case ',':
		return token(l, TOKEN_COMMA);
	case '"':
	case '\'':
	case '`':
		return string(l);
	case '=':
		return token(l, accept(l, '~') ? TOKEN_MATCH_RE : TOKEN_EQUAL);
	case '!':
		if (accept(l, '~'))
			return token(l, TOKEN_MATCH_NRE);
		if (accept(l, '='))
			return token(l, TOKEN_NE);
		return fail_rune(l, "unexpected character after '!' inside braces:", peek(l));
	case '{':
		return fail_rune(l, "unexpected left brace", '{');
	case '}':
		l->in_braces = false;
		return token(l, TOKEN_RIGHT_BRACE);
	default:
		return fail_rune(l, "unexpected character inside braces:", c);
	}
}

static struct token colon_in_duration(struct lexer *l)
{
	struct token t = token(l, TOKEN_COLON);

	if (!l->saw_duration)
		return fail(l, "unexpected colon before duration in duration expression");
	if (l->saw_colon)
		return fail(l, "unexpected repeated colon in duration expression");
	l->saw_colon = true;
	return t;
}

static struct token in_duration(struct lexer *l)
{
	uint32_t c = next(l);

	if (starts_number(l, c)) {
		l->saw_duration = true;
		l->mode = LEX_EXPRESSION;
		return number_or_duration(l);
	}
	if (plain_character(c) != TOKEN_ERROR)
		return token(l, plain_character(c));

	switch (c) {
	case NO_RUNE:
		return fail(l, "unexpected end of input in duration expression");
	case ']':
		return right_bracket(l);
	case ':':
		return colon_in_duration(l);
	case '(':
		return left_paren(l);
	case ')':
		return right_paren(l);
	default:
		break;
	}
	enum token_kind kind = duration_word(l, c);
	if (kind != TOKEN_ERROR)
		return token(l, kind);
	return fail_rune(l, "unexpected character in duration expression:", c);
}

static void skip_comment(struct lexer *l)
{
	while (l->pos < l->text.n && l->text.p[l->pos] != '\n' && l->text.p[l->pos] != '\r')
		l->pos++;
}

static void skip_blanks_and_comments(struct lexer *l)
{
	for (;;) {
		if (is_space(peek(l)))
			l->pos++;
		else if (peek(l) == '#' && l->mode == LEX_EXPRESSION)
			skip_comment(l);
		else
			break;
	}
	l->start = l->pos;
}

struct token lexer_next(struct lexer *l)
{
	if (l->mode == LEX_FINISHED)
		return token(l, TOKEN_END_OF_INPUT);

	skip_blanks_and_comments(l);
	if (l->mode == LEX_DURATION)
		return in_duration(l);
	return l->in_braces ? in_braces(l) : in_expression(l);
}
