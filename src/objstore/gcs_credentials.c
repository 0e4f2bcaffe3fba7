#include "objstore/gcs_credentials.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "codec/base64.h"
#include "codec/json.h"
#include "codec/json_writer.h"
#include "objstore/http_store.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>

#define SCOPE     "https://www.googleapis.com/auth/devstorage.full_control"
#define TOKEN_URI "https://oauth2.googleapis.com/token"

enum {
	ANSWER_MAX_BYTES = 1 << 20,
	ASSERTION_LIFETIME_S = 3600,
	FETCH_TIMEOUT_MS = 30000,
};

struct account {
	struct str type; /* "service_account", "authorized_user", or empty: the metadata server */
	struct str client_email, private_key, private_key_id, token_uri;
	struct str client_id, client_secret, refresh_token;
};

struct gcs_credentials {
	struct account account;
	struct arena *a; /* of the account's strings */
	struct http_client *client;
	struct clock *clock;
	struct access_token *token;
};

/* --- the assertion ---------------------------------------------------------------------------- */

static bool sign_rs256(struct str text, struct str pem, struct buf *out, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	uint8_t signature[1024];
	size_t n = sizeof(signature);

	bool ok = key && EVP_DigestSignInit(digest, NULL, EVP_sha256(), NULL, key) == 1 &&
		  EVP_DigestSign(digest, signature, &n, (const uint8_t *)text.p, text.n) == 1;
	EVP_MD_CTX_free(digest);
	EVP_PKEY_free(key);
	BIO_free(bio);
	if (!ok)
		return err_set(err, ERR_INVALID, "service account: private_key cannot sign");
	base64_encode(out, str_from(signature, n), BASE64_URL_RAW);
	return true;
}

static void put_json_part(struct buf *out, const char *const *pairs, int64_t now_s)
{
	struct buf json auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct json_writer w;

	json_writer_init(&w, &json, JSON_ESCAPE_PLAIN);
	json_begin_object(&w);
	for (; *pairs; pairs += 2) {
		json_key(&w, pairs[0]);
		json_put_str(&w, str_of(pairs[1]));
	}
	if (now_s) {
		json_key(&w, "iat");
		json_put_i64(&w, now_s);
		json_key(&w, "exp");
		json_put_i64(&w, now_s + ASSERTION_LIFETIME_S);
	}
	json_end_object(&w);
	base64_encode(out, buf_str(&json), BASE64_URL_RAW);
}

bool gcs_assertion(struct str client_email, struct str private_key_pem, struct str key_id,
		   struct str token_uri, int64_t now_ms, struct arena *a, struct str *out,
		   struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf signature auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	const char *head[] = {"alg", "RS256", "typ", "JWT", "kid", arena_cstr(a, key_id), NULL};
	const char *claims[] = {"iss", arena_cstr(a, client_email), "scope", SCOPE,
				"aud", arena_cstr(a, token_uri),    NULL};

	put_json_part(&text, head, 0);
	buf_putc(&text, '.');
	put_json_part(&text, claims, now_ms / 1000);
	if (!sign_rs256(buf_str(&text), private_key_pem, &signature, err))
		return false;
	*out = str_of(
	    arena_printf(a, "%.*s.%.*s", STR_FMT(buf_str(&text)), STR_FMT(buf_str(&signature))));
	return true;
}

/* --- fetching --------------------------------------------------------------------------------- */

/* {"access_token", "expires_in"} */
static bool ask(struct gcs_credentials *c, struct ctx *ctx, const struct http_call_request *request,
		struct arena *a, struct str *token, int64_t *lifetime_ms, struct err *err)
{
	struct ctx *limited auto_free(ctx_free) = ctx_new_timeout_ms(ctx, FETCH_TIMEOUT_MS);
	struct buf body auto_done(buf_done) = BUF_INIT(ANSWER_MAX_BYTES);
	const struct json *root, *value;
	int64_t seconds = 0;

	if (!http_fetch(c->client, limited, request, NULL, &body, err))
		return err_wrap(err, "Google access token");
	if (!json_parse(arena_str(a, buf_str(&body)), a, &root, err) ||
	    !json_require(root, "access_token", &value, err) || !json_to_str(value, token, err) ||
	    !json_to_i64(json_get(root, "expires_in"), &seconds, err))
		return err_wrap(err, "Google access token");
	*lifetime_ms = seconds * 1000;
	return true;
}

static bool exchange(struct gcs_credentials *c, struct ctx *ctx, struct buf *form, struct arena *a,
		     struct str *token, int64_t *lifetime_ms, struct err *err)
{
	const struct http_header header =
	    HTTP_HEADER("content-type", "application/x-www-form-urlencoded");
	struct http_call_request request = {
	    .method = "POST",
	    .url = c->account.token_uri.p,
	    .headers = &header,
	    .n_headers = 1,
	    .body = buf_str(form),
	};

	return ask(c, ctx, &request, a, token, lifetime_ms, err);
}

