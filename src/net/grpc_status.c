#include "net/grpc_status.h"

#include "base/assert.h"

#include <nghttp2/nghttp2.h>

/* What a code is called, and what it is to us when a peer says it. */
static const struct {
	const char *name;
	enum err_code err;
} codes[GRPC_N_CODES] = {
    [GRPC_OK] = {"OK", ERR_OK},
    [GRPC_CANCELLED] = {"Canceled", ERR_CANCELED},
    [GRPC_UNKNOWN] = {"Unknown", ERR_INTERNAL},
    [GRPC_INVALID_ARGUMENT] = {"InvalidArgument", ERR_INVALID},
    [GRPC_DEADLINE_EXCEEDED] = {"DeadlineExceeded", ERR_TIMEOUT},
    [GRPC_NOT_FOUND] = {"NotFound", ERR_NOT_FOUND},
    [GRPC_ALREADY_EXISTS] = {"AlreadyExists", ERR_EXISTS},
    [GRPC_PERMISSION_DENIED] = {"PermissionDenied", ERR_INTERNAL},
    [GRPC_RESOURCE_EXHAUSTED] = {"ResourceExhausted", ERR_LIMIT},
    [GRPC_FAILED_PRECONDITION] = {"FailedPrecondition", ERR_INTERNAL},
    [GRPC_ABORTED] = {"Aborted", ERR_ABORTED},
    [GRPC_OUT_OF_RANGE] = {"OutOfRange", ERR_INVALID},
    [GRPC_UNIMPLEMENTED] = {"Unimplemented", ERR_UNSUPPORTED},
    [GRPC_INTERNAL] = {"Internal", ERR_INTERNAL},
    [GRPC_UNAVAILABLE] = {"Unavailable", ERR_UNAVAILABLE},
    [GRPC_DATA_LOSS] = {"DataLoss", ERR_CORRUPT},
    [GRPC_UNAUTHENTICATED] = {"Unauthenticated", ERR_INTERNAL},
};

static const enum grpc_code code_of_err[ERR_N_CODES] = {
    [ERR_OK] = GRPC_OK,
    [ERR_INVALID] = GRPC_INVALID_ARGUMENT,
    [ERR_NOT_FOUND] = GRPC_NOT_FOUND,
    [ERR_CORRUPT] = GRPC_INTERNAL,
    [ERR_UNAVAILABLE] = GRPC_UNAVAILABLE,
    [ERR_TIMEOUT] = GRPC_DEADLINE_EXCEEDED,
    [ERR_CANCELED] = GRPC_CANCELLED,
    [ERR_LIMIT] = GRPC_RESOURCE_EXHAUSTED,
    [ERR_EXISTS] = GRPC_ALREADY_EXISTS,
    [ERR_ABORTED] = GRPC_ABORTED,
    [ERR_UNSUPPORTED] = GRPC_UNIMPLEMENTED,
    [ERR_EXECUTION] = GRPC_ABORTED,
    [ERR_INTERNAL] = GRPC_INTERNAL,
};

const char *grpc_code_name(enum grpc_code code)
{
	assert(code < GRPC_N_CODES);
	return codes[code].name;
}

enum grpc_code grpc_code_of_err(enum err_code code)
{
	assert(code < ERR_N_CODES);
	return code_of_err[code];
}

enum err_code grpc_err_code(enum grpc_code code)
{
	assert(code < GRPC_N_CODES);
	return codes[code].err;
}

bool grpc_status_to_err(enum grpc_code code, struct str message, struct err *err)
{
	assert(code != GRPC_OK);
	return err_set(err, grpc_err_code(code), "rpc error: code = %s desc = %.*s",
		       grpc_code_name(code), STR_FMT(message));
}

enum grpc_code grpc_code_parse(struct str value)
{
	uint64_t n;

	if (!str_to_u64(value, &n) || n >= GRPC_N_CODES)
		return GRPC_UNKNOWN;
	return (enum grpc_code)n;
}

enum grpc_code grpc_code_of_h2_error(uint32_t h2_error_code)
{
	switch (h2_error_code) {
	case NGHTTP2_REFUSED_STREAM:
		return GRPC_UNAVAILABLE;
	case NGHTTP2_CANCEL:
		return GRPC_CANCELLED;
	case NGHTTP2_ENHANCE_YOUR_CALM:
		return GRPC_RESOURCE_EXHAUSTED;
	case NGHTTP2_INADEQUATE_SECURITY:
		return GRPC_PERMISSION_DENIED;
	default:
		return GRPC_INTERNAL;
	}
}

enum grpc_code grpc_code_of_http_status(int http_status)
{
	switch (http_status) {
	case 400:
		return GRPC_INTERNAL;
	case 401:
		return GRPC_UNAUTHENTICATED;
	case 403:
		return GRPC_PERMISSION_DENIED;
	case 404:
		return GRPC_UNIMPLEMENTED;
	case 429:
	case 502:
	case 503:
	case 504:
		return GRPC_UNAVAILABLE;
	default:
		return GRPC_UNKNOWN;
	}
}

static const char hex_digits[] = "0123456789ABCDEF";

void grpc_message_encode(struct str message, struct buf *out)
{
	for (size_t i = 0; i < message.n; i++) {
		unsigned char c = (unsigned char)message.p[i];
		if (c >= 0x20 && c <= 0x7e && c != '%') {
			buf_putc(out, (char)c);
			continue;
		}
		buf_putc(out, '%');
		buf_putc(out, hex_digits[c >> 4]);
		buf_putc(out, hex_digits[c & 15]);
	}
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

void grpc_message_decode(struct str value, struct buf *out)
{
	for (size_t i = 0; i < value.n; i++) {
		bool escape = value.p[i] == '%' && value.n - i > 2 &&
			      hex_value(value.p[i + 1]) >= 0 && hex_value(value.p[i + 2]) >= 0;
		if (!escape) {
			buf_putc(out, value.p[i]);
			continue;
		}
		buf_putc(out, (char)(hex_value(value.p[i + 1]) << 4 | hex_value(value.p[i + 2])));
		i += 2;
	}
}
