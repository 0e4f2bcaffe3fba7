/* arena.h - memory that lives and dies together, charged to a tracker.
 *
 * Allocation is a pointer bump and does not fail; the tracker is charged page by page and asked
 * about its limit by whoever produces data (tracker.h). A loop inside a request marks and rewinds.
 *
 * Threads: an arena belongs to one thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/cleanup.h"
#include "base/str.h"
#include "base/tracker.h"

#include <stdarg.h>

struct arena;
struct arena_page;

struct arena_mark {
	struct arena_page *page;
	size_t used;
};

/* `tracker` may be NULL and otherwise outlives the arena. Nothing is allocated before first use. */
struct arena *arena_new(struct tracker *tracker);
void arena_free(struct arena *a); /* NULL is fine */
CLEANUP_DEFINE(struct arena, arena_free)

struct tracker *arena_tracker(const struct arena *a);

/* Aligned for any type; not zeroed. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((returns_nonnull));
/* n * size bytes, zeroed; stops the process if the product overflows. */
void *arena_calloc(struct arena *a, size_t n, size_t size) __attribute__((returns_nonnull));
/* Make the newest allocation larger in place if possible, else copy it. */
void *arena_grow(struct arena *a, void *p, size_t old_size, size_t new_size)
    __attribute__((returns_nonnull));

struct str arena_str(struct arena *a, struct str s); /* a copy, with a NUL behind it */
char *arena_cstr(struct arena *a, struct str s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define ARENA_NEW(a, type)      ((type *)arena_calloc((a), 1, sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_calloc((a), (n), sizeof(type)))

struct arena_mark arena_mark(const struct arena *a);
/* Everything allocated since the mark is gone; up to one page is kept for reuse. */
void arena_rewind(struct arena *a, struct arena_mark mark);
/* Rewind to empty. */
void arena_clear(struct arena *a);

/* Append to an array that lives in an arena: fields v, n, cap. */
#define ARENA_PUSH(a, vec, ...)                                                                    \
	do {                                                                                       \
		if ((vec)->n == (vec)->cap) {                                                      \
			size_t cap_ = (vec)->cap ? (vec)->cap * 2 : 8;                             \
			(vec)->v = arena_grow((a), (vec)->v, (vec)->cap * sizeof(*(vec)->v),       \
					      cap_ * sizeof(*(vec)->v));                           \
			(vec)->cap = cap_;                                                         \
		}                                                                                  \
		(vec)->v[(vec)->n++] = (__VA_ARGS__);                                              \
	} while (0)

#endif
