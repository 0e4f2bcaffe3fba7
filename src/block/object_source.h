/* object_source.h - an object of a bucket as bytes to read anywhere (tsdb/byte_source.h). */
#ifndef BLOCK_OBJECT_SOURCE_H
#define BLOCK_OBJECT_SOURCE_H

#include "model/bucket.h"
#include "tsdb/byte_source.h"

/* `size_bytes` is the object's. Each read, and each copy, is one request to the bucket, which
 * outlives the source. The name is copied. An object that is shorter than that gives ERR_CORRUPT.
 */
struct byte_source *object_source_new(struct bucket *b, struct str name, uint64_t size_bytes);

#endif
