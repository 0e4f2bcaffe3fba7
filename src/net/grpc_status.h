/* grpc_status.h - the outcome of a gRPC call: a code and a text, on the wire and as a struct err.
 *
 * Format: the gRPC status codes, and "HTTP2 Transport Mapping" in gRPC's PROTOCOL-HTTP2.md.
 */
#ifndef NET_GRPC_STATUS_H
#define NET_GRPC_STATUS_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

enum grpc_code {
	GRPC_OK = 0,
	GRPC_CANCELLED = 1,
	GRPC_UNKNOWN = 2,
	GRPC_INVALID_ARGUMENT = 3,
	GRPC_DEADLINE_EXCEEDED = 4,
	GRPC_NOT_FOUND = 5,
	GRPC_ALREADY_EXISTS = 6,
	GRPC_PERMISSION_DENIED = 7,
	GRPC_RESOURCE_EXHAUSTED = 8,
	GRPC_FAILED_PRECONDITION = 9,
	GRPC_ABORTED = 10,
	GRPC_OUT_OF_RANGE = 11,
	GRPC_UNIMPLEMENTED = 12,
	GRPC_INTERNAL = 13,
	GRPC_UNAVAILABLE = 14,
	GRPC_DATA_LOSS = 15,
	GRPC_UNAUTHENTICATED = 16,
	GRPC_N_CODES,
};

/* "OK", "Canceled", "InvalidArgument": as Go prints them and as the metrics' grpc_code label. */
const char *grpc_code_name(enum grpc_code code);

/* The value of a grpc-status trailer; what is not the number of a known code is GRPC_UNKNOWN. */
enum grpc_code grpc_code_parse(struct str value);

/* What a handler's failure is on the wire, and what a peer's status is to its caller. */
enum grpc_code grpc_code_of_err(enum err_code code);
enum err_code grpc_err_code(enum grpc_code code);

/* A peer's message keeps its code's name: "rpc error: code = ResourceExhausted desc = ...", the
 * form that Thanos looks for in warnings. `code` is not GRPC_OK. Always returns false. */
bool grpc_status_to_err(enum grpc_code code, struct str message, struct err *err);

/* The code of a stream that ended without one: by its HTTP/2 error code, or by an answer of
 * another HTTP status than 200. */
enum grpc_code grpc_code_of_h2_error(uint32_t h2_error_code);
enum grpc_code grpc_code_of_http_status(int http_status);

/* The value of a grpc-message trailer: '%' and bytes outside of 0x20..0x7e become %XX. Decoding
 * leaves what is not a valid escape as it is. */
void grpc_message_encode(struct str message, struct buf *out);
void grpc_message_decode(struct str value, struct buf *out);

#endif
