/* err.h - a failure: what was attempted, on what, and what was found, in one line.
 *
 * A bug is an assertion; a failure is `false` (or NULL, or ITER_ERROR) and a filled struct err.
 * Functions take `struct err *err` last and touch it only on failure. No function both logs and
 * returns an error.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

/* What the caller may want to *do* about a failure; the message says the rest.
 * base/err_table.h maps these to HTTP and the API, net/grpc_status.h to gRPC. */
enum err_code {
	ERR_OK = 0,
	ERR_INVALID,     /* the input is wrong: HTTP 400, gRPC INVALID_ARGUMENT */
	ERR_NOT_FOUND,   /* absent, and absence is an answer: 404 */
	ERR_CORRUPT,     /* stored bytes break their format: quarantine the block */
	ERR_UNAVAILABLE, /* a peer or bucket did not answer: retry, or partial response */
	ERR_TIMEOUT,     /* the deadline passed */
	ERR_CANCELED,    /* the caller went away */
	ERR_LIMIT,       /* a configured limit refused the work: 422, RESOURCE_EXHAUSTED */
	ERR_EXISTS,      /* it is there already, and was to be created: gRPC ALREADY_EXISTS */
	ERR_ABORTED,     /* a peer gave up on the whole request: gRPC ABORTED */
	ERR_UNSUPPORTED, /* nothing here does that: gRPC UNIMPLEMENTED */
	ERR_EXECUTION,   /* the query is well formed but cannot be evaluated: 422 */
	ERR_INTERNAL,
	ERR_N_CODES,
};

/* Lives on the caller's stack; holds no heap memory, so it never needs freeing. */
struct err {
	enum err_code code;
	char msg[1024];
};

#define ERR_INIT                                                                                   \
	(struct err)                                                                               \
	{                                                                                          \
		.code = ERR_OK                                                                     \
	}

/* Set code and message. Always returns false, so that a failing function ends with
 * `return err_set(err, ERR_CORRUPT, "magic 0x%08x, want 0x%08x", got, want);`. */
bool err_set(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), nonnull(1)));

/* As err_set, with ": " and the text of `errnum` at the end. The code follows from it: ENOENT is
 * ERR_NOT_FOUND, ETIMEDOUT is ERR_TIMEOUT, EEXIST is ERR_EXISTS, all others ERR_INTERNAL. */
bool err_set_errno(struct err *err, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), nonnull(1)));

/* Put "<formatted>: " before the message; the code stays. Always returns false. */
bool err_wrap(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), nonnull(1)));

#endif
