/* remote_engines.h - other queriers that each see a part of all series, and can evaluate a query
 * over their part.
 */
#ifndef PROMQL_REMOTE_ENGINES_H
#define PROMQL_REMOTE_ENGINES_H

#include "model/query_service.h"

struct remote_engine {
	const char *address; /* for messages */
	struct query_service *service;
	/* What it has samples of: all of it between these times. */
	int64_t min_t_ms;
	int64_t max_t_ms;
	/* The label sets of its databases, without those that tell replicas apart. */
	const struct labels *label_sets;
	size_t n_label_sets;
	/* The part of each that says which share of all series this is. */
	const struct labels *partition_sets;
	size_t n_partition_sets;
};

/* Those of one query, ascending by min_t_ms. */
struct remote_engines {
	const struct remote_engine *v;
	size_t n;
	/* What is asked of each, but for text and times. With partial_response one that fails is a
	 * warning. */
	struct query_request request;
};

#endif
