/* header_cache.h - the index-headers of many blocks, on demand.
 *
 * A header is the part of a block's index that every query needs: `block/index_header.h`. It is
 * made from the bucket when it is wanted for the first time, kept in a file where there is a data
 * folder, opened when it is used, and closed again, least recently used first, when the open ones
 * take more memory than they may, or when nobody used it for a while.
 *
 * A header is made and opened by one thread at a time, however many want it, on threads of the
 * cache: whoever waits may go away, the work goes on for the others and for later.
 *
 * Threads: all functions but those that make and free may be called from any thread.
 */
#ifndef STORE_HEADER_CACHE_H
#define STORE_HEADER_CACHE_H

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/tracker.h"
#include "block/index_header.h"
#include "model/bucket.h"
#include "model/ulid.h"

struct header_cache;
struct block_header;

/* Pointers are borrowed until the cache is freed. */
struct header_cache_options {
	struct bucket *bucket;
	const char *data_dir;    /* headers are <data_dir>/<ULID>/index-header; NULL: in memory */
	size_t budget_bytes;     /* of open headers; 0: 256 MiB */
	unsigned n_threads;      /* that make and open headers; 0: 20 */
	unsigned keep_every;     /* as in index_postings_open() */
	int64_t idle_timeout_ms; /* after which header_cache_close_idle() closes; 0: never */
	struct tracker *memory;  /* charged for open headers; may be NULL */
	struct clock *clock;     /* NULL: the system's */
	struct metrics *metrics; /* thanos_bucket_store_indexheader_*; may be NULL */
	struct logger *logger;   /* may be NULL */
	/* Called, without locks, when a header turns out not to be usable, or usable again. */
	void (*on_health)(void *arg);
	/* Called when an object of a block was not there. */
	void (*on_missing)(void *arg, struct ulid id);
	void *arg;
};

struct header_cache *header_cache_new(const struct header_cache_options *options);
/* Ends the work that is under way. Later wishes fail with ERR_CANCELED. */
void header_cache_stop(struct header_cache *c);
/* After all headers were given back. NULL is fine. */
void header_cache_free(struct header_cache *c);
CLEANUP_DEFINE(struct header_cache, header_cache_free)

/* Close what nobody used for the idle timeout, and what is beyond the budget now. */
void header_cache_close_idle(struct header_cache *c);
/* Whether opening more headers before they are asked for does no harm: they take less than half of
 * what they may. */
bool header_cache_has_room(struct header_cache *c);

/* --- one block's -------------------------------------------------------------------------- */

/* `index_bytes` is the size of the block's index, 0 where it is not known. */
struct block_header *block_header_new(struct header_cache *c, struct ulid id, int64_t index_bytes);
void block_header_unref(struct block_header *h); /* NULL is fine */

/* Open for as long as it is used; block_header_put() must follow. NULL on failure. The wait ends
 * with `ctx`, the work does not. */
const struct index_header *block_header_get(struct block_header *h, struct ctx *ctx,
					    struct err *err);
void block_header_put(struct block_header *h);
/* The index in the bucket, while the header is open. Borrowed. */
struct byte_source *block_header_index(struct block_header *h);

enum header_goal {
	HEADER_ON_DISK, /* its file is there; the same as HEADER_OPEN without a data folder */
	HEADER_OPEN,
};

/* Wait until it is done: for who prepares headers. Those that a request wants come first. */
bool block_header_prepare(struct block_header *h, enum header_goal goal, struct ctx *ctx,
			  struct err *err);
/* Whether its file is there; false without a data folder. */
bool block_header_is_on_disk(const struct block_header *h);

/* The index cannot be used: the last attempt found it damaged, of a kind that is not known, or
 * missing. An attempt that succeeds heals it. */
bool block_header_is_broken(const struct block_header *h);
/* When a request last used it, in wall time; 0: never. */
int64_t block_header_used_ms(const struct block_header *h);
void block_header_set_used_ms(struct block_header *h, int64_t used_ms);

/* An object of the block was not there. */
void block_header_tell_missing(struct block_header *h);

/* The block is gone: its folder is removed. Requests that still have it go on in memory. */
void block_header_drop(struct block_header *h);

#endif
