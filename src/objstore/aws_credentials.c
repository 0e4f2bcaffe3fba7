#include "objstore/aws_credentials.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/time_text.h"
#include "codec/json.h"
#include "codec/xml.h"
#include "objstore/access_token.h"

#include <stdlib.h>

#define METADATA_URL  "http://169.254.169.254"
#define CONTAINER_URL "http://169.254.170.2"

enum {
	ANSWER_MAX_BYTES = 1 << 20,
	METADATA_TIMEOUT_MS = 5000,
	STS_TIMEOUT_MS = 30000,
};

struct aws_credentials {
	struct aws_credentials_options o;
	struct arena *strings; /* of the options */
	struct access_token *found;
};

/* The parts of what the chain found. */
enum { ACCESS_KEY, SECRET_KEY, SESSION_TOKEN };

/* What a source found. */
struct found {
	struct aws_key key;
	int64_t expires_ms;
};

/* Looks for a key. Nothing is an empty access key, without failing. */
typedef bool source_fn(struct aws_credentials *c, struct ctx *ctx, struct arena *a,
		       struct found *out, struct err *err);

static struct str env(const char *name)
{
	const char *value = getenv(name);

	return str_of(value ? value : "");
}

/* --- the process' own ------------------------------------------------------------------------- */

static bool from_environment(struct aws_credentials *c, struct ctx *ctx, struct arena *a,
			     struct found *out, struct err *err)
{
	struct str access_key = env("AWS_ACCESS_KEY_ID"), secret = env("AWS_SECRET_ACCESS_KEY");

	(void)c, (void)ctx, (void)a, (void)err;
	if (access_key.n == 0)
		access_key = env("AWS_ACCESS_KEY");
	if (secret.n == 0)
		secret = env("AWS_SECRET_KEY");
	if (access_key.n && secret.n)
		out->key = (struct aws_key){access_key, secret, env("AWS_SESSION_TOKEN")};
	return true;
}

/* One "name = value" of the wanted profile. */
static void take_setting(struct str line, struct aws_key *key, struct arena *a)
{
	size_t at = str_find(line, STR("="));
	struct str name = str_trim(str_from(line.p, at), " \t");
	struct str value = str_trim(str_skip(line, at < line.n ? at + 1 : at), " \t");

	if (str_eq(name, STR("aws_access_key_id")))
		key->access_key = arena_str(a, value);
	else if (str_eq(name, STR("aws_secret_access_key")))
		key->secret_key = arena_str(a, value);
	else if (str_eq(name, STR("aws_session_token")))
		key->session_token = arena_str(a, value);
}

static bool from_file(struct aws_credentials *c, struct ctx *ctx, struct arena *a,
		      struct found *out, struct err *err)
{
	struct buf text auto_done(buf_done) = BUF_INIT(ANSWER_MAX_BYTES);
	struct str path = env("AWS_SHARED_CREDENTIALS_FILE"), profile = env("AWS_PROFILE");
	bool is_ours = false;

	(void)c, (void)ctx;
	if (path.n == 0)
		path = str_of(arena_printf(a, "%.*s/.aws/credentials", STR_FMT(env("HOME"))));
	if (profile.n == 0)
		profile = STR("default");
	if (!fs_exists(path.p))
		return true;
	if (!fs_read(path.p, &text, err))
		return false;
	for (struct str rest = buf_str(&text); rest.n;) {
		size_t end = str_find(rest, STR("\n"));
		struct str line = str_trim(str_from(rest.p, end), " \t\r");
		rest = str_skip(rest, end < rest.n ? end + 1 : end);
		if (line.n && line.p[0] == '[')
			is_ours = str_eq(str_trim(line, "[] \t"), profile);
		else if (is_ours)
			take_setting(line, &out->key, a);
	}
	return true;
}

/* --- services --------------------------------------------------------------------------------- */

static bool fetch(struct aws_credentials *c, struct ctx *ctx, int64_t timeout_ms,
		  const struct http_call_request *request, struct arena *a, struct str *out,
		  struct err *err)
{
	struct ctx *limited auto_free(ctx_free) = ctx_new_timeout_ms(ctx, timeout_ms);
	struct buf body auto_done(buf_done) = BUF_INIT(ANSWER_MAX_BYTES);

	if (!http_fetch(c->o.client, limited, request, NULL, &body, err))
		return false;
	*out = arena_str(a, str_trim(buf_str(&body), " \r\n"));
	return true;
}

static bool parse_expiry(struct str text, int64_t *out, struct err *err)
{
	*out = INT64_MAX;
	return text.n == 0 || time_parse(text, out, err);
}

