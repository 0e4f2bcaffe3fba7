#include "objstore/azure_auth.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "codec/base64.h"
#include "codec/digest.h"
#include "codec/json.h"

#include <stdlib.h>

#define API_VERSION "2021-08-06"
#define RESOURCE    "https://storage.azure.com/"

enum { ANSWER_MAX_BYTES = 1 << 20, FETCH_TIMEOUT_MS = 30000 };

struct azure_auth {
	struct azure_auth_options o;
	struct arena *a; /* of the strings */
	struct str key;  /* decoded */
	struct access_token *token;
};

static struct str env(const char *name)
{
	const char *value = getenv(name);

	return str_of(value ? value : "");
}

/* --- SharedKey -------------------------------------------------------------------------------- */

static struct str header(const struct store_request *r, const char *name)
{
	for (size_t i = 0; i < r->n_headers; i++)
		if (str_is(r->headers[i].name, name))
			return r->headers[i].value;
	return STR("");
}

static int compare_headers(const void *x, const void *y)
{
	return str_cmp(((const struct http_header *)x)->name,
		       ((const struct http_header *)y)->name);
}

static void put_ms_headers(struct buf *out, const struct store_request *r)
{
	struct http_header sorted[STORE_MAX_HEADERS];
	size_t n = 0;

	for (size_t i = 0; i < r->n_headers; i++)
		if (str_starts(r->headers[i].name, STR("x-ms-")))
			sorted[n++] = r->headers[i];
	qsort(sorted, n, sizeof(*sorted), compare_headers);
	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%.*s:%.*s\n", STR_FMT(sorted[i].name), STR_FMT(sorted[i].value));
}

static int compare_params(const void *x, const void *y)
{
	return str_cmp(((const struct http_param *)x)->name, ((const struct http_param *)y)->name);
}

/* Account, path as it is sent, parameters decoded and ascending. */
static void put_resource(struct buf *out, struct str account, const struct store_request *r,
			 struct arena *a)
{
	struct http_params params = {0};
	struct err ignored; /* the query is our own */

	buf_printf(out, "/%.*s%.*s", STR_FMT(account), STR_FMT(r->path));
	http_params_parse(&params, r->query, a, &ignored);
	if (params.n)
		qsort(params.v, params.n, sizeof(*params.v), compare_params);
	for (size_t i = 0; i < params.n; i++)
		buf_printf(out, "\n%.*s:%.*s", STR_FMT(params.v[i].name),
			   STR_FMT(params.v[i].value));
}

struct str azure_shared_key(struct str account, struct str key, const struct store_request *r,
			    struct arena *a)
{
	static const char *const plain[] = {"content-md5",         "content-type", "date",
					    "if-modified-since",   "if-match",     "if-none-match",
					    "if-unmodified-since", "range"};
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf signature auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	buf_printf(&text, "%s\n\n\n", r->method); /* no Content-Encoding, no Content-Language */
	if (r->body.n)
		buf_printf(&text, "%zu", r->body.n);
	buf_putc(&text, '\n');
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		buf_printf(&text, "%.*s\n", STR_FMT(header(r, plain[i])));
	put_ms_headers(&text, r);
	put_resource(&text, account, r, a);
	struct sha256 digest = hmac_sha256(key, buf_str(&text));
	base64_encode(&signature, sha256_str(&digest), BASE64_STANDARD);
	return str_of(
	    arena_printf(a, "SharedKey %.*s:%.*s", STR_FMT(account), STR_FMT(buf_str(&signature))));
}

/* --- tokens ----------------------------------------------------------------------------------- */

/* {"access_token", "expires_in"}, the latter as a number or as text. */
static bool ask(struct azure_auth *auth, struct ctx *ctx, const struct http_call_request *request,
		struct arena *a, struct str *token, int64_t *lifetime_ms, struct err *err)
{
	struct ctx *limited auto_free(ctx_free) = ctx_new_timeout_ms(ctx, FETCH_TIMEOUT_MS);
	struct buf body auto_done(buf_done) = BUF_INIT(ANSWER_MAX_BYTES);
	const struct json *root, *value, *expires;

