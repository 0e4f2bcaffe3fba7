/* number_lexer.h - where a number or a duration ends, and what a number is worth. */
#ifndef PROMQL_NUMBER_LEXER_H
#define PROMQL_NUMBER_LEXER_H

#include "promql/token.h"

/* The token at the start of `s`: TOKEN_NUMBER, TOKEN_DURATION, or TOKEN_ERROR after `n` bytes. The
 * text of a token need not have a value: number_parse() and model_duration_parse() find out. */
enum token_kind number_lex(struct str s, size_t *n);

/* The decimal number at the start of `s` in a series notation, where an x may follow it: 5x3. False
 * after `n` bytes that are none. */
bool series_number_lex(struct str s, size_t *n);

enum number_result {
	NUMBER_OK,
	NUMBER_SYNTAX,
	NUMBER_RANGE,
};

/* An integer as Go writes one (decimal, 0x, 0b, 0o, and octal behind a leading 0), else a floating
 * point number. */
enum number_result number_parse(struct str text, double *out);

/* A double as an int64_t the way amd64 converts it in Go: toward zero, and what does not fit is the
 * smallest number. */
int64_t int64_of_double(double v);

#endif