static bool fetch_for_account(struct gcs_credentials *c, struct ctx *ctx, struct arena *a,
			      struct str *token, int64_t *lifetime_ms, struct err *err)
{
	struct buf form auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct str assertion;

	if (!gcs_assertion(c->account.client_email, c->account.private_key,
			   c->account.private_key_id, c->account.token_uri, clock_wall_ms(c->clock),
			   a, &assertion, err))
		return false;
	store_query_add(&form, "grant_type", STR("urn:ietf:params:oauth:grant-type:jwt-bearer"));
	store_query_add(&form, "assertion", assertion);
	return exchange(c, ctx, &form, a, token, lifetime_ms, err);
}

static bool fetch_for_user(struct gcs_credentials *c, struct ctx *ctx, struct arena *a,
			   struct str *token, int64_t *lifetime_ms, struct err *err)
{
	struct buf form auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	store_query_add(&form, "grant_type", STR("refresh_token"));
	store_query_add(&form, "client_id", c->account.client_id);
	store_query_add(&form, "client_secret", c->account.client_secret);
	store_query_add(&form, "refresh_token", c->account.refresh_token);
	return exchange(c, ctx, &form, a, token, lifetime_ms, err);
}

static bool fetch_from_metadata(struct gcs_credentials *c, struct ctx *ctx, struct arena *a,
				struct str *token, int64_t *lifetime_ms, struct err *err)
{
	const struct http_header header = HTTP_HEADER("metadata-flavor", "Google");
	const char *host = getenv("GCE_METADATA_HOST");
	struct http_call_request request = {
	    .url = arena_printf(a,
				"http://%s/computeMetadata/v1/instance/service-accounts/default/"
				"token",
				host && *host ? host : "metadata.google.internal"),
	    .headers = &header,
	    .n_headers = 1,
	};

	return ask(c, ctx, &request, a, token, lifetime_ms, err);
}

static bool fetch(void *arg, struct ctx *ctx, struct arena *a, struct access_grant *out,
		  struct err *err)
{
	struct gcs_credentials *c = arg;
	struct str *token = &out->parts[0];

	if (str_eq(c->account.type, STR("service_account")))
		return fetch_for_account(c, ctx, a, token, &out->lifetime_ms, err);
	if (str_eq(c->account.type, STR("authorized_user")))
		return fetch_for_user(c, ctx, a, token, &out->lifetime_ms, err);
	return fetch_from_metadata(c, ctx, a, token, &out->lifetime_ms, err);
}

/* --- the account ------------------------------------------------------------------------------ */

static bool parse_account(struct gcs_credentials *c, struct str text, struct err *err)
{
	struct account *account = &c->account;
	const struct {
		const char *name;
		struct str *to;
	} members[] = {
	    {"type", &account->type},
	    {"client_email", &account->client_email},
	    {"private_key", &account->private_key},
	    {"private_key_id", &account->private_key_id},
	    {"token_uri", &account->token_uri},
	    {"client_id", &account->client_id},
	    {"client_secret", &account->client_secret},
	    {"refresh_token", &account->refresh_token},
	};
	const struct json *root;

	account->token_uri = STR(TOKEN_URI);
	if (!json_parse(arena_str(c->a, text), c->a, &root, err))
		return err_set(err, ERR_INVALID, "service account: no JSON");
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		if (!json_to_str(json_get(root, members[i].name), members[i].to, err))
			return err_set(err, ERR_INVALID, "service account: %s is no text",
				       members[i].name);
		*members[i].to = arena_str(c->a, *members[i].to);
	}
	if (!str_eq(account->type, STR("service_account")) &&
	    !str_eq(account->type, STR("authorized_user")))
		return err_set(err, ERR_INVALID, "service account: unknown type \"%.*s\"",
			       STR_FMT(account->type));
	return true;
}

static bool find_account(struct gcs_credentials *c, struct str account, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(ANSWER_MAX_BYTES);
	const char *path = getenv("GOOGLE_APPLICATION_CREDENTIALS");

	if (account.n)
		return parse_account(c, account, err);
	if (!path || !*path)
		return true;
	return fs_read(path, &text, err) && parse_account(c, buf_str(&text), err);
}

struct gcs_credentials *gcs_credentials_new(struct str account, struct http_client *client,
					    struct clock *clock, struct err *err)
{
	struct gcs_credentials *c = NEW(struct gcs_credentials);

	*c = (struct gcs_credentials){.a = arena_new(NULL), .client = client, .clock = clock};
	c->token = access_token_new(clock, fetch, c);
	if (find_account(c, account, err))
		return c;
	gcs_credentials_free(c);
	return NULL;
}

void gcs_credentials_free(struct gcs_credentials *c)
{
	if (!c)
		return;
	access_token_free(c->token);
	arena_free(c->a);
	free(c);
}

struct access_token *gcs_credentials_token(struct gcs_credentials *c)
{
	return c->token;
}
