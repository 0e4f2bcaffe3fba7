/* inmem.h - a bucket in memory, for tests and tools. */
#ifndef OBJSTORE_INMEM_H
#define OBJSTORE_INMEM_H

#include "base/clock.h"
#include "model/bucket.h"

/* `clock` tells when an object was modified; it outlives the bucket. */
struct bucket *inmem_bucket_new(struct clock *clock);

#endif
