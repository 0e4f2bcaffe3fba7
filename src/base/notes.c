#include "base/notes.h"

#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void notes_init(struct notes *notes)
{
	*notes = (struct notes){.mu = PTHREAD_MUTEX_INITIALIZER};
}

void notes_done(struct notes *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		free(notes->v[i].text);
	free(notes->v);
	pthread_mutex_destroy(&notes->mu);
}

static bool has(const struct notes *notes, enum note_kind kind, const char *text)
{
	for (size_t i = 0; i < notes->n; i++)
		if (notes->v[i].kind == kind && strcmp(notes->v[i].text, text) == 0)
			return true;
	return false;
}

/* Takes `text`. */
static void add(struct notes *notes, enum note_kind kind, char *text)
{
	pthread_mutex_lock(&notes->mu);
	if (has(notes, kind, text)) {
		free(text);
	} else if (notes->n == NOTES_MAX) {
		notes->n_dropped++;
		free(text);
	} else {
		if (notes->n == notes->cap) {
			notes->cap = notes->cap ? notes->cap * 2 : 8;
			notes->v = xreallocarray(notes->v, notes->cap, sizeof(*notes->v));
		}
		notes->v[notes->n++] = (struct note){kind, text};
	}
	pthread_mutex_unlock(&notes->mu);
}

void notes_add(struct notes *notes, enum note_kind kind, const char *fmt, ...)
{
	if (!notes)
		return;
	char *text;
	va_list args;
	va_start(args, fmt);
	int n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n >= 0)
		add(notes, kind, text);
}

void notes_add_all(struct notes *to, struct notes *from)
{
	if (!to)
		return;
	for (size_t i = 0; i < from->n; i++)
		add(to, from->v[i].kind, xstrdup(from->v[i].text));
}

size_t notes_count(struct notes *notes, enum note_kind kind)
{
	size_t count = 0;

	pthread_mutex_lock(&notes->mu);
	for (size_t i = 0; i < notes->n; i++)
		count += notes->v[i].kind == kind;
	pthread_mutex_unlock(&notes->mu);
	return count;
}

bool notes_get(struct notes *notes, size_t i, struct note *out)
{
	pthread_mutex_lock(&notes->mu);
	bool found = i < notes->n;
	if (found)
		*out = notes->v[i];
	pthread_mutex_unlock(&notes->mu);
	return found;
}
