/* notation_reader.h - where a reader of a series notation is, and the little things it meets. */
#ifndef PROMQL_NOTATION_READER_H
#define PROMQL_NOTATION_READER_H

#include "base/arena.h"
#include "base/err.h"

struct notation_reader {
	struct arena *arena;
	struct str text;
	size_t pos;
	struct err *err;
};

/* Both return false. */
bool notation_fail(struct notation_reader *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
bool notation_too_long(struct notation_reader *r);

static inline bool notation_at_end(const struct notation_reader *r)
{
	return r->pos >= r->text.n;
}

static inline bool notation_at(const struct notation_reader *r, size_t pos, char c)
{
	return pos < r->text.n && r->text.p[pos] == c;
}

bool notation_accept(struct notation_reader *r, char c);
bool notation_accept_text(struct notation_reader *r, const char *text);
/* The text, if no letter or digit follows it. */
bool notation_accept_word(struct notation_reader *r, const char *word);

/* Whether there was a blank. */
bool notation_skip_blanks(struct notation_reader *r);

/* Letters and underscores; may be empty. */
struct str notation_name(struct notation_reader *r);

/* With or without a sign; inf and nan in any case. */
bool notation_number(struct notation_reader *r, double *out);
bool notation_integer(struct notation_reader *r, int32_t *out);

#endif
