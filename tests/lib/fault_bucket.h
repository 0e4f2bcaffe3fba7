/* fault_bucket.h - a bucket that fails when told to, for walking through every failure of a piece
 *of work:
 *
 *	for (size_t at = 0;; at++) {
 *		struct fault_bucket *faults = fault_bucket_new(inner, FAULT_CRASH, at);
 *		do_the_work(&faults->base);
 *		bool more = faults->n_operations > at;
 *		bucket_close(&faults->base);
 *		... look at what `inner` holds, do the work again without faults, look again ...
 *		if (!more)
 *			break;
 *	}
 */
#ifndef TESTS_LIB_FAULT_BUCKET_H
#define TESTS_LIB_FAULT_BUCKET_H

#include "model/bucket.h"

#include <stdatomic.h>

enum fault {
	FAULT_REQUEST_LOST, /* the operation does not happen, and fails */
	FAULT_ANSWER_LOST,  /* the operation happens, and fails */
	FAULT_CRASH,        /* it does not happen, and nothing after it does */
	FAULT_STORED_SHORT, /* a put loses its last byte, and succeeds; in one thread */
};

struct fault_bucket {
	struct bucket base;   /* first, so that the two pointers convert */
	struct bucket *inner; /* borrowed */
	enum fault fault;
	size_t fail_at;              /* the operation to fail, counted from 0 */
	_Atomic size_t n_operations; /* list, get, attrs, remove, and the commits of put */
};

/* Never fails with `fail_at` SIZE_MAX. */
struct fault_bucket *fault_bucket_new(struct bucket *inner, enum fault fault, size_t fail_at);

#endif
