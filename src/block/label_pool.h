/* label_pool.h - label sets that are kept, each once: most blocks of a bucket have the external
 * labels of some other.
 *
 * Threads: any number.
 */
#ifndef BLOCK_LABEL_POOL_H
#define BLOCK_LABEL_POOL_H

#include "model/labels.h"

/* Never changes. */
struct shared_labels {
	struct labels labels;
	struct str key; /* labels_key() of them */
	_Atomic size_t n_refs;
	_Alignas(8) char data[]; /* what the others point to */
};

struct shared_labels *shared_labels_ref(struct shared_labels *s);
void shared_labels_unref(struct shared_labels *s); /* NULL is fine */

struct label_pool;

struct label_pool *label_pool_new(void);
void label_pool_free(struct label_pool *p); /* label sets in use live on; NULL is fine */

/* A reference to the set that equals `ls`. */
struct shared_labels *label_pool_get(struct label_pool *p, struct labels ls);
/* Forget those that nobody else holds. */
void label_pool_sweep(struct label_pool *p);
size_t label_pool_count(struct label_pool *p);

#endif
