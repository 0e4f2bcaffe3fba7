/* swift_auth.h - a token for Swift, and where the account is: from Swift's own authentication
 * (version 1), or from Keystone (2 and 3).
 *
 * The version is that of the configuration, else the one that is found in auth_url. Version 2 takes
 * a password, or the API key of Rackspace; version 3 an application credential when there is one,
 * else a user's password, and without any user the password is a token.
 *
 * Protocols: docs.openstack.org/swift/latest/overview_auth.html,
 * docs.openstack.org/api-ref/identity.
 */
#ifndef OBJSTORE_SWIFT_AUTH_H
#define OBJSTORE_SWIFT_AUTH_H

#include "objstore/http_store.h"
#include "objstore/swift.h"

struct swift_auth;

/* The identity is copied; `store` is asked, is borrowed, and signs nothing. */
struct swift_auth *swift_auth_new(const struct swift_identity *identity, struct http_store *store,
				  struct clock *clock, struct err *err);
void swift_auth_free(struct swift_auth *auth); /* NULL is fine */
CLEANUP_DEFINE(struct swift_auth, swift_auth_free)

struct swift_account {
	struct str token;
	const char *base; /* "https://host:port" */
	struct str path;  /* "/v1/AUTH_name", without '/' at its end */
};

/* In memory of `a`. */
bool swift_auth_get(struct swift_auth *auth, struct ctx *ctx, struct arena *a,
		    struct swift_account *out, struct err *err);
/* The token is refused: the next call fetches another. */
void swift_auth_drop(struct swift_auth *auth);

#endif
