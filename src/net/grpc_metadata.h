/* grpc_metadata.h - what travels beside a gRPC call's messages: keys and values, the timeout, and
 * how messages are compressed.
 *
 * Keys are lower case. The value of a key that ends in "-bin" is any bytes and travels as base64;
 * here it is always the bytes. A repeated key appears repeatedly.
 */
#ifndef NET_GRPC_METADATA_H
#define NET_GRPC_METADATA_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
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

/* May be sent: the key is [0-9a-z_.-]+ and not one that gRPC or HTTP/2 uses itself, the value is
 * printable ASCII unless the key ends in "-bin". */
bool grpc_metadata_check(const struct grpc_pair *pair, struct err *err);
bool grpc_metadata_is_reserved(struct str key);

/* One pair on its way out (the value's text is in `a` or borrowed), and one as it came in, copied
 * to `a`. Fails with ERR_INVALID when a -bin value is not base64. */
struct str grpc_metadata_text(const struct grpc_pair *pair, struct arena *a);
bool grpc_metadata_read(struct str name, struct str text, struct arena *a, struct grpc_pair *out,
			struct err *err);

/* grpc-timeout: at most 8 digits and one of H M S m u n. Writing rounds up and yields at least 1n;
 * reading caps at INT64_MAX. */
enum { GRPC_TIMEOUT_TEXT_MAX = 16 };
void grpc_timeout_write(int64_t timeout_ns, char out[GRPC_TIMEOUT_TEXT_MAX]);
bool grpc_timeout_read(struct str text, int64_t *timeout_ns);

enum grpc_compression {
	GRPC_COMPRESSION_NONE,
	GRPC_COMPRESSION_SNAPPY, /* the framed format, a stream per message */
};

/* The values of grpc-encoding, and of grpc-accept-encoding for all we know. */
#define GRPC_ACCEPT_ENCODING "identity,snappy"
const char *grpc_compression_name(enum grpc_compression compression);
bool grpc_compression_parse(struct str name, enum grpc_compression *out);

#endif
