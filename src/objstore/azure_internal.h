/* azure_internal.h - what the two halves of the Azure client share: azure.c for reading,
 * azure_upload.c for writing.
 */
#ifndef OBJSTORE_AZURE_INTERNAL_H
#define OBJSTORE_AZURE_INTERNAL_H

#include "objstore/azure_auth.h"

struct azure_bucket {
	struct bucket base; /* first, so that the two pointers convert */
	struct arena *a;    /* of the strings below */
	struct str container;
	const char *base_url;
	struct str path; /* "/account/container" of an emulator, else "/container" */
	struct http_store *store;
	struct http_client *token_client;
	struct azure_auth *auth;
};

enum { AZURE_ANSWER_MAX_BYTES = 64 << 20 };

/* A request for a blob, or for the container when `name` is empty. Strings live in `a`. */
void azure_request(struct azure_bucket *b, struct store_request *r, const char *method,
		   struct str name, struct arena *a);

struct bucket_writer *azure_put(struct bucket *base, struct ctx *ctx, struct str name,
				enum bucket_put_mode mode, struct err *err);

#endif
