/* bucket_view.h - all blocks of a bucket that count, or a failure. */
#ifndef TOOLS_BUCKET_VIEW_H
#define TOOLS_BUCKET_VIEW_H

#include "base/log.h"
#include "block/block_view.h"
#include "block/filters.h"

enum { BUCKET_VIEW_CONCURRENCY = 32 };

/* Unlike what a service does, a view with a block missing whose meta.json cannot be had is a
 * failure. *out is the caller's, to end with block_view_done(). */
bool bucket_view_fetch(struct bucket *b, struct ctx *ctx, struct block_filter *const *filters,
		       size_t n_filters, struct logger *logger, struct block_view *out,
		       struct err *err);

#endif
