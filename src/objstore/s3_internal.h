/* s3_internal.h - what the parts of the S3 client share: s3.c for reading, s3_upload.c for writing,
 * s3_headers.c for what goes with both.
 */
#ifndef OBJSTORE_S3_INTERNAL_H
#define OBJSTORE_S3_INTERNAL_H

#include "objstore/aws_credentials.h"
#include "objstore/http_store.h"
#include "objstore/s3.h"

#include <pthread.h>

struct s3_bucket {
	struct bucket base; /* first, so that the two pointers convert */
	struct s3_config config;
	struct arena *a; /* of the configuration's strings, and of what follows */
	struct http_store *store;
	struct http_client *credentials_client;
	struct aws_credentials *credentials;
	struct clock *clock;
	const char *base_url;
	struct str host;
	struct str path; /* "/bucket", or empty where the host names it */
	bool signs_payload;

	/* Headers of requests that write, and of those that name an object at all. */
	struct http_headers put_headers, object_headers;

	pthread_mutex_t mu;
	struct str region; /* guarded by mu: learned from the store's answers */
};

enum { S3_ANSWER_MAX_BYTES = 16 << 20 };

/* A request for an object; the name was checked. Strings live in `a`. */
void s3_request(struct s3_bucket *b, struct store_request *r, const char *method, struct str name,
		struct arena *a);
/* SHA-256, and MD5 where it is wanted, of the request's body. */
void s3_add_digests(struct s3_bucket *b, struct store_request *r, struct arena *a);
/* Both lists of headers, from the configuration. */
bool s3_make_headers(struct s3_bucket *b, struct err *err);
void s3_add_headers(struct store_request *r, const struct http_headers *headers);

struct bucket_writer *s3_put(struct bucket *b, struct ctx *ctx, struct str name,
			     enum bucket_put_mode mode, struct err *err);

#endif
