/* azure_auth.h - what authenticates requests to Azure Blob Storage: the account's key (SharedKey),
 * a shared access signature, or a token of Microsoft Entra.
 *
 * A token is fetched for a client secret; without one as DefaultAzureCredential does: for the
 * secret or the federated token file that the environment names (AZURE_TENANT_ID, AZURE_CLIENT_ID,
 * AZURE_CLIENT_SECRET, AZURE_FEDERATED_TOKEN_FILE, AZURE_AUTHORITY_HOST), else from the managed
 * identity endpoint (IDENTITY_ENDPOINT, or AZURE_POD_IDENTITY_AUTHORITY_HOST instead of
 * 169.254.169.254).
 */
#ifndef OBJSTORE_AZURE_AUTH_H
#define OBJSTORE_AZURE_AUTH_H

#include "objstore/access_token.h"
#include "objstore/azure.h"
#include "objstore/http_store.h"

struct azure_auth;

struct azure_auth_options {
	struct str account;
	struct str account_key;      /* base 64; empty: another way */
	struct str access_signature; /* query parameters; empty: another way */
	struct str tenant_id, client_id, client_secret, user_assigned_id;
	struct http_client *client; /* borrowed; for tokens */
	struct clock *clock;
};

struct azure_auth *azure_auth_new(const struct azure_auth_options *options, struct err *err);
void azure_auth_free(struct azure_auth *auth); /* NULL is fine */
CLEANUP_DEFINE(struct azure_auth, azure_auth_free)

/* Adds what the request needs; in `a`. */
bool azure_auth_sign(struct azure_auth *auth, struct ctx *ctx, struct store_request *r,
		     struct arena *a, struct err *err);
/* The store refuses the token. False when there is none that could be fetched again. */
bool azure_auth_drop(struct azure_auth *auth);

/* The Authorization header's value: docs.microsoft.com, "Authorize with Shared Key". `key` is
 * decoded. In `a`. */
struct str azure_shared_key(struct str account, struct str key, const struct store_request *r,
			    struct arena *a);

#endif
