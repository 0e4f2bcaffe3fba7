#include "objstore/keystone.h"

#include "codec/json.h"
#include "codec/json_writer.h"

enum { ANSWER_MAX_BYTES = 4 << 20 }; /* with the catalog of a whole cloud */

struct str keystone_explain(const struct store_answer *answer, struct arena *a)
{
	const struct json *root;
	struct str message = {0};
	struct err ignored;

	if (json_parse(answer->body, a, &root, &ignored))
		json_to_str(json_get(json_get(root, "error"), "message"), &message, &ignored);
	return message;
}

/* JSON to a path below the URL. */
static bool post(struct keystone *k, struct ctx *ctx, const char *below, struct buf *body,
		 struct arena *a, struct store_answer *answer, struct err *err)
{
	struct str path = k->url->path;
	struct store_request r = {
	    .method = "POST",
	    .base = k->url->base,
	    .path = str_of(arena_printf(a, "%.*s%s%s", STR_FMT(path),
					str_ends(path, STR("/")) ? "" : "/", below)),
	    .object = below,
	    .body = buf_str(body),
	};

	store_request_add(&r, "content-type", STR("application/json"));
	return http_store_ask(k->store, ctx, &r, ANSWER_MAX_BYTES, a, answer, err);
}

static void put_text(struct json_writer *w, const char *key, struct str value)
{
	if (value.n == 0)
		return;
	json_key(w, key);
	json_put_str(w, value);
}

static void begin_member(struct json_writer *w, const char *key)
{
	json_key(w, key);
	json_begin_object(w);
}

/* --- catalogs --------------------------------------------------------------------------------- */

/* The public endpoint of the object store in the region, or in the first one that has it. Version 2
 * tells interfaces apart by the key of the URL, version 3 by a member. */
struct catalog_dialect {
	const char *url_key;
	bool has_interfaces;
};

static const struct catalog_dialect dialect_v2 = {"publicURL", false}, dialect_v3 = {"url", true};

static struct str text_of(const struct json *object, const char *key)
{
	struct str text = STR("");
	struct err no_text;

	json_to_str(json_get(object, key), &text, &no_text);
	return text;
}

static bool is_wanted(const struct json *endpoint, const struct catalog_dialect *d,
		      struct str region)
{
	if (d->has_interfaces && !str_is(text_of(endpoint, "interface"), "public"))
		return false;
	return region.n == 0 || str_eq(text_of(endpoint, "region"), region) ||
	       str_eq(text_of(endpoint, "region_id"), region);
}

static const struct json *elements(const struct json *array)
{
	return array && array->type == JSON_ARRAY ? array->first : NULL;
}

static bool find_endpoint(const struct json *catalog, const struct catalog_dialect *d,
			  struct str region, struct str *out, struct err *err)
{
	for (const struct json *s = elements(catalog); s; s = s->next) {
		if (!str_is(text_of(s, "type"), "object-store"))
			continue;
		for (const struct json *e = elements(json_get(s, "endpoints")); e; e = e->next) {
			*out = text_of(e, d->url_key);
			if (out->n && is_wanted(e, d, region))
				return true;
		}
	}
	return err_set(err, ERR_UNAVAILABLE, "the catalog has no public object-store%s%.*s",
		       region.n ? " in region " : "", STR_FMT(region));
}

/* --- version 2 -------------------------------------------------------------------------------- */

static void write_v2(const struct keystone *k, struct buf *body)
{
	const struct swift_identity *id = k->identity;
	struct json_writer w;

	json_writer_init(&w, body, JSON_ESCAPE_PLAIN);
	json_begin_object(&w);
	begin_member(&w, "auth");
	begin_member(&w, k->sends_api_key ? "RAX-KSKEY:apiKeyCredentials" : "passwordCredentials");
	json_key(&w, "username");
	json_put_str(&w, id->username);
	json_key(&w, k->sends_api_key ? "apiKey" : "password");
	json_put_str(&w, id->password);
	json_end_object(&w);
	put_text(&w, "tenantName", id->project_name);
	put_text(&w, "tenantId", id->project_id);
	json_end_object(&w);
	json_end_object(&w);
}

static bool ask_v2(struct keystone *k, struct ctx *ctx, struct arena *a,
		   struct store_answer *answer, struct err *err)
{
	struct buf body auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	*answer = (struct store_answer){0};
	write_v2(k, &body);
	return post(k, ctx, "tokens", &body, a, answer, err);
}

/* Whether it is a password or a key that was given is found out by trying. */
bool keystone_ask_v2(struct keystone *k, struct ctx *ctx, struct arena *a,
		     struct keystone_answer *out, struct err *err)
{
	struct store_answer answer;
	const struct json *root;

	if (!ask_v2(k, ctx, a, &answer, err)) {
		struct err first = *err;
		if (answer.status != 400 && answer.status != 401)
			return false;
		k->sends_api_key = !k->sends_api_key;
		if (!ask_v2(k, ctx, a, &answer, err)) {
			k->sends_api_key = !k->sends_api_key;
			*err = first;
			return false;
		}
	}
	if (!json_parse(answer.body, a, &root, err))
		return false;
	const struct json *access = json_get(root, "access"), *token = json_get(access, "token");
	out->token = text_of(token, "id");
	out->expires = text_of(token, "expires");
	return find_endpoint(json_get(access, "serviceCatalog"), &dialect_v2, k->identity->region,
			     &out->storage_url, err);
}