	if (!http_fetch(auth->o.client, limited, request, NULL, &body, err) ||
	    !json_parse(arena_str(a, buf_str(&body)), a, &root, err) ||
	    !json_require(root, "access_token", &value, err) || !json_to_str(value, token, err) ||
	    !json_require(root, "expires_in", &expires, err))
		return err_wrap(err, "Azure access token");
	*lifetime_ms = strtoll(arena_cstr(a, expires->text), NULL, 10) * 1000;
	return true;
}

static bool exchange(struct azure_auth *auth, struct ctx *ctx, struct str tenant, struct buf *form,
		     struct arena *a, struct str *token, int64_t *lifetime_ms, struct err *err)
{
	const struct http_header type =
	    HTTP_HEADER("content-type", "application/x-www-form-urlencoded");
	struct str host = env("AZURE_AUTHORITY_HOST");

	host = str_trim(host.n ? host : STR("https://login.microsoftonline.com"), "/");
	store_query_add(form, "scope", STR(RESOURCE ".default"));
	struct http_call_request request = {
	    .method = "POST",
	    .url = arena_printf(a, "%.*s/%.*s/oauth2/v2.0/token", STR_FMT(host), STR_FMT(tenant)),
	    .headers = &type,
	    .n_headers = 1,
	    .body = buf_str(form),
	};
	return ask(auth, ctx, &request, a, token, lifetime_ms, err);
}

static bool fetch_for_secret(struct azure_auth *auth, struct ctx *ctx, struct str tenant,
			     struct str client, struct str secret, struct arena *a,
			     struct str *token, int64_t *lifetime_ms, struct err *err)
{
	struct buf form auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	store_query_add(&form, "grant_type", STR("client_credentials"));
	store_query_add(&form, "client_id", client);
	store_query_add(&form, "client_secret", secret);
	return exchange(auth, ctx, tenant, &form, a, token, lifetime_ms, err);
}

/* A Kubernetes service account's token instead of a secret. */
static bool fetch_for_workload(struct azure_auth *auth, struct ctx *ctx, struct arena *a,
			       struct str *token, int64_t *lifetime_ms, struct err *err)
{
	struct buf assertion auto_done(buf_done) = BUF_INIT(ANSWER_MAX_BYTES);
	struct buf form auto_done(buf_done) = BUF_INIT(ANSWER_MAX_BYTES);

