#include "objstore/swift_auth.h"

#include "base/alloc.h"
#include "base/time_text.h"
#include "objstore/access_token.h"
#include "objstore/keystone.h"

#include <stdlib.h>

enum {
	ANSWER_MAX_BYTES = 64 << 10,
	FETCH_TIMEOUT_MS = 60000,
	API_KEY_BYTES = 32, /* a password this long is first tried as a key */
};

/* The parts of a grant. */
enum { TOKEN, BASE, PATH };

typedef bool swift_fetch_fn(struct swift_auth *auth, struct ctx *ctx, struct arena *a,
			    struct access_grant *out, struct err *err);

struct swift_auth {
	struct arena *a; /* of the identity */
	struct swift_identity id;
	struct store_url url;
	struct http_store *store;
	struct clock *clock;
	swift_fetch_fn *fetch;
	struct keystone keystone;
	struct access_token *token; /* calls fetch() one at a time */
};

static bool grant(struct str token, struct str storage_url, struct arena *a,
		  struct access_grant *out, struct err *err)
{
	struct store_url url;

	if (token.n == 0)
		return err_set(err, ERR_UNAVAILABLE, "no token in the answer");
	if (storage_url.n == 0)
		return err_set(err, ERR_UNAVAILABLE, "no address of an object store in the answer");
	if (!store_url_parse(storage_url, "the address of the object store", a, &url, err))
		return false;
	out->parts[TOKEN] = token;
	out->parts[BASE] = str_of(url.base);
	out->parts[PATH] =
	    str_ends(url.path, STR("/")) ? str_from(url.path.p, url.path.n - 1) : url.path;
	return true;
}

/* --- version 1 -------------------------------------------------------------------------------- */

static bool fetch_v1(struct swift_auth *auth, struct ctx *ctx, struct arena *a,
		     struct access_grant *out, struct err *err)
{
	struct store_request r = {
	    .method = "GET",
	    .base = auth->url.base,
	    .path = auth->url.path,
	    .query = auth->url.query,
	    .object = "auth",
	};
	struct store_answer answer;
	int64_t lifetime_s;

	store_request_add(&r, "x-auth-user", auth->id.username);
	store_request_add(&r, "x-auth-key", auth->id.password);
	if (!http_store_ask(auth->store, ctx, &r, ANSWER_MAX_BYTES, a, &answer, err) ||
	    !grant(http_header_value(&answer.headers, "x-auth-token"),
		   http_header_value(&answer.headers, "x-storage-url"), a, out, err))
		return false;
	struct str expires = http_header_value(&answer.headers, "x-auth-token-expires");
	if (str_to_i64(expires, &lifetime_s) && lifetime_s > 0 && lifetime_s < INT32_MAX)
		out->lifetime_ms = lifetime_s * 1000;
	return true;
}

/* --- versions 2 and 3 ------------------------------------------------------------------------- */

static bool ask_keystone(struct swift_auth *auth, keystone_ask_fn *ask, struct ctx *ctx,
			 struct arena *a, struct access_grant *out, struct err *err)
{
	struct keystone_answer answer = {0};
	struct err no_time;
	int64_t expires_ms;

	if (!ask(&auth->keystone, ctx, a, &answer, err) ||
	    !grant(answer.token, answer.storage_url, a, out, err))
		return false;
	if (time_parse(answer.expires, &expires_ms, &no_time))
		out->lifetime_ms = expires_ms - clock_wall_ms(auth->clock);
	return true;
}

static bool fetch_v2(struct swift_auth *auth, struct ctx *ctx, struct arena *a,
		     struct access_grant *out, struct err *err)
{
	return ask_keystone(auth, keystone_ask_v2, ctx, a, out, err);
}

static bool fetch_v3(struct swift_auth *auth, struct ctx *ctx, struct arena *a,
		     struct access_grant *out, struct err *err)
{
	return keystone_check_v3(&auth->id, err) &&
	       ask_keystone(auth, keystone_ask_v3, ctx, a, out, err);
}

/* --- choosing --------------------------------------------------------------------------------- */

static const struct {
	const char *mark; /* in the URL */
	swift_fetch_fn *fetch;
} versions[] = {
    {"v1", fetch_v1},
    {"v2", fetch_v2},
    {"v3", fetch_v3},
};

enum { N_VERSIONS = sizeof(versions) / sizeof(*versions) };

static bool choose_version(struct swift_auth *auth, struct err *err)
{
	int64_t given = auth->id.auth_version;

	if (given < 0 || given > N_VERSIONS)
		return err_set(err, ERR_INVALID, "Auth Version %ld not supported", given);
	for (size_t i = N_VERSIONS; given == 0 && i > 0; i--)
		if (str_find(auth->id.auth_url, str_of(versions[i - 1].mark)) < auth->id.auth_url.n)
			given = (int64_t)i;
	if (given == 0)
		return err_set(err, ERR_INVALID,
			       "auth_url does not tell the version of authentication: set "
			       "auth_version");
	auth->fetch = versions[given - 1].fetch;
	return true;
}

static bool fetch(void *arg, struct ctx *ctx, struct arena *a, struct access_grant *out,
		  struct err *err)
{
	struct ctx *limited auto_free(ctx_free) = ctx_new_timeout_ms(ctx, FETCH_TIMEOUT_MS);
	struct swift_auth *auth = arg;

	return auth->fetch(auth, limited, a, out, err) || err_wrap(err, "authentication");
}

static void copy_identity(const struct swift_identity *from, struct arena *a,
			  struct swift_identity *to)
{
	*to = *from;
	struct str *const texts[] = {
	    &to->auth_url,
	    &to->username,
	    &to->user_id,
	    &to->password,
	    &to->user_domain_name,
	    &to->user_domain_id,
	    &to->domain_name,
	    &to->domain_id,
	    &to->application_credential_id,
	    &to->application_credential_name,
	    &to->application_credential_secret,
	    &to->project_id,
	    &to->project_name,
	    &to->project_domain_id,
	    &to->project_domain_name,
	    &to->region,
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		*texts[i] = arena_str(a, *texts[i]);
}

struct swift_auth *swift_auth_new(const struct swift_identity *identity, struct http_store *store,
				  struct clock *clock, struct err *err)
{
	struct swift_auth *auth auto_free(swift_auth_free) = NEW(struct swift_auth);

	*auth = (struct swift_auth){
	    .a = arena_new(NULL),
	    .store = store,
	    .clock = clock,
	    .token = access_token_new(clock, fetch, auth),
	};
	copy_identity(identity, auth->a, &auth->id);
	if (!store_url_parse(auth->id.auth_url, "auth_url", auth->a, &auth->url, err) ||
	    !choose_version(auth, err))
		return NULL;
	auth->keystone = (struct keystone){
	    .identity = &auth->id,
	    .url = &auth->url,
	    .store = store,
	    .sends_api_key = identity->password.n >= API_KEY_BYTES,
	};
	return take(auth);
}

void swift_auth_free(struct swift_auth *auth)
{
	if (!auth)
		return;
	access_token_free(auth->token);
	arena_free(auth->a);
	free(auth);
}

bool swift_auth_get(struct swift_auth *auth, struct ctx *ctx, struct arena *a,
		    struct swift_account *out, struct err *err)
{
	struct access_grant found;

	if (!access_token_get(auth->token, ctx, a, &found, err))
		return false;
	*out = (struct swift_account){
	    .token = found.parts[TOKEN],
	    .base = found.parts[BASE].p,
	    .path = found.parts[PATH],
	};
	return true;
}

void swift_auth_drop(struct swift_auth *auth)
{
	access_token_drop(auth->token);
}
