/* remote_set.h - the endpoints that can evaluate a query for us: those that announce the Query API,
 * with what they announce about their data.
 *
 * The time an engine has data from is, of each of its label sets without replica labels, the latest
 * beginning of a database: one replica may have lost to retention what another still has. Of all
 * its label sets the earliest counts.
 */
#ifndef FLEET_REMOTE_SET_H
#define FLEET_REMOTE_SET_H

#include "fleet/endpoint_set.h"
#include "fleet/proxy.h"
#include "promql/remote_engines.h"

/* Of a process. What is pointed to outlives all sets. */
struct remote_options {
	struct endpoint_set *endpoints;
	/* The labels that tell the shares of the endpoints apart; none: all that are not replica
	 * labels. */
	const struct str *partition_labels;
	size_t n_partition_labels;
	/* Of the databases of a label set, the one that begins first counts. */
	bool takes_earliest;
};

/* Of one query. */
struct remote_set {
	struct remote_engines engines;
	const struct endpoints *endpoints;
	struct arena *arena;
};

/* `request` is what is asked of each engine; it and `filter` outlive the set. */
void remote_set_init(struct remote_set *set, const struct remote_options *options,
		     const struct query_request *request, const struct store_filter *filter);
void remote_set_done(struct remote_set *set);

#endif
