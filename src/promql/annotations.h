/* annotations.h - what an evaluation has to say about its answer: "PromQL warning: ...".
 *
 * Equal texts are kept once, however often they come up and wherever in the query; the last place
 * wins. They become notes when the evaluation ends.
 *
 * Threads: one at a time.
 */
#ifndef PROMQL_ANNOTATIONS_H
#define PROMQL_ANNOTATIONS_H

#include "base/map.h"
#include "base/notes.h"
#include "promql/ast.h"

struct annotation {
	enum note_kind kind;
	struct str text;
	struct text_range at;
};

struct annotations {
	struct arena *arena; /* owned */
	struct map by_text;  /* of struct annotation */
	struct {
		struct annotation **v;
		size_t n, cap;
	} list;
};

void annotations_init(struct annotations *a, struct tracker *tracker);
void annotations_done(struct annotations *a);

/* `fmt` goes without the "PromQL warning: " before it. */
void annotations_add(struct annotations *a, enum note_kind kind, struct text_range at,
		     const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* As if what `from` has had been added in its order. */
void annotations_merge(struct annotations *a, const struct annotations *from);

/* With `query` each text ends with its position in it: " (1:5)". */
void annotations_move(struct annotations *a, struct notes *to, const struct str *query);

#endif
