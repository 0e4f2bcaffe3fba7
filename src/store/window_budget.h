/* window_budget.h - how much of the series that will be given out next is read ahead, by all
 * requests of a store together.
 *
 * Larger windows are fewer requests to the bucket. A window gets all it wants as long as that is a
 * small part of what is left, and then its share of it: nobody waits, nothing is taken back, and
 * who comes when little is left goes on with the least that was thought of for it.
 *
 * Threads: all functions may be called from any thread.
 */
#ifndef STORE_WINDOW_BUDGET_H
#define STORE_WINDOW_BUDGET_H

#include "base/tracker.h"

struct window_budget {
	int64_t limit_bytes;
	const struct tracker *memory; /* of which at most half of the rest is taken; may be NULL */
	_Atomic int64_t taken_bytes;
};

/* Takes at most `wanted_bytes`, and at least as many of them as `least_bytes`, even beyond the
 * limit. `n_sharing` is the number of blocks that the same request asks. `b` may be NULL: no one
 * gets more than the least. Give back what it says. */
int64_t window_budget_take(struct window_budget *b, int64_t wanted_bytes, int64_t least_bytes,
			   size_t n_sharing);
void window_budget_give_back(struct window_budget *b, int64_t bytes);

#endif
