/* gathered_marks.h - which blocks of a view carry a mark: no-compact, no-downsample.
 *
 * A filter that drops nothing. Threads: one fetch at a time; what was gathered does not change
 * between two fetches.
 */
#ifndef BLOCK_GATHERED_MARKS_H
#define BLOCK_GATHERED_MARKS_H

#include "block/filters.h"
#include "block/markers.h"

struct gathered_marks {
	struct block_filter base; /* first, so that the two pointers convert */
	struct bucket *bucket;
	enum mark_kind kind;
	unsigned concurrency;
	struct logger *logger; /* may be NULL */
	VEC(struct ulid) ids;  /* ascending */
};

/* A mark that cannot be parsed is none; one of another version is an error. */
void gathered_marks_init(struct gathered_marks *g, struct bucket *bucket, enum mark_kind kind,
			 unsigned concurrency, struct logger *logger);
void gathered_marks_done(struct gathered_marks *g);

bool gathered_marks_has(const struct gathered_marks *g, struct ulid id);

#endif
