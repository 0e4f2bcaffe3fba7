/* prefixed.h - a folder of a bucket, as a bucket. */
#ifndef OBJSTORE_PREFIXED_H
#define OBJSTORE_PREFIXED_H

#include "model/bucket.h"

/* Takes `inner` on success. Slashes around `prefix` do not count; when nothing is left, *out is
 * `inner`. Fails with ERR_INVALID when the prefix could not be part of an object's name. */
bool prefixed_bucket_new(struct bucket *inner, struct str prefix, struct bucket **out,
			 struct err *err);

#endif
