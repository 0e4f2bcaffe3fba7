/* gcs_internal.h - what the two halves of the GCS client share: gcs.c for reading, gcs_upload.c for
 * writing.
 */
#ifndef OBJSTORE_GCS_INTERNAL_H
#define OBJSTORE_GCS_INTERNAL_H

#include "objstore/gcs.h"
#include "objstore/gcs_credentials.h"
#include "objstore/http_store.h"

struct gcs_bucket {
	struct bucket base; /* first, so that the two pointers convert */
	struct arena *a;    /* of the strings below */
	struct str bucket;
	const char *base_url;
	struct http_store *store;
	struct http_client *credentials_client;
	struct gcs_credentials *credentials; /* NULL: no authentication */
	size_t chunk_bytes;
};

enum { GCS_ANSWER_MAX_BYTES = 64 << 20 };

/* A request below "/storage/v1/b/" or "/upload/storage/v1/b/"; `name` empty: the list of objects.
 * Strings live in `a`. */
void gcs_request(struct gcs_bucket *b, struct store_request *r, const char *method,
		 const char *service, struct str name, struct arena *a);

struct bucket_writer *gcs_put(struct bucket *base, struct ctx *ctx, struct str name,
			      enum bucket_put_mode mode, struct err *err);

#endif
