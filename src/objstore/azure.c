#include "objstore/azure.h"

#include "base/alloc.h"
#include "codec/xml.h"
#include "objstore/azure_internal.h"
#include "objstore/object_name.h"

#include <stdlib.h>

enum { DEFAULT_RETRIES = 10, OPEN_TIMEOUT_MS = 120000 };

/* --- requests --------------------------------------------------------------------------------- */

void azure_request(struct azure_bucket *b, struct store_request *r, const char *method,
		   struct str name, struct arena *a)
{
	struct buf path auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	buf_append_str(&path, b->path);
	if (name.n)
		store_path_add(&path, name);
	*r = (struct store_request){
	    .method = method,
	    .base = b->base_url,
	    .path = arena_str(a, buf_str(&path)),
	    .object = arena_printf(a, "%.*s/%.*s", STR_FMT(b->container), STR_FMT(name)),
	};
}

static bool sign(void *arg, struct ctx *ctx, struct store_request *r, struct arena *a,
		 struct err *err)
{
	return azure_auth_sign(((struct azure_bucket *)arg)->auth, ctx, r, a, err);
}

static bool learn(void *arg, const struct store_answer *answer, struct arena *a)
{
	(void)a;
	return answer->status == 401 && azure_auth_drop(((struct azure_bucket *)arg)->auth);
}

static struct str explain(const struct store_answer *answer, struct arena *a)
{
	(void)a;
	return http_header_value(&answer->headers, "x-ms-error-code");
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool azure_attrs(struct bucket *base, struct ctx *ctx, struct str name,
			struct object_attrs *out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct azure_bucket *b = (struct azure_bucket *)base;
	struct store_request r;
	struct store_answer answer;

	if (!object_name_check(name, err))
		return false;
	azure_request(b, &r, "HEAD", name, a);
	if (!http_store_ask(b->store, ctx, &r, 0, a, &answer, err))
		return false;
	*out = store_answer_attrs(&answer, a);
	return true;
}

static bool azure_get(struct bucket *base, struct ctx *ctx, struct str name, int64_t offset,
		      int64_t length, struct byte_sink *sink, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct azure_bucket *b = (struct azure_bucket *)base;
	struct object_attrs ignored;
	struct store_request r;

	if (!object_name_check(name, err) || !object_range_check(name, offset, length, err))
		return false;
	if (length == 0)
		return azure_attrs(base, ctx, name, &ignored, err);
	azure_request(b, &r, "GET", name, a);
	return http_store_get(b->store, ctx, &r, offset, length, sink, err);
}

static bool azure_remove(struct bucket *base, struct ctx *ctx, struct str name, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct azure_bucket *b = (struct azure_bucket *)base;
	struct store_request r;
	bool is_marker;

	if (!object_removal_check(name, &is_marker, err))
		return false;
	azure_request(b, &r, "DELETE", name, a);
	return http_store_remove(b->store, ctx, &r, a, err);
}

/* --- listing ---------------------------------------------------------------------------------- */

struct list_page {
	struct arena *a;
	bucket_list_fn *fn;
	void *arg;
	struct str next;
	/* Of the entry being read. */
	struct str name;
	struct object_attrs attrs;
};

static bool take_element(void *arg, const char *path, struct str text, struct err *err)
{
	struct list_page *page = arg;
	const char *at = strncmp(path, "EnumerationResults/", 19) == 0 ? path + 19 : "";
	struct bucket_entry entry = {.name = page->name};

	if (strcmp(at, "Blobs/Blob/Name") == 0 || strcmp(at, "Blobs/BlobPrefix/Name") == 0) {
		page->name = arena_str(page->a, text);
	} else if (strcmp(at, "Blobs/Blob/Properties/Content-Length") == 0) {
		page->attrs.size_bytes = strtoll(arena_cstr(page->a, text), NULL, 10);
	} else if (strcmp(at, "Blobs/Blob/Properties/Last-Modified") == 0) {
		page->attrs.modified_ms = store_parse_date(text, page->a);
	} else if (strcmp(at, "Blobs/Blob") == 0) {
		entry.has_attrs = true;
		entry.attrs = page->attrs;
		return page->fn(&entry, page->arg, err);
	} else if (strcmp(at, "Blobs/BlobPrefix") == 0) {
		return page->fn(&entry, page->arg, err);
	} else if (strcmp(at, "NextMarker") == 0) {
		page->next = arena_str(page->a, text);
	}
	return true;
}

static struct str list_query(struct str dir, enum bucket_list_mode mode, struct str next,
			     struct arena *a)
{
	struct buf query auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	store_query_add(&query, "comp", STR("list"));
	if (mode == LIST_DIRECTORY)
		store_query_add(&query, "delimiter", STR("/"));
	if (next.n)
		store_query_add(&query, "marker", next);
	store_query_add(&query, "maxresults", STR("1000"));
	if (dir.n)
		store_query_add(&query, "prefix", str_of(arena_printf(a, "%.*s/", STR_FMT(dir))));
	store_query_add(&query, "restype", STR("container"));
	return arena_str(a, buf_str(&query));
}

static bool azure_list(struct bucket *base, struct ctx *ctx, struct str prefix,
		       enum bucket_list_mode mode, bucket_list_fn *fn, void *arg, struct err *err)
{
	struct arena *markers auto_free(arena_free) = arena_new(NULL);
	struct azure_bucket *b = (struct azure_bucket *)base;
	struct str dir, next = STR("");

