/* keystone.h - a token of OpenStack's identity service, and the address of the object store from
 * its catalog.
 *
 * Version 2 takes a password or the API key of Rackspace; version 3 an application credential when
 * there is one, else a user's password, and without any user the password is a token.
 *
 * Protocol: docs.openstack.org/api-ref/identity.
 */
#ifndef OBJSTORE_KEYSTONE_H
#define OBJSTORE_KEYSTONE_H

#include "objstore/http_store.h"
#include "objstore/swift.h"

struct keystone {
	const struct swift_identity *identity;
	const struct store_url *url;
	struct http_store *store; /* signs nothing */
	bool sends_api_key;       /* version 2: what worked last */
};

struct keystone_answer {
	struct str token, storage_url;
	struct str expires; /* RFC 3339; may be empty */
};

typedef bool keystone_ask_fn(struct keystone *k, struct ctx *ctx, struct arena *a,
			     struct keystone_answer *out, struct err *err);

/* Strings live in `a`. */
keystone_ask_fn keystone_ask_v2, keystone_ask_v3;

/* Its words about a failure: {"error": {"message": ...}}. For http_store. */
struct str keystone_explain(const struct store_answer *answer, struct arena *a);

/* What version 3 would not understand. */
bool keystone_check_v3(const struct swift_identity *identity, struct err *err);

#endif
