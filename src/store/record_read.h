/* record_read.h - records of an object in a bucket that begin at known places and tell their own
 * size: entries of an index, chunks.
 *
 * Records that lie near each other are fetched with one request, whose bytes are taken apart as
 * they come: nothing is kept of a fetch but what was wanted, however long it is. The last record of
 * a fetch is thought to have the size that was estimated, and fetched again when it is longer.
 */
#ifndef STORE_RECORD_READ_H
#define STORE_RECORD_READ_H

#include "base/byte_sink.h"
#include "store/range_parts.h"

struct record_read {
	void *arg;
	/* Bytes [start, end) of the object; fewer where it ends before. `n` records are in them. */
	bool (*get)(void *arg, size_t n, uint64_t start, uint64_t end, struct byte_sink *sink,
		    struct err *err);
	/* The size of the record that begins at `p`, as far as `n` bytes tell: n + 1 or more when
	 * they are too few, 0 when the bytes are no record. */
	uint64_t (*size)(const uint8_t *p, size_t n);
	/* The i-th record; see range_part_fn for the worker. */
	bool (*on_record)(void *arg, size_t worker, size_t i, const uint8_t *p, size_t n,
			  struct err *err);
	/* A record was longer than estimated. */
	void (*refetch)(void *arg);
	/* Puts before the message which record could not be read; gives false. */
	bool (*blame)(void *arg, uint64_t place, struct err *err);
	uint64_t estimated_bytes; /* of a record at most, but for rare ones */
	size_t max_bytes;         /* beyond it a record is taken for corruption */
	struct pool *pool;        /* may be NULL */
	struct tracker *tracker;
};

/* At `places`, which ascend. */
bool record_read_all(const struct record_read *r, const uint64_t *places, size_t n,
		     struct err *err);

#endif
