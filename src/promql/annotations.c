#include "promql/annotations.h"

#include "base/assert.h"

#include "promql/parser.h"

#include <stdarg.h>
#include <stdio.h>

/* A query that annotates each of its series with another text stops being remembered here. */
enum { ANNOTATIONS_MAX = 1000 };

void annotations_init(struct annotations *a, struct tracker *tracker)
{
	*a = (struct annotations){.arena = arena_new(tracker)};
}

void annotations_done(struct annotations *a)
{
	map_done(&a->by_text);
	arena_free(a->arena);
}

static void add_text(struct annotations *a, enum note_kind kind, struct text_range at,
		     struct str text)
{
	struct annotation *known = map_get(&a->by_text, text);

	if (known) {
		known->at = at;
		return;
	}
	if (a->list.n == ANNOTATIONS_MAX)
		return;
	known = ARENA_NEW(a->arena, struct annotation);
	*known = (struct annotation){kind, arena_str(a->arena, text), at};
	map_put(&a->by_text, known->text, known);
	ARENA_PUSH(a->arena, &a->list, known);
}

void annotations_add(struct annotations *a, enum note_kind kind, struct text_range at,
		     const char *fmt, ...)
{
	char text[1024];
	const char *prefix = kind == NOTE_PROMQL_INFO ? "PromQL info: " : "PromQL warning: ";
	size_t n = strlen(prefix);
	memcpy(text, prefix, n);

	va_list args;
	va_start(args, fmt);
	int more = vsnprintf(text + n, sizeof(text) - n, fmt, args);
	va_end(args);
	assert(more >= 0);
	n = n + (size_t)more < sizeof(text) ? n + (size_t)more : sizeof(text) - 1;

	add_text(a, kind, at, str_from(text, n));
}

void annotations_merge(struct annotations *a, const struct annotations *from)
{
	for (size_t i = 0; i < from->list.n; i++)
		add_text(a, from->list.v[i]->kind, from->list.v[i]->at, from->list.v[i]->text);
}

void annotations_move(struct annotations *a, struct notes *to, const struct str *query)
{
	for (size_t i = 0; i < a->list.n; i++) {
		const struct annotation *note = a->list.v[i];
		if (!query) {
			notes_add(to, note->kind, "%.*s", STR_FMT(note->text));
			continue;
		}
		struct text_position at = text_position(*query, note->at.start);
		notes_add(to, note->kind, "%.*s (%u:%u)", STR_FMT(note->text), at.line, at.column);
	}
	map_clear(&a->by_text);
	a->list.n = 0;
}