	if (!fs_read(env("AZURE_FEDERATED_TOKEN_FILE").p, &assertion, err))
		return false;
	store_query_add(&form, "grant_type", STR("client_credentials"));
	store_query_add(&form, "client_id", env("AZURE_CLIENT_ID"));
	store_query_add(&form, "client_assertion_type",
			STR("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
	store_query_add(&form, "client_assertion", str_trim(buf_str(&assertion), " \r\n"));
	return exchange(auth, ctx, env("AZURE_TENANT_ID"), &form, a, token, lifetime_ms, err);
}

static bool fetch_for_machine(struct azure_auth *auth, struct ctx *ctx, struct arena *a,
			      struct str *token, int64_t *lifetime_ms, struct err *err)
{
	struct str service = env("IDENTITY_ENDPOINT");
	struct str host = env("AZURE_POD_IDENTITY_AUTHORITY_HOST");
	struct buf query auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	host = str_trim(host.n ? host : STR("http://169.254.169.254"), "/");
	store_query_add(&query, "api-version", service.n ? STR("2019-08-01") : STR("2018-02-01"));
	store_query_add(&query, "resource", STR(RESOURCE));
	if (auth->o.user_assigned_id.n)
		store_query_add(&query, "client_id", auth->o.user_assigned_id);
	struct http_header known[] = {
	    HTTP_HEADER("metadata", "true"),
	    {STR("x-identity-header"), env("IDENTITY_HEADER")},
	};
	struct http_call_request request = {
	    .url = service.n
		       ? arena_printf(a, "%.*s?%.*s", STR_FMT(service), STR_FMT(buf_str(&query)))
		       : arena_printf(a, "%.*s/metadata/identity/oauth2/token?%.*s", STR_FMT(host),
				      STR_FMT(buf_str(&query))),
	    .headers = service.n ? &known[1] : &known[0],
	    .n_headers = 1,
	};
	return ask(auth, ctx, &request, a, token, lifetime_ms, err);
}

static bool fetch(void *arg, struct ctx *ctx, struct arena *a, struct access_grant *out,
		  struct err *err)
{
	struct azure_auth *auth = arg;
	const struct azure_auth_options *o = &auth->o;
	struct str *token = &out->parts[0];
	int64_t *lifetime_ms = &out->lifetime_ms;

	if (o->client_secret.n)
		return fetch_for_secret(auth, ctx, o->tenant_id, o->client_id, o->client_secret, a,
					token, lifetime_ms, err);
	if (o->user_assigned_id.n == 0 && env("AZURE_CLIENT_SECRET").n)
		return fetch_for_secret(auth, ctx, env("AZURE_TENANT_ID"), env("AZURE_CLIENT_ID"),
					env("AZURE_CLIENT_SECRET"), a, token, lifetime_ms, err);
	if (o->user_assigned_id.n == 0 && env("AZURE_FEDERATED_TOKEN_FILE").n)
		return fetch_for_workload(auth, ctx, a, token, lifetime_ms, err);
	return fetch_for_machine(auth, ctx, a, token, lifetime_ms, err);
}

/* --- signing ---------------------------------------------------------------------------------- */

bool azure_auth_sign(struct azure_auth *auth, struct ctx *ctx, struct store_request *r,
		     struct arena *a, struct err *err)
{
	char date[HTTP_DATE_BYTES];
	struct access_grant grant;

	http_date(clock_wall_ms(auth->o.clock) / 1000, date);
	store_request_add(r, "x-ms-date", arena_str(a, str_of(date)));
	store_request_add(r, "x-ms-version", STR(API_VERSION));
	if (auth->key.n) {
		store_request_add(r, "authorization",
				  azure_shared_key(auth->o.account, auth->key, r, a));
		return true;
	}
	if (auth->o.access_signature.n) {
		r->query =
		    str_of(arena_printf(a, "%.*s%s%.*s", STR_FMT(r->query), r->query.n ? "&" : "",
					STR_FMT(auth->o.access_signature)));
		return true;
	}
	if (!access_token_get(auth->token, ctx, a, &grant, err))
		return false;
	store_request_add(r, "authorization",
			  str_of(arena_printf(a, "Bearer %.*s", STR_FMT(grant.parts[0]))));
	return true;
}

bool azure_auth_drop(struct azure_auth *auth)
{
	if (auth->key.n || auth->o.access_signature.n)
		return false;
	access_token_drop(auth->token);
	return true;
}

struct azure_auth *azure_auth_new(const struct azure_auth_options *options, struct err *err)
{
	struct azure_auth *auth auto_free(azure_auth_free) = NEW(struct azure_auth);
	struct buf key auto_done(buf_done) = BUF_INIT(ANSWER_MAX_BYTES);

	auth->a = arena_new(NULL);
	auth->o = *options;
	struct str *const texts[] = {&auth->o.account,       &auth->o.access_signature,
				     &auth->o.tenant_id,     &auth->o.client_id,
				     &auth->o.client_secret, &auth->o.user_assigned_id};
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		*texts[i] = arena_str(auth->a, *texts[i]);
	auth->token = access_token_new(options->clock, fetch, auth);
	if (options->account_key.n &&
	    !base64_decode(options->account_key, BASE64_STANDARD, &key, err)) {
		err_set(err, ERR_INVALID, "the storage account's key is no base 64");
		return NULL;
	}
	auth->key = arena_str(auth->a, buf_str(&key));
	return take(auth);
}

void azure_auth_free(struct azure_auth *auth)
{
	if (!auth)
		return;
	access_token_free(auth->token);
	arena_free(auth->a);
	free(auth);
}
