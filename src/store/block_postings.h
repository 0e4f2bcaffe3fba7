/* block_postings.h - which series of a block in a bucket satisfy matchers, from caches as far as
 * they know, and else with few requests to the bucket.
 */
#ifndef STORE_BLOCK_POSTINGS_H
#define STORE_BLOCK_POSTINGS_H

#include "store/block_request.h"
#include "tsdb/postings_answer.h"

struct block_postings {
	struct postings list;
	struct matchers deferred; /* that series have to be tried with still */
};

/* No matchers: no series. What is found lives in `a`. */
bool block_postings_find(const struct block_request *r, const struct index_header *header,
			 struct matchers matchers, const struct postings_thrift *thrift,
			 struct arena *a, struct block_postings *out, struct err *err);

#endif
