/* generate.h - one block of the imagined cluster, as one Prometheus would have scraped it. */
#ifndef BLOCKGEN_GENERATE_H
#define BLOCKGEN_GENERATE_H

#include "base/err.h"
#include "model/ulid.h"
#include "tools/blockgen/cluster.h"

struct generate_options {
	struct cluster_options cluster;
	int64_t interval_ms;
	const char *dir;
	struct labels external_labels;
	uint64_t replica; /* replicas scrape at other moments, and miss others */
};

struct generated_block {
	struct ulid id;
	uint64_t n_series;
	uint64_t n_samples;
};

/* What is scraped in [min_t_ms, max_t_ms). */
bool generate_block(const struct generate_options *options, int64_t min_t_ms, int64_t max_t_ms,
		    struct generated_block *out, struct err *err);

#endif
