/* string_lexer.h - where a string ends, and what is wrong with it. */
#ifndef PROMQL_STRING_LEXER_H
#define PROMQL_STRING_LEXER_H

#include "base/arena.h"

/* `s` begins with a quote: ", ' or `. NULL, and the length of the string with both quotes; or what
 * is wrong, in Prometheus' words, a text that may live in `a`. */
const char *string_lex(struct str s, struct arena *a, size_t *n);

#endif
