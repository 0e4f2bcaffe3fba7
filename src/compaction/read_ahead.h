/* read_ahead.h - a source from afar that is read front to back: while one piece of it is used, the
 * next one is fetched by another thread.
 *
 * Threads: unlike other sources, one belongs to one thread.
 */
#ifndef COMPACTION_READ_AHEAD_H
#define COMPACTION_READ_AHEAD_H

#include "base/pool.h"
#include "tsdb/byte_source.h"

/* Takes `src`. The pool, whose task the reader is not, and `ctx` outlive it. Going backwards works,
 * and waits. Two pieces are held
 * from the first read to the one that reaches the end. */
struct byte_source *read_ahead_new(struct byte_source *src, size_t piece_bytes, struct pool *pool,
				   struct ctx *ctx);

#endif
