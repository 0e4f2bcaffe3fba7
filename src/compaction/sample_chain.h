/* sample_chain.h - the samples of chunks that overlap, in the order of time, each time once: of
 * samples at one time that of one chunk stays, which Prometheus' choice decides.
 */
#ifndef COMPACTION_SAMPLE_CHAIN_H
#define COMPACTION_SAMPLE_CHAIN_H

#include "compaction/order_heap.h"
#include "compaction/sample_columns.h"

struct chain_link;

struct sample_chain {
	struct chain_link *links;
	size_t n;
	struct order_heap waiting; /* links, by the sample they stand at */
	struct chain_link *now;
	int64_t last_t_ms;
	bool is_begun;
};

/* The columns outlive the chain, which lives in `a` but for its heap. */
void sample_chain_init(struct sample_chain *c, const struct sample_columns *columns, size_t n,
		       struct arena *a);
void sample_chain_done(struct sample_chain *c);

/* False at the end. A sample whose predecessor came from another chunk says nothing about a reset
 * of its counter. */
bool sample_chain_next(struct sample_chain *c, struct column_sample *out);

#endif
