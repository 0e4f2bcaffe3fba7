/* notes.h - what is worth saying about an answer that is not a failure: warnings and infos.
 *
 * Travels beside `err`, from the store to the API answer. Equal texts are kept once.
 *
 * Threads: all functions may be called from any thread.
 */
#ifndef BASE_NOTES_H
#define BASE_NOTES_H

#include "base/str.h"

#include <pthread.h>

enum note_kind {
	NOTE_WARNING,        /* the answer is incomplete: a store failed, results were truncated */
	NOTE_PROMQL_WARNING, /* a PromQL annotation: the answer may not mean what the user thinks */
	NOTE_PROMQL_INFO,
};

struct note {
	enum note_kind kind;
	char *text; /* owned by the notes */
};

struct notes {
	pthread_mutex_t mu;
	struct note *v; /* guarded by mu; in order of arrival */
	size_t n;
	size_t cap;
	size_t n_dropped; /* beyond NOTES_MAX */
};

enum { NOTES_MAX = 1000 };

void notes_init(struct notes *notes);
void notes_done(struct notes *notes);

/* `notes` may be NULL: the note is dropped. */
void notes_add(struct notes *notes, enum note_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void notes_add_all(struct notes *to, struct notes *from);
size_t notes_count(struct notes *notes, enum note_kind kind);
/* The i-th one in order of arrival; false beyond the last. The text lives as long as `notes`. */
bool notes_get(struct notes *notes, size_t i, struct note *out);

#endif
