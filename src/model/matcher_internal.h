/* matcher_internal.h - regular expressions that need no engine: finite sets of literals, and
 * literals with gaps between them. Private to matcher.c.
 *
 * Each parse function understands a part of the syntax and says false to everything else, valid or
 * not: that is then the engine's to judge.
 */
#ifndef MODEL_MATCHER_INTERNAL_H
#define MODEL_MATCHER_INTERNAL_H

#include "base/arena.h"

enum {
	LITERALS_MAX = 64 * 1024,             /* of a set */
	LITERALS_PRODUCT_MAX = 1024,          /* of what (a|b)(c|d) multiplies to */
	LITERALS_MAX_BYTES = 8 * 1024 * 1024, /* of all of them, and of what they are made from */
	GLOBS_MAX = 32,
	GLOB_PIECES_MAX = 16,
};

/* a(b|c)d?[xy] and its like, as the texts it matches: ascending, each once. */
struct literals {
	struct str *v;
	size_t n, cap;
};

bool literals_parse(struct arena *a, struct str pattern, struct literals *out);

/* foo.*bar.+ and its like: pieces with gaps around them. The first piece begins where the text does
 * and the last one ends where it does, so a gap at an end stands beside an empty piece. */
struct glob {
	struct str piece[GLOB_PIECES_MAX];
	unsigned gap_min[GLOB_PIECES_MAX]; /* before the piece: 0 for .*, 1 for .+ */
	size_t n;                          /* >= 1 */
};

/* Alternatives, any of which may match. */
struct globs {
	struct glob *v;
	size_t n, cap;
};

bool globs_parse(struct arena *a, struct str pattern, struct globs *out);
bool glob_match(const struct glob *g, struct str text);

/* The literal that every text matching the pattern starts with. */
struct str pattern_prefix(struct arena *a, struct str pattern);

#endif
