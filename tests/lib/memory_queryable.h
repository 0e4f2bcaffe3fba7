/* memory_queryable.h - a queryable over series in memory, for tests of whatever evaluates PromQL.
 */
#ifndef TESTS_LIB_MEMORY_QUERYABLE_H
#define TESTS_LIB_MEMORY_QUERYABLE_H

#include "model/queryable.h"

struct memory_queryable;

struct memory_queryable *memory_queryable_new(void);
void memory_queryable_free(struct memory_queryable *mq); /* NULL is fine */
CLEANUP_DEFINE(struct memory_queryable, memory_queryable_free)

/* Valid as long as `mq` is; closing it does nothing. */
struct queryable *memory_queryable(struct memory_queryable *mq);

/* Copied. Samples of a series that is there already are appended; they must be newer, false
 * otherwise. */
bool memory_queryable_add(struct memory_queryable *mq, struct labels labels,
			  const struct samples *samples);

#endif
