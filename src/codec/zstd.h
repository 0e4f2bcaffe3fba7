/* zstd.h - Zstandard frames, for records of write-ahead logs and for remote write.
 *
 * Output is appended to a buf, whose maximum is the limit on the decoded size. Broken input is
 * ERR_CORRUPT, what does not fit ERR_LIMIT.
 */
#ifndef CODEC_ZSTD_H
#define CODEC_ZSTD_H

#include "base/buf.h"
#include "base/err.h"

bool zstd_decode(struct str frame, struct buf *out, struct err *err);
/* At zstd's fastest standard level. */
bool zstd_encode(struct str bytes, struct buf *out, struct err *err);

#endif
