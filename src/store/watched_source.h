/* watched_source.h - a byte source that tells when a read finds nothing there: the block was
 * deleted, or is half gone.
 */
#ifndef STORE_WATCHED_SOURCE_H
#define STORE_WATCHED_SOURCE_H

#include "tsdb/byte_source.h"

struct source_watcher {
	void (*on_missing)(struct source_watcher *w);
};

/* Takes `inner`. The watcher outlives it. */
struct byte_source *watched_source_new(struct byte_source *inner, struct source_watcher *watcher);

#endif
