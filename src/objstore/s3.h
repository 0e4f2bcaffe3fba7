/* s3.h - a bucket of Amazon S3 or of whatever speaks its protocol.
 *
 * Uploads larger than one part are multipart: they are buffered a part at a time, and what a crash
 * leaves behind is invisible.
 */
#ifndef OBJSTORE_S3_H
#define OBJSTORE_S3_H

#include "base/clock.h"
#include "model/bucket.h"
#include "objstore/s3_config.h"

struct loop;

/* `clock` and `loop` outlive the bucket, `config` may go. Nothing is asked of the store yet. */
struct bucket *s3_bucket_new(const struct s3_config *config, struct loop *loop, struct clock *clock,
			     struct err *err);

#endif
