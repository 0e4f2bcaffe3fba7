/* lexer.h - PromQL text cut into tokens, on demand.
 *
 * What a character means depends on where it stands: in braces there are no keywords, in brackets
 * hardly anything but durations.
 */
#ifndef PROMQL_LEXER_H
#define PROMQL_LEXER_H

#include "base/arena.h"
#include "promql/token.h"

enum lexer_mode {
	LEX_EXPRESSION,
	LEX_DURATION, /* after a left bracket, until the first number */
	LEX_FINISHED, /* the end was seen, or an error */
};

struct lexer {
	struct str text;
	struct arena *arena; /* of the error text */
	size_t pos;          /* of the next character */
	size_t start;        /* of the current token */
	enum lexer_mode mode;
	int n_open_parens;
	bool in_braces;
	bool in_brackets;
	bool saw_colon;    /* in these brackets */
	bool saw_duration; /* in any brackets, as the first thing in them */
	struct str error;
};

/* `text` and `arena` are borrowed. */
void lexer_init(struct lexer *l, struct str text, struct arena *arena);

/* After TOKEN_ERROR, whose reason is in l->error, and after the end there is only
 * TOKEN_END_OF_INPUT. */
struct token lexer_next(struct lexer *l);

#endif