/* {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"} */
static bool parse_json_key(struct str text, struct arena *a, struct found *out, struct err *err)
{
	struct str expiry = {0};
	const struct json *root;

	return json_parse(text, a, &root, err) &&
	       json_to_str(json_get(root, "AccessKeyId"), &out->key.access_key, err) &&
	       json_to_str(json_get(root, "SecretAccessKey"), &out->key.secret_key, err) &&
	       json_to_str(json_get(root, "Token"), &out->key.session_token, err) &&
	       json_to_str(json_get(root, "Expiration"), &expiry, err) &&
	       parse_expiry(expiry, &out->expires_ms, err);
}

struct sts_answer {
	struct found *found;
	struct str expiry;
	struct arena *a;
};

static bool take_sts_element(void *arg, const char *path, struct str text, struct err *err)
{
	struct sts_answer *answer = arg;
	const char *name = strrchr(path, '/');
	struct aws_key *key = &answer->found->key;
	const struct {
		const char *name;
		struct str *to;
	} wanted[] = {{"/AccessKeyId", &key->access_key},
		      {"/SecretAccessKey", &key->secret_key},
		      {"/SessionToken", &key->session_token},
		      {"/Expiration", &answer->expiry}};

	(void)err;
	for (size_t i = 0; name && i < sizeof(wanted) / sizeof(*wanted); i++)
		if (strstr(path, "/Credentials/") && strcmp(name, wanted[i].name) == 0)
			*wanted[i].to = arena_str(answer->a, text);
	return true;
}

/* AssumeRoleWithWebIdentity, as Kubernetes service accounts on AWS are used. */
static bool from_web_identity(struct aws_credentials *c, struct ctx *ctx, struct arena *a,
			      struct found *out, struct err *err)
{
	struct str path = env("AWS_WEB_IDENTITY_TOKEN_FILE"),
		   session = env("AWS_ROLE_SESSION_NAME");
	struct buf token auto_done(buf_done) = BUF_INIT(ANSWER_MAX_BYTES);
	struct buf form auto_done(buf_done) = BUF_INIT(ANSWER_MAX_BYTES);
	struct sts_answer answer = {.found = out, .a = a};
	struct str xml, region = c->o.region.n ? c->o.region : env("AWS_REGION");

	if (path.n == 0)
		return true;
	if (!fs_read(path.p, &token, err))
		return false;
	buf_puts(&form, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=");
	http_percent_encode(env("AWS_ROLE_ARN"), &form);
	buf_puts(&form, "&RoleSessionName=");
	http_percent_encode(session.n ? session : STR("athanor"), &form);
	buf_puts(&form, "&WebIdentityToken=");
	http_percent_encode(str_trim(buf_str(&token), " \r\n"), &form);
	const struct http_header header =
	    HTTP_HEADER("content-type", "application/x-www-form-urlencoded");
	struct http_call_request request = {
	    .method = "POST",
	    .url = c->o.sts_endpoint.n ? arena_cstr(a, c->o.sts_endpoint)
		   : region.n ? arena_printf(a, "https://sts.%.*s.amazonaws.com", STR_FMT(region))
			      : "https://sts.amazonaws.com",
	    .headers = &header,
	    .n_headers = 1,
	    .body = buf_str(&form),
	};
	return fetch(c, ctx, STS_TIMEOUT_MS, &request, a, &xml, err) &&
	       xml_walk(xml, take_sts_element, &answer, err) &&
	       parse_expiry(answer.expiry, &out->expires_ms, err);
}

static bool from_container(struct aws_credentials *c, struct ctx *ctx, struct arena *a,
			   struct found *out, struct err *err)
{
	struct str relative = env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	struct str full = env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	struct str token_file = env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	struct buf token auto_done(buf_done) = BUF_INIT(ANSWER_MAX_BYTES);
	struct str json;

