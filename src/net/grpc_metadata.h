/* grpc_metadata.h - what travels beside a gRPC call's messages: keys, values and the timeout.
 *
 * Keys are lower case. The value of a key that ends in "-bin" is any bytes and travels as base64;
 * here it is always the bytes. A repeated key appears repeatedly.
 */
#ifndef NET_GRPC_METADATA_H
#define NET_GRPC_METADATA_H

#include "base/buf.h"
#include "base/str.h"

struct grpc_pair {
	struct str key;
	struct str value;
};

/* What a caller hands over: borrowed during the call it is given to. */
struct grpc_metadata {
	const struct grpc_pair *v;
	size_t n;
};

/* The key may be sent: [0-9a-z_.-]+, not of gRPC's own ("grpc-") and not a pseudo header. */
bool grpc_metadata_key_ok(struct str key);

/* grpc-timeout: at most 8 digits and one of H M S m u n. Encoding rounds up and never yields 0. */
enum { GRPC_TIMEOUT_TEXT_MAX = 16 };
void grpc_timeout_encode(int64_t timeout_ns, char out[GRPC_TIMEOUT_TEXT_MAX]);
bool grpc_timeout_decode(struct str value, int64_t *timeout_ns);

#endif
