/* store_request_flags.h - the flags of `athanor store` about how requests are answered: what they
 * may take, and how much is fetched at once.
 */
#ifndef CMD_STORE_REQUEST_FLAGS_H
#define CMD_STORE_REQUEST_FLAGS_H

#include "cmd/common_flags.h"
#include "store/bucket_store.h"

struct request_flags {
	int64_t chunk_pool_bytes;
	int64_t downloaded_bytes_limit;
	bool lazy_postings;
	double max_lists_per_series;
	int64_t batch_series;
	uint64_t estimated_series_bytes;
	uint64_t estimated_chunk_bytes;
};

enum { N_REQUEST_FLAGS = 7 };
extern const struct flag_spec REQUEST_FLAGS[N_REQUEST_FLAGS];
/* Old names of LIMIT_FLAGS, over the same struct. */
extern const struct flag_spec OLD_LIMIT_FLAGS[2];

/* All requests together have `memory_bytes`, and `concurrency` of them are answered at once; 0: any
 * number. */
struct bucket_request_options request_options(const struct request_flags *f, int64_t memory_bytes,
					      int64_t concurrency);

#endif