	if (relative.n == 0 && full.n == 0)
		return true;
	buf_append_str(&token, env("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
	if (token_file.n && (buf_clear(&token), !fs_read(token_file.p, &token, err)))
		return false;
	struct http_header header = {STR("authorization"), str_trim(buf_str(&token), " \r\n")};
	struct http_call_request request = {
	    .url = relative.n ? arena_printf(a, CONTAINER_URL "%.*s", STR_FMT(relative)) : full.p,
	    .headers = &header,
	    .n_headers = header.value.n ? 1 : 0,
	};
	return fetch(c, ctx, METADATA_TIMEOUT_MS, &request, a, &json, err) &&
	       parse_json_key(json, a, out, err);
}

static bool from_instance(struct aws_credentials *c, struct ctx *ctx, struct arena *a,
			  struct found *out, struct err *err)
{
	struct str base = env("AWS_EC2_METADATA_SERVICE_ENDPOINT"), token, role, json;
	const struct http_header lifetime =
	    HTTP_HEADER("x-aws-ec2-metadata-token-ttl-seconds", "21600");

	if (str_eq(env("AWS_EC2_METADATA_DISABLED"), STR("true")))
		return true;
	base = str_trim(base.n ? base : STR(METADATA_URL), "/");
	struct http_call_request request = {
	    .method = "PUT",
	    .url = arena_printf(a, "%.*s/latest/api/token", STR_FMT(base)),
	    .headers = &lifetime,
	    .n_headers = 1,
	};
	if (!fetch(c, ctx, METADATA_TIMEOUT_MS, &request, a, &token, err))
		return false;
	struct http_header header = {STR("x-aws-ec2-metadata-token"), token};
	const char *roles = "/latest/meta-data/iam/security-credentials/";
	request = (struct http_call_request){
	    .url = arena_printf(a, "%.*s%s", STR_FMT(base), roles),
	    .headers = &header,
	    .n_headers = 1,
	};
	if (!fetch(c, ctx, METADATA_TIMEOUT_MS, &request, a, &role, err))
		return false;
	role.n = str_find(role, STR("\n"));
	request.url = arena_printf(a, "%.*s%s%.*s", STR_FMT(base), roles, STR_FMT(role));
	return fetch(c, ctx, METADATA_TIMEOUT_MS, &request, a, &json, err) &&
	       parse_json_key(json, a, out, err);
}

/* --- the chain -------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	source_fn *find;
} sources[] = {
    {"environment", from_environment},    {"credentials file", from_file},
    {"web identity", from_web_identity},  {"container", from_container},
    {"instance metadata", from_instance},
};

static void grant(const struct aws_credentials *c, const struct found *found,
		  struct access_grant *out)
{
	out->parts[ACCESS_KEY] = found->key.access_key;
	out->parts[SECRET_KEY] = found->key.secret_key;
	out->parts[SESSION_TOKEN] = found->key.session_token;
	out->lifetime_ms = found->expires_ms == INT64_MAX
			       ? INT64_MAX
			       : found->expires_ms - clock_wall_ms(c->o.clock);
}

static bool search(void *arg, struct ctx *ctx, struct arena *a, struct access_grant *out,
		   struct err *err)
{
	struct aws_credentials *c = arg;
	struct buf tried auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		struct err why = ERR_INIT;
		struct found found = {.expires_ms = INT64_MAX};
		bool ok = sources[i].find(c, ctx, a, &found, &why);
		if (ok && found.key.access_key.n && found.key.secret_key.n) {
			grant(c, &found, out);
			return true;
		}
		buf_printf(&tried, "%s%s: %s", tried.n ? "; " : "", sources[i].name,
			   ok ? "none" : why.msg);
	}
	return err_set(err, ERR_UNAVAILABLE, "no AWS credentials were found: %s", buf_cstr(&tried));
}

static struct aws_key copy_key(const struct aws_key *key, struct arena *a)
{
	return (struct aws_key){arena_str(a, key->access_key), arena_str(a, key->secret_key),
				arena_str(a, key->session_token)};
}

struct aws_credentials *aws_credentials_new(const struct aws_credentials_options *options)
{
	struct aws_credentials *c = NEW(struct aws_credentials);

	c->o = *options;
	c->strings = arena_new(NULL);
	c->found = access_token_new(options->clock, search, c);
	c->o.key = copy_key(&options->key, c->strings);
	c->o.sts_endpoint = arena_str(c->strings, options->sts_endpoint);
	c->o.region = arena_str(c->strings, options->region);
	return c;
}

void aws_credentials_free(struct aws_credentials *c)
{
	if (!c)
		return;
	arena_free(c->strings);
	access_token_free(c->found);
	free(c);
}

bool aws_credentials_get(struct aws_credentials *c, struct ctx *ctx, struct arena *a,
			 struct aws_key *out, struct err *err)
{
	struct access_grant found;

	if (c->o.key.access_key.n) {
		*out = c->o.key;
		return true;
	}
	if (!access_token_get(c->found, ctx, a, &found, err))
		return false;
	*out = (struct aws_key){found.parts[ACCESS_KEY], found.parts[SECRET_KEY],
				found.parts[SESSION_TOKEN]};
	return true;
}
