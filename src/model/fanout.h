/* fanout.h - what a query got from which store, noted while it comes.
 *
 * Threads: the functions may be called from any thread. A share is counted by whoever reads its
 * stream, and looked at when the streams have ended.
 */
#ifndef MODEL_FANOUT_H
#define MODEL_FANOUT_H

#include "base/cleanup.h"
#include "base/lock.h"
#include "model/series.h"

struct series_count {
	uint64_t n_series;
	uint64_t n_chunks;
	uint64_t n_samples; /* in XOR chunks, whose header tells */
};

void series_count_add(struct series_count *c, const struct series *s);
void series_count_add_all(struct series_count *c, const struct series_count *other);

/* Of one store, for one selector of a query. */
struct store_share {
	const char *address;
	uint32_t selector; /* select_hints.selector */
	struct series_count count;
	uint64_t n_messages; /* as they came over the wire */
	uint64_t message_bytes;
	int64_t asked_ns; /* by a monotonic clock ... */
	int64_t ended_ns; /* ... 0: it has not */
};

struct fanout {
	struct mutex mu;
	struct arena *arena; /* guarded by mu, as the rest */
	struct {
		struct store_share **v;
		size_t n, cap;
	} shares;
	struct series_count merged; /* what was left when stores that have the same were merged */
};

void fanout_init(struct fanout *f);
void fanout_done(struct fanout *f);

/* A NULL fanout gives NULL. The share lives as long as the fanout. */
struct store_share *fanout_add(struct fanout *f, const char *address, uint32_t selector);
void fanout_add_merged(struct fanout *f, const struct series_count *count);

#endif
