/* sigv4.h - AWS Signature Version 4 of one request.
 *
 * Algorithm: docs.aws.amazon.com, "Authenticating Requests (AWS Signature Version 4)".
 */
#ifndef OBJSTORE_SIGV4_H
#define OBJSTORE_SIGV4_H

#include "base/arena.h"
#include "net/http_message.h"

struct sigv4_key {
	struct str access_key, secret_key;
	struct str session_token; /* empty: none */
	struct str region;
	const char *service; /* "s3", "sts" */
};

struct sigv4_request {
	const char *method;
	struct str path;                   /* encoded, as it is sent: "/bucket/a%20b" */
	struct str query;                  /* encoded, without '?', in any order */
	const struct http_header *headers; /* names in lower case, Host among them */
	size_t n_headers;
	/* The body's SHA-256 in hexadecimal, or "UNSIGNED-PAYLOAD". */
	struct str payload_sha256;
	int64_t now_ms;
};

enum { SIGV4_MAX_HEADERS = 64 };

/* The value of x-amz-date for that moment; in `a`. It must be among the headers. */
struct str sigv4_date(int64_t now_ms, struct arena *a);
/* The value of the Authorization header; in `a`. At most SIGV4_MAX_HEADERS headers. */
struct str sigv4_authorization(const struct sigv4_key *key, const struct sigv4_request *request,
			       struct arena *a);

#endif
