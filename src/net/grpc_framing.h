/* grpc_framing.h - gRPC messages as bytes: one flag, four bytes of size, the payload.
 *
 * Format: gRPC's PROTOCOL-HTTP2.md, "Length-Prefixed-Message". The size is big-endian; a flag of 1
 * means that the payload is compressed as the stream's grpc-encoding says.
 */
#ifndef NET_GRPC_FRAMING_H
#define NET_GRPC_FRAMING_H

#include "base/buf.h"
#include "base/err.h"
#include "base/iter.h"
#include "net/grpc_metadata.h"

enum { GRPC_PREFIX_BYTES = 5 };
#define GRPC_MESSAGE_MAX_BYTES ((size_t)INT32_MAX)

struct grpc_prefix {
	bool compressed;
	size_t size_bytes;
};

void grpc_prefix_write(struct grpc_prefix prefix, uint8_t out[GRPC_PREFIX_BYTES]);
/* Fails with ERR_CORRUPT on an unknown flag, with ERR_LIMIT on a size over `max_bytes`. */
bool grpc_prefix_read(const uint8_t in[GRPC_PREFIX_BYTES], size_t max_bytes,
		      struct grpc_prefix *out, struct err *err);

/* Puts messages together from pieces of any size. The payload's memory grows as its bytes come,
 * whatever size was announced, and is charged to the tracker. */
struct grpc_assembler {
	size_t max_bytes;
	uint8_t prefix_bytes[GRPC_PREFIX_BYTES];
	size_t n_prefix_bytes;
	struct grpc_prefix prefix; /* valid once n_prefix_bytes is GRPC_PREFIX_BYTES */
	struct buf payload;
	bool complete;
};

void grpc_assembler_init(struct grpc_assembler *a, size_t max_bytes, struct tracker *tracker);
void grpc_assembler_done(struct grpc_assembler *a);

/* Takes from the front of *bytes. ITER_VALUE: `payload` is complete, and starts anew with the next
 * call. ITER_END: *bytes is empty, the message goes on. ITER_ERROR: as grpc_prefix_read(), or
 * ERR_LIMIT when the tracker refuses more. */
enum iter_result grpc_assembler_feed(struct grpc_assembler *a, struct str *bytes, struct err *err);

/* Between two messages: nothing of the next one has come. */
bool grpc_assembler_is_idle(const struct grpc_assembler *a);

/* The message in a payload. *message points into `payload`, or into `plain`, which is cleared first
 * and whose maximum is the limit on the decoded size. */
bool grpc_payload_open(struct str payload, bool compressed, enum grpc_compression compression,
		       struct buf *plain, struct str *message, struct err *err);

#endif
