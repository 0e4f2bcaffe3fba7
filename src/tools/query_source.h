/* query_source.h - where a query of the command line gets its series from: endpoints of the
 * StoreAPI and the blocks of buckets, any number of each, behind one proxy.
 *
 * Threads: as model/store_api.h.
 */
#ifndef TOOLS_QUERY_SOURCE_H
#define TOOLS_QUERY_SOURCE_H

#include "fleet/endpoint_set.h"
#include "model/bucket.h"
#include "model/time_range.h"

struct query_source;

struct query_source_options {
	/* Without specs where there are only blocks. Its pool runs all of the source's requests. */
	struct endpoint_set_options endpoints;
	struct bucket *const *buckets; /* outlive the source */
	size_t n_buckets;
	struct time_range range; /* other blocks are not opened */
	struct clock *clock;
	struct logger *logger; /* of blocks that cannot be opened; may be NULL */
};

/* Finds the blocks and opens those of the range, keeping nothing on disk, and asks every endpoint
 * what it has. What is marked for deletion is left out as a store gateway does by default. A block
 * that cannot be opened is logged and left out; an endpoint that does not answer is left to the
 * query, which warns or fails. NULL when a bucket cannot be listed, and when nothing answers. */
struct query_source *query_source_open(const struct query_source_options *options, struct ctx *ctx,
				       struct err *err);
/* No request runs any more. NULL is fine. */
void query_source_close(struct query_source *s);
CLEANUP_DEFINE(struct query_source, query_source_close)

/* A proxy (fleet/proxy.h), borrowed. */
struct store_api *query_source_store(struct query_source *s);

#endif