/* --- version 3 -------------------------------------------------------------------------------- */

/* Thanos takes domain_name and domain_id for the user's domain; user_domain_* count where those are
 * not given. */
static void put_user_domain(struct json_writer *w, const struct swift_identity *id)
{
	struct str name = id->domain_name, number = name.n ? STR("") : id->domain_id;

	if (name.n == 0 && number.n == 0) {
		name = id->user_domain_name;
		number = name.n ? STR("") : id->user_domain_id;
	}
	if (name.n == 0 && number.n == 0)
		return;
	begin_member(w, "domain");
	put_text(w, "name", name);
	put_text(w, "id", number);
	json_end_object(w);
}

static void put_project_domain(struct json_writer *w, const struct swift_identity *id)
{
	const struct {
		const char *key;
		struct str value;
	} choices[] = {
	    {"name", id->project_domain_name}, {"id", id->project_domain_id},
	    {"name", id->domain_name},         {"id", id->domain_id},
	    {"name", STR("Default")},
	};
	size_t i = 0;

	while (choices[i].value.n == 0)
		i++;
	begin_member(w, "domain");
	put_text(w, choices[i].key, choices[i].value);
	json_end_object(w);
}

static bool has_application_credential(const struct swift_identity *id)
{
	return (id->application_credential_id.n || id->application_credential_name.n) &&
	       id->application_credential_secret.n;
}

static void begin_method(struct json_writer *w, const char *method)
{
	json_key(w, "methods");
	json_begin_array(w);
	json_put_cstr(w, method);
	json_end_array(w);
	begin_member(w, method);
}

static void put_user(struct json_writer *w, const struct swift_identity *id, struct str password)
{
	begin_member(w, "user");
	put_text(w, "id", id->user_id);
	if (id->user_id.n == 0 || password.n)
		put_text(w, "name", id->username);
	if (id->user_id.n == 0 || password.n)
		put_user_domain(w, id);
	put_text(w, "password", password);
	json_end_object(w);
}

static void put_identity(struct json_writer *w, const struct swift_identity *id)
{
	if (has_application_credential(id)) {
		begin_method(w, "application_credential");
		put_text(w, "id", id->application_credential_id);
		if (id->application_credential_id.n == 0) {
			put_text(w, "name", id->application_credential_name);
			put_user(w, id, STR(""));
		}
		put_text(w, "secret", id->application_credential_secret);
	} else if (id->username.n || id->user_id.n) {
		begin_method(w, "password");
		put_user(w, id, id->password);
	} else {
		begin_method(w, "token");
		put_text(w, "id", id->password);
	}
	json_end_object(w);
}

/* An application credential has its project already. */
static void put_scope(struct json_writer *w, const struct swift_identity *id)
{
	if (has_application_credential(id) || (id->project_id.n == 0 && id->project_name.n == 0))
		return;
	begin_member(w, "scope");
	begin_member(w, "project");
	if (id->project_id.n) {
		put_text(w, "id", id->project_id);
	} else {
		put_text(w, "name", id->project_name);
		put_project_domain(w, id);
	}
	json_end_object(w);
	json_end_object(w);
}

static void write_v3(const struct swift_identity *id, struct buf *body)
{
	struct json_writer w;

	json_writer_init(&w, body, JSON_ESCAPE_PLAIN);
	json_begin_object(&w);
	begin_member(&w, "auth");
	begin_member(&w, "identity");
	put_identity(&w, id);
	json_end_object(&w);
	put_scope(&w, id);
	json_end_object(&w);
	json_end_object(&w);
}

bool keystone_ask_v3(struct keystone *k, struct ctx *ctx, struct arena *a,
		     struct keystone_answer *out, struct err *err)
{
	struct buf body auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct store_answer answer;
	const struct json *root;

	write_v3(k->identity, &body);
	if (!post(k, ctx, "auth/tokens", &body, a, &answer, err) ||
	    !json_parse(answer.body, a, &root, err))
		return false;
	const struct json *token = json_get(root, "token");
	out->token = arena_str(a, http_header_value(&answer.headers, "x-subject-token"));
	out->expires = text_of(token, "expires_at");
	return find_endpoint(json_get(token, "catalog"), &dialect_v3, k->identity->region,
			     &out->storage_url, err);
}

bool keystone_check_v3(const struct swift_identity *id, struct err *err)
{
	bool by_name = has_application_credential(id) && id->application_credential_id.n == 0 &&
		       id->user_id.n == 0;
	bool has_domain =
	    id->domain_id.n || id->domain_name.n || id->user_domain_id.n || id->user_domain_name.n;

	if (by_name && id->username.n == 0)
		return err_set(err, ERR_INVALID,
			       "application_credential_name wants user_id or username");
	if (by_name && !has_domain)
		return err_set(err, ERR_INVALID,
			       "application_credential_name wants domain_id or domain_name");
	return true;
}
