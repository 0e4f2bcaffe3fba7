/* http_store.h - what object stores behind HTTP have in common: requests that are signed and tried
 * again, at a pace that the store's answers set, and bodies that go on where they were cut.
 *
 * Tried again, with growing and random pauses, are requests that were refused for now (408, 429,
 * 5xx) and those that got no answer. All that is sent here may be sent twice.
 *
 * Threads: a store may be used by any number of worker threads.
 */
#ifndef OBJSTORE_HTTP_STORE_H
#define OBJSTORE_HTTP_STORE_H

#include "base/byte_sink.h"
#include "base/clock.h"
#include "base/ctx.h"
#include "model/bucket.h"
#include "net/http_client.h"
#include "objstore/hedging.h"

struct http_store;

enum { STORE_MAX_HEADERS = 48 };

struct store_request {
	const char *method;
	const char *base;   /* "https://host:port"; sign() may give it */
	struct str path;    /* encoded, with its first '/' */
	struct str query;   /* encoded, without '?' */
	const char *object; /* what error messages call it: "bucket/name" */
	struct http_header headers[STORE_MAX_HEADERS]; /* names in lower case */
	size_t n_headers;
	struct str body;
};

/* Name and value are borrowed. */
void store_request_add(struct store_request *r, const char *name, struct str value);

/* "&name=value", encoded; for queries and forms. */
void store_query_add(struct buf *query, const char *name, struct str value);

/* "/name", its elements encoded and the slashes between them kept. */
void store_path_add(struct buf *path, struct str name);

/* "https://host:port" and the rest. */
struct store_url {
	const char *base;
	struct str path;  /* with its first '/'; may be empty */
	struct str query; /* without '?' */
};

/* `what` names the URL in the error, which is ERR_INVALID. In `a`. */
bool store_url_parse(struct str url, const char *what, struct arena *a, struct store_url *out,
		     struct err *err);

struct store_answer {
	int status;
	struct http_headers headers;
	struct str body;
	/* It is not the first attempt's: what was asked for may have been done before. */
	bool is_repeated;
};

/* Of an answer to HEAD: Content-Length and Last-Modified. */
struct object_attrs store_answer_attrs(const struct store_answer *answer, struct arena *a);
/* "Sun, 06 Nov 1994 08:49:37 GMT" in milliseconds; 0 when it is no date. */
int64_t store_parse_date(struct str text, struct arena *a);

struct http_store_options {
	const char *kind; /* "S3": begins error messages */
	int max_retries;
	struct clock *clock;
	/* Adds what authenticates the request, anew for each attempt; what it makes lives in `a`.
	 * NULL: nothing does. */
	bool (*sign)(void *arg, struct ctx *ctx, struct store_request *r, struct arena *a,
		     struct err *err);
	/* The store's own words about a failure: "NoSuchKey: The key does not exist". Empty when
	 * the answer has none. In `a`. */
	struct str (*explain)(const struct store_answer *answer, struct arena *a);
	/* Whether to ask again after this answer, which is no success: something was learned from
	 * it. May be NULL. */
	bool (*learn)(void *arg, const struct store_answer *answer, struct arena *a);
	void *arg;
	struct hedging_config hedging; /* of GET and HEAD */
};

/* Takes the client. */
struct http_store *http_store_new(struct http_client *client,
				  const struct http_store_options *options);
void http_store_free(struct http_store *s); /* NULL is fine */
CLEANUP_DEFINE(struct http_store, http_store_free)

/* The final answer, its body within `body_max`, in `a`: a success, or a status that asking again
 * does not change. Fails when there is none. */
bool http_store_call(struct http_store *s, struct ctx *ctx, const struct store_request *r,
		     size_t body_max, struct arena *a, struct store_answer *out, struct err *err);

/* The same, where all but 2xx is a failure. */
bool http_store_ask(struct http_store *s, struct ctx *ctx, const struct store_request *r,
		    size_t body_max, struct arena *a, struct store_answer *out, struct err *err);

/* The same for a request that makes an object. *is_doubtful: it failed, and may have been carried
 * out all the same, because an answer was lost. */
bool http_store_make(struct http_store *s, struct ctx *ctx, const struct store_request *r,
		     size_t body_max, struct arena *a, struct store_answer *out, bool *is_doubtful,
		     struct err *err);

/* The same for a request that removes: 404 to a repeated one is a success. */
bool http_store_remove(struct http_store *s, struct ctx *ctx, const struct store_request *r,
		       struct arena *a, struct err *err);

/* Bytes [offset, offset + length) of the object into the sink, by Range headers. Nothing when the
 * object ends before. No range says 0 bytes: length > 0. */
bool http_store_get(struct http_store *s, struct ctx *ctx, const struct store_request *r,
		    int64_t offset, int64_t length, struct byte_sink *sink, struct err *err);

/* "S3: GET bucket/name: 403: AccessDenied: Access Denied", with the code that follows from the
 * status. Always returns false. */
bool http_store_fail(struct http_store *s, const struct store_request *r,
		     const struct store_answer *answer, struct arena *a, struct err *err);

#endif
