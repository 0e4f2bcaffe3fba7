/* remembering_filter.h - a filter that remembers which blocks another one drops, for who does more
 * about them than leave them out: duplicates are marked, marked blocks are deleted.
 */
#ifndef BLOCK_REMEMBERING_FILTER_H
#define BLOCK_REMEMBERING_FILTER_H

#include "block/filters.h"

struct remembering_filter {
	struct block_filter base; /* first, so that the two pointers convert */
	struct block_filter *inner;
	VEC(struct ulid) dropped; /* by the last fetch */
};

/* `inner` outlives it. */
void remembering_filter_init(struct remembering_filter *f, struct block_filter *inner);
void remembering_filter_done(struct remembering_filter *f);

#endif
