/* tracker.h - memory budgets: operator -> query -> process.
 *
 * A tracker counts the bytes charged to it and to the trackers below it. Charging never fails, so
 * that code which allocates stays simple; whoever produces data asks tracker_check() between two
 * pieces of work (one series, one page of postings), and tracker_reserve() before a single large
 * piece whose size comes from outside. A query is thus over its limit by at most one piece.
 *
 * Where several trackers share the limit of the one above them, it is those that use more than
 * their share who fail: what that one does not use itself, divided by the number of trackers that
 * hold anything. As long as the limit is passed there is one of them, and who needs little is not
 * hurt by who needs much.
 *
 * Threads: all functions may be called from any thread.
 */
#ifndef BASE_TRACKER_H
#define BASE_TRACKER_H

#include "base/err.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct tracker {
	struct tracker *parent; /* may be NULL; outlives this one */
	const char *name;       /* in the error: "query", "process"; borrowed */
	const char *limit_name; /* in the error: the flag that sets the limit; borrowed */
	int64_t limit_bytes;    /* 0: no limit */
	_Atomic int64_t used_bytes;
	_Atomic int64_t peak_bytes;
	_Atomic int64_t own_bytes; /* charged to it and not to one below */
	_Atomic int64_t n_users;   /* trackers directly below that hold something */
};

void tracker_init(struct tracker *t, struct tracker *parent, const char *name,
		  const char *limit_name, int64_t limit_bytes);
/* Gives what is still charged here back to the parents. */
void tracker_done(struct tracker *t);

/* `t` may be NULL: nothing is counted. */
void tracker_charge(struct tracker *t, int64_t bytes);
void tracker_release(struct tracker *t, int64_t bytes);

/* Fails with ERR_LIMIT, naming the limit, when this tracker is over, or one above it that it uses
 * more than its share of. */
bool tracker_check(const struct tracker *t, struct err *err);
/* Fails when `bytes` more would be over; charges nothing: whoever allocates them does. */
bool tracker_room(const struct tracker *t, int64_t bytes, struct err *err);
/* Fails, charging nothing, when `bytes` more would be over. On success they are charged. */
bool tracker_reserve(struct tracker *t, int64_t bytes, struct err *err);

#endif
