/* observer.h - watches a bucket: after every change of it, what a store gateway would serve is
 * compared with what it served before.
 *
 * - A sample that could once be read can be read until it is past the retention of its resolution:
 *   from a whole block that was not marked longer than half the delay ago, and is no duplicate.
 * - Raw blocks hold samples that there are and no others, in order, under their tenant's labels;
 *   downsampled ones count as many samples as went into their sources.
 * - Every block whose meta.json is there is whole.
 * - What is deleted was marked longer than the delay ago, or is the rest of an upload that nobody
 *   went on with for two days.
 * - With one compactor: no two blocks of a group overlap.
 */
#ifndef TESTS_SIMULATION_OBSERVER_H
#define TESTS_SIMULATION_OBSERVER_H

#include "block/retention.h"
#include "tests/simulation/data.h"

struct observer_options {
	struct bucket *bucket; /* without faults; borrowed */
	struct clock *clock;
	unsigned length; /* of all slots */
	int64_t delete_delay_ms;
	struct retention retention;
	bool may_overlap;
};

struct observer;

struct observer *observer_new(const struct observer_options *options);
void observer_free(struct observer *o);

/* An object was written, or is about to be removed and then was. */
void observer_saw_put(struct observer *o, struct str name);
void observer_sees_removal(struct observer *o, struct str name);
void observer_saw_removal(struct observer *o, struct str name);
/* After every operation: time alone changes what may be read. */
void observer_look(struct observer *o);
/* When all is quiet, and there was time enough: nothing is left but blocks without marks, and what
 * was uploaded of these tenants and not deleted for its age. */
void observer_look_at_end(struct observer *o);

/* What was found to be wrong first, or NULL. */
const char *observer_complaint(const struct observer *o);
/* A short name for a block's objects, the same in every run of a seed. */
struct str observer_name_of(struct observer *o, struct str object, struct arena *a);

struct observed {
	unsigned n_blocks_made;
	unsigned n_downsampled;
	unsigned n_deleted;
};
struct observed observer_tally(const struct observer *o);

#endif
