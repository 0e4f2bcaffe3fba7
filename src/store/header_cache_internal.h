/* header_cache_internal.h - what the parts of the header cache share: header_file.c makes and opens
 * headers, header_load.c has it done once for all who want one, header_cache.c keeps the open ones.
 */
#ifndef STORE_HEADER_CACHE_INTERNAL_H
#define STORE_HEADER_CACHE_INTERNAL_H

#include "base/ctx.h"
#include "base/lock.h"
#include "base/pool.h"
#include "store/header_cache.h"
#include "store/watched_source.h"

#include <stdatomic.h>

struct header_load;

struct block_header {
	struct source_watcher watcher; /* of the index; first, so that the two pointers convert */
	struct header_cache *cache;
	struct ulid id;
	int64_t index_bytes; /* 0: not known */
	_Atomic size_t n_refs;
	_Atomic int64_t used_ms;
	_Atomic bool is_dropped;
	_Atomic bool is_broken;

	/* Guarded by the cache's mutex. */
	struct index_header *open; /* NULL: not open */
	struct byte_source *index; /* the whole index, in the bucket, while it is open */
	struct header_load *load;  /* waiting for a thread, or under way; NULL: none */
	size_t open_bytes;
	size_t n_users;
	int64_t idle_since_ns;
	struct block_header *newer, *older; /* open ones nobody uses, in the order of last use */
};

/* Making or opening one header. Guarded by the cache's mutex. */
struct header_load {
	struct block_header *of; /* a reference */
	enum header_goal goal;
	bool is_urgent;
	bool is_done;
	size_t n_refs;   /* the work's own, and of each who waits */
	size_t n_askers; /* of those who wait, who will use it: each gets its use with the end */
	enum header_goal reached;
	bool is_void;      /* the block was dropped meanwhile: it is to be tried again in memory */
	bool is_in_folder; /* it works there now */
	struct ctx *ctx;
	struct err err; /* ERR_OK: it went well */
	pthread_cond_t ended;
	struct header_load *next; /* waiting for a thread */
};

struct header_metrics {
	struct counter *loads, *load_failures, *unloads;
	struct histogram_metric *lazy_load_seconds, *load_seconds, *download_seconds;
};

struct header_cache {
	struct header_cache_options options;
	struct header_metrics metrics;
	struct pool *pool;
	struct ctx *ctx; /* of all loads */
	struct mutex mu;
	size_t used_bytes; /* of all open headers */
	size_t n_open, n_open_max;
	struct block_header *newest; /* of those that nobody uses */
	struct block_header *oldest;
	struct header_load *first; /* waiting for a thread */
	struct header_load **last;
};

/* The index is in use from now on. With mu held, and the header open. */
void header_begin_use(struct header_cache *c, struct block_header *h);
/* Opened just now, by this many who will use it. With mu held. */
void header_add_open(struct header_cache *c, struct block_header *h, struct index_header *open,
		     size_t n_users);
/* Without mu: nobody has it any more. */
void header_free(struct block_header *h);
void header_observe_since(struct header_cache *c, struct histogram_metric *m, int64_t start_ns);

/* --- header_file.c -------------------------------------------------------------------------- */

/* Where its file is, or is to be; NULL: it is kept in memory. The caller's to free(). */
char *header_path(const struct block_header *h);
void header_remove_folder(const struct block_header *h);
/* Make it, open it: what `goal` says. Without a path in memory. *open stays NULL where its file was
 * all that was wanted. */
bool header_reach(struct block_header *h, const char *path, enum header_goal goal, struct ctx *ctx,
		  struct index_header **open, struct err *err);

/* --- header_load.c -------------------------------------------------------------------------- */

struct load_wish {
	enum header_goal goal;
	bool is_urgent;
	bool to_use; /* the header is to be used then: header_begin_use() was called */
};

/* Until the goal is reached, by this caller's wish or another's. */
bool header_load(struct block_header *h, struct load_wish wish, struct ctx *ctx, struct err *err);
/* Whoever works in the folder of a dropped block stops. */
void header_load_stop(struct block_header *h);

#endif
