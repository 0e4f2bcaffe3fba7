/* isolation.h - readers see a transaction whole, or nothing of it.
 *
 * Each append has a number. A reader notes at its beginning which appends are under way; it does
 * not see them, nor later ones. A series remembers the numbers of its newest samples, as long as
 * there may be somebody who does not see one of them: `append_ids`, in order, so that what a reader
 * sees of a series is all but some samples at the end.
 *
 * Threads: `isolation` from any; an `append_ids` belongs to who holds the lock of its series.
 */
#ifndef HEAD_ISOLATION_H
#define HEAD_ISOLATION_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct isolation;

struct isolation *isolation_new(void);
void isolation_free(struct isolation *s); /* nothing is open any more; NULL is fine */
CLEANUP_DEFINE(struct isolation, isolation_free)

/* An append under way. */
struct append_ticket {
	uint64_t id; /* from 1 on, ascending */
	struct append_ticket *older, *newer;
};

void isolation_begin_append(struct isolation *s, struct append_ticket *t);
/* From now on readers that begin see it. */
void isolation_end_append(struct isolation *s, struct append_ticket *t);

/* A reader: what it does not see. */
struct read_view {
	uint64_t max_id;    /* nothing beyond */
	uint64_t oldest_id; /* all before it is seen */
	uint64_t *hidden;   /* those under way when it began, ascending */
	size_t n_hidden;
	struct read_view *older, *newer;
};

void isolation_begin_read(struct isolation *s, struct read_view *v);
void isolation_end_read(struct isolation *s, struct read_view *v);
bool read_view_sees(const struct read_view *v, uint64_t id);

/* Appends before this number are seen by all readers there are and will be. */
uint64_t isolation_settled(struct isolation *s);

/* Of the newest samples of a series, the oldest first. */
struct append_ids {
	uint64_t *v; /* a ring; NULL when empty */
	uint32_t first;
	uint32_t n;
	uint32_t cap; /* a power of two */
};

void append_ids_add(struct append_ids *ids, uint64_t id);
/* Forget those that all see. */
void append_ids_forget(struct append_ids *ids, uint64_t settled);
void append_ids_done(struct append_ids *ids);
/* How many of the newest samples the reader does not see. */
size_t append_ids_count_hidden(const struct append_ids *ids, const struct read_view *v);

#endif
