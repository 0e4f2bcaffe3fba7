/* penalty.h - one series from several replicas of it, by Thanos' penalty algorithm.
 *
 * At each point the replica with the older next sample is taken, the other one is then passed over
 * for twice the distance of the last two samples: a replica is left only when it has a gap, and
 * samples of two replicas do not alternate. Three and more replicas are merged pair by pair from
 * the left.
 *
 * A replica of a counter may have missed the end of the counter before a restart. So that changing
 * to it is not taken for another restart, its values are raised from then on by what it is behind.
 */
#ifndef DEDUP_PENALTY_H
#define DEDUP_PENALTY_H

#include "model/samples.h"

enum penalty_kind {
	PENALTY_GAUGE,
	PENALTY_COUNTER,
};

/* Appended to *out; n > 0. Histograms in *out are borrowed from the replicas. */
void penalty_merge(const struct samples *replicas, size_t n, enum penalty_kind kind,
		   struct arena *a, struct samples *out);

/* The sample of one of many replicas. */
struct penalty_pick {
	size_t replica;
	size_t sample;
};

/* The samples that merging gauges takes, one after the other; only times are looked at, so that the
 * samples themselves may be anything. `replicas` are those of penalty_merge(), best in the order of
 * their first samples: those that do not overlap cost nothing, and there may be thousands. *out
 * lives in `a`. Gives the number of samples. */
size_t penalty_pick(const struct samples *replicas, size_t n, struct arena *a,
		    struct penalty_pick **out);

#endif
