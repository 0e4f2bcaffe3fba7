/* gcs_credentials.h - access tokens of Google: for a service account's key (a JWT signed with it is
 * exchanged, RFC 7523), for a user's refresh token, or from the metadata server.
 *
 * Without an account in the configuration: the file that GOOGLE_APPLICATION_CREDENTIALS names, then
 * the metadata server (GCE_METADATA_HOST names another one).
 */
#ifndef OBJSTORE_GCS_CREDENTIALS_H
#define OBJSTORE_GCS_CREDENTIALS_H

#include "net/http_client.h"
#include "objstore/access_token.h"

struct gcs_credentials;

/* `account` is the JSON of a key, or empty. `client` and `clock` outlive the credentials. */
struct gcs_credentials *gcs_credentials_new(struct str account, struct http_client *client,
					    struct clock *clock, struct err *err);
void gcs_credentials_free(struct gcs_credentials *c); /* NULL is fine */
CLEANUP_DEFINE(struct gcs_credentials, gcs_credentials_free)

struct access_token *gcs_credentials_token(struct gcs_credentials *c);

/* The assertion that is exchanged for a token: header, claims and signature, RS256. In `a`. */
bool gcs_assertion(struct str client_email, struct str private_key_pem, struct str key_id,
		   struct str token_uri, int64_t now_ms, struct arena *a, struct str *out,
		   struct err *err);

#endif
