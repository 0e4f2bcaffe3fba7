/* sequential_source.h - a source that is read front to back in small pieces, with few reads of what
 * is below it: it reads ahead.
 *
 * Threads: unlike other sources, one belongs to one thread.
 */
#ifndef TSDB_SEQUENTIAL_SOURCE_H
#define TSDB_SEQUENTIAL_SOURCE_H

#include "tsdb/byte_source.h"

enum { SEQUENTIAL_WINDOW_BYTES = 512 << 10 };

/* Takes `src`; one in memory is given back as it is. Going backwards works, and costs a read. There
 * is a window's memory between the first read and one that reaches the end. */
struct byte_source *sequential_source_new(struct byte_source *src, size_t window_bytes);

#endif