	if (!object_prefix_check(prefix, &dir, err))
		return false;
	do {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct list_page page = {.a = a, .fn = fn, .arg = arg};
		struct store_request r;
		struct store_answer answer;
		azure_request(b, &r, "GET", STR(""), a);
		r.query = list_query(dir, mode, next, a);
		if (!http_store_ask(b->store, ctx, &r, AZURE_ANSWER_MAX_BYTES, a, &answer, err) ||
		    !xml_walk(str_trim(answer.body, "\xef\xbb\xbf"), take_element, &page, err))
			return false;
		arena_clear(markers);
		next = arena_str(markers, page.next);
	} while (next.n);
	return true;
}

/* --- opening ---------------------------------------------------------------------------------- */

static const char *azure_name(struct bucket *base)
{
	return ((struct azure_bucket *)base)->container.p;
}

static void azure_close(struct bucket *base)
{
	struct azure_bucket *b = (struct azure_bucket *)base;

	http_store_free(b->store);
	azure_auth_free(b->auth);
	http_client_free(b->token_client);
	arena_free(b->a);
	free(b);
}

static const struct bucket_ops azure_ops = {
    .list = azure_list,
    .get = azure_get,
    .attrs = azure_attrs,
    .put = azure_put,
    .remove = azure_remove,
    .name = azure_name,
    .close = azure_close,
};

/* "Name=value;Name=value": the value of a name, or an empty str. */
static struct str setting(struct str text, const char *name)
{
	while (text.n) {
		size_t end = str_find(text, STR(";"));
		struct str pair = str_from(text.p, end);
		size_t equals = str_find(pair, STR("="));
		if (equals < pair.n && str_is(str_from(pair.p, equals), name))
			return str_skip(pair, equals + 1);
		text = str_skip(text, end < text.n ? end + 1 : end);
	}
	return STR("");
}

/* Where the account is served: "https://account.endpoint", or what a connection string says, which
 * may have a path. */
static bool choose_address(struct azure_bucket *b, const struct azure_config *c, struct str account,
			   struct err *err)
{
	struct str text = c->connection_string, url = str_trim(setting(text, "BlobEndpoint"), "/");
	struct str protocol = setting(text, "DefaultEndpointsProtocol");
	struct str suffix = setting(text, "EndpointSuffix");
	struct store_url parsed;

	if (url.n == 0)
		url = str_of(arena_printf(b->a, "%.*s://%.*s.%s%.*s",
					  STR_FMT(protocol.n ? protocol : STR("https")),
					  STR_FMT(account), suffix.n ? "blob." : "",
					  STR_FMT(suffix.n ? suffix : c->endpoint)));
	if (!store_url_parse(url, "the address of the storage account", b->a, &parsed, err))
		return false;
	b->base_url = parsed.base;
	b->path =
	    str_of(arena_printf(b->a, "%.*s/%.*s", STR_FMT(parsed.path), STR_FMT(b->container)));
	return true;
}

static bool open_auth(struct azure_bucket *b, const struct azure_config *c, struct loop *loop,
		      struct clock *clock, struct err *err)
{
	struct str text = c->connection_string, name = setting(text, "AccountName");
	struct http_client_options plain = {0};
	struct azure_auth_options options = {
	    .account = name.n ? name : c->account,
	    .account_key = text.n ? setting(text, "AccountKey") : c->account_key,
	    .access_signature = str_trim(setting(text, "SharedAccessSignature"), "?"),
	    .tenant_id = c->tenant_id,
	    .client_id = c->client_id,
	    .client_secret = c->client_secret,
	    .user_assigned_id = c->user_assigned_id,
	    .clock = clock,
	};

	if (!choose_address(b, c, options.account, err))
		return false;
	b->token_client = options.client = http_client_new(loop, &plain, err);
	b->auth = b->token_client ? azure_auth_new(&options, err) : NULL;
	return b->auth != NULL;
}

/* Somebody else may make it at the same time. */
static bool make_container(struct azure_bucket *b, struct err *err)
{
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, OPEN_TIMEOUT_MS);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct store_request r;
	struct store_answer answer;

	azure_request(b, &r, "HEAD", STR(""), a);
	r.query = STR("restype=container");
	if (!http_store_call(b->store, ctx, &r, 0, a, &answer, err))
		return false;
	if (answer.status == 200)
		return true;
	if (answer.status != 404)
		return http_store_fail(b->store, &r, &answer, a, err);
	r.method = "PUT";
	return http_store_call(b->store, ctx, &r, AZURE_ANSWER_MAX_BYTES, a, &answer, err) &&
	       (answer.status == 201 || answer.status == 409 ||
		http_store_fail(b->store, &r, &answer, a, err));
}

struct bucket *azure_bucket_new(const struct azure_config *config, struct loop *loop,
				struct clock *clock, struct err *err)
{
	struct azure_bucket *b = NEW(struct azure_bucket);
	int64_t tries =
	    config->pipeline.max_tries ? config->pipeline.max_tries : config->max_retries;
	struct http_store_options store = {
	    .kind = "Azure",
	    .max_retries = tries ? (int)tries : DEFAULT_RETRIES,
	    .clock = clock,
	    .sign = sign,
	    .explain = explain,
	    .learn = learn,
	    .arg = b,
	    .hedging = config->http.hedging,
	};
	struct http_client_options http;

	b->base.ops = &azure_ops;
	b->a = arena_new(NULL);
	b->container = arena_str(b->a, config->container);
	transport_config_options(&config->http, &http);
	struct http_client *client = http_client_new(loop, &http, err);
	if (client) {
		b->store = http_store_new(client, &store);
		if (open_auth(b, config, loop, clock, err) &&
		    (!config->create_container || make_container(b, err)))
			return &b->base;
	}
	azure_close(&b->base);
	return NULL;
}
