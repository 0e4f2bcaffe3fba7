/* snappy.h - snappy in its two shapes: one block, and the framed stream.
 *
 * Blocks: remote read and remote write. Frames: gRPC messages, the index cache and Prometheus' logs
 * (github.com/google/snappy, framing_format.txt). Everything is appended to a buf, whose maximum is
 * the limit on the decoded size: it is checked before memory is taken, and ERR_LIMIT beyond it.
 * Broken input is ERR_CORRUPT. After a failure the buf may hold a part of the output.
 */
#ifndef CODEC_SNAPPY_H
#define CODEC_SNAPPY_H

#include "base/buf.h"
#include "base/err.h"

bool snappy_decode(struct str block, struct buf *out, struct err *err);
bool snappy_encode(struct str bytes, struct buf *out, struct err *err);

/* A whole stream; an empty one is no bytes. Stops when the buf's tracker is over its limit. */
bool snappy_decode_frames(struct str stream, struct buf *out, struct err *err);
bool snappy_encode_frames(struct str bytes, struct buf *out, struct err *err);

#endif
