/* http_client.h - HTTP client for worker threads: blocking calls over libcurl on a loop thread.
 *
 * A client keeps connections for reuse; it is made once per peer or configuration. A call can be
 * streamed in both directions with bounded memory: what the caller does not take holds the peer
 * back.
 *
 * Threads: a client may be used by any number of threads, a call by one at a time; none of them a
 * loop's.
 */
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/ctx.h"
#include "base/iter.h"
#include "net/http_message.h"
#include "net/tls.h"

struct http_call;
struct http_client;
struct loop;

enum http_redirects {
	HTTP_REDIRECTS_REFUSED, /* a 3xx is the answer: object stores */
	HTTP_REDIRECTS_FOLLOWED /* at most 10, as Go does: APIs of Prometheus */
};

/* All copied; NULL and 0: not given, or the default in brackets. */
struct http_client_options {
	struct tls_settings tls; /* its versions, ca, certificate, key, server_name, skip_verify */
	const char *username, *password, *password_file; /* basic authentication */
	const char *bearer_token, *bearer_token_file;    /* files are read again per request */
	const char *proxy_url;                           /* "": none [HTTP_PROXY and its family] */
	const char *user_agent;                          /* [athanor/VERSION] */
	enum http_redirects redirects;
	size_t max_idle_connections;     /* [100] */
	size_t max_connections_per_host; /* [no limit] */
	int64_t idle_timeout_ms;         /* [90 s] */
	int64_t connect_timeout_ms;      /* with TLS [30 s] */
	int64_t response_timeout_ms;     /* from the request's end to the head [no limit] */
	int64_t stall_timeout_ms;        /* a body that does not move at all [2 min] */
	bool disable_compression;        /* do not ask for gzip */
};

struct http_client *http_client_new(struct loop *loop, const struct http_client_options *options,
				    struct err *err);
/* Its calls are closed. */
void http_client_free(struct http_client *client); /* NULL is fine */
CLEANUP_DEFINE(struct http_client, http_client_free)

/* The strings and the body are borrowed until the call is closed. */
struct http_call_request {
	const char *method; /* NULL: GET */
	const char *url;
	const struct http_header *headers;
	size_t n_headers;
	struct str body;   /* the whole of it... */
	bool body_follows; /* ...or it comes by http_call_write() */
	int64_t body_size; /* of one that follows; -1: not known, sent in chunks */
	/* The answer's body as it was sent, whatever its Content-Encoding; gzip is not asked for.
	 */
	bool keeps_encoding;
};

struct http_call_response {
	int status;
	struct http_headers headers; /* names in lower case; lives as long as the call */
	const char *url;             /* the one that answered, after redirects */
	/* How often the request went out: for each redirect, and once more where a connection that
	 * had been kept turned out to be closed, which curl does not tell otherwise. */
	unsigned n_sent;
};

/* Starts sending. `ctx` outlives the call; when it is done, everything below fails with its reason
 * and the transfer is ended. */
struct http_call *http_call_start(struct http_client *client, struct ctx *ctx,
				  const struct http_call_request *request, struct err *err);

/* The next bytes of a body that follows; waits while the peer is behind. */
bool http_call_write(struct http_call *call, const void *p, size_t n, struct err *err);

/* Ends the request's body if it follows, and waits for status and headers. An HTTP error status is
 * an answer here, not a failure. Failing to connect, or losing the connection, is ERR_UNAVAILABLE.
 */
bool http_call_response(struct http_call *call, struct http_call_response *out, struct err *err);

/* The next piece of the answer's body, decompressed; borrowed until the next call. At most some
 * hundred KiB wait here; the transfer stops until they are taken. */
enum iter_result http_call_read(struct http_call *call, struct str *piece, struct err *err);

/* Ends the transfer, wherever it is. NULL is fine. */
void http_call_close(struct http_call *call);
CLEANUP_DEFINE(struct http_call, http_call_close)

/* All of it: the body goes into *body within its maximum (ERR_LIMIT beyond). `status` may be NULL:
 * then all but 2xx is a failure whose code follows from the status and whose text has the start of
 * the body. */
bool http_fetch(struct http_client *client, struct ctx *ctx,
		const struct http_call_request *request, int *status, struct buf *body,
		struct err *err);

#endif
