#include "objstore/gcs.h"

#include "base/alloc.h"
#include "base/time_text.h"
#include "codec/json.h"
#include "objstore/gcs_internal.h"
#include "objstore/object_name.h"

#include <stdlib.h>

enum {
	DEFAULT_CHUNK_BYTES = 8 << 20,
	CHUNK_UNIT_BYTES = 256 << 10, /* chunks but the last are multiples of it */
	DEFAULT_RETRIES = 10,
};

/* --- configuration ---------------------------------------------------------------------------- */

static const struct yaml_field fields[] = {
    YAML_FIELD(struct gcs_config, "bucket", bucket, YAML_STR),
    YAML_FIELD(struct gcs_config, "service_account", service_account, YAML_STR),
    YAML_FIELD(struct gcs_config, "use_grpc", use_grpc, YAML_BOOL),
    YAML_FIELD(struct gcs_config, "grpc_conn_pool_size", grpc_conn_pool_size, YAML_I64),
    YAML_FIELD_SUB(struct gcs_config, "http_config", http, &transport_config_table),
    YAML_FIELD(struct gcs_config, "chunk_size_bytes", chunk_bytes, YAML_I64),
    YAML_FIELD(struct gcs_config, "no_auth", no_auth, YAML_BOOL),
    YAML_FIELD(struct gcs_config, "max_retries", max_retries, YAML_I64),
};
static const struct yaml_table table = YAML_TABLE("gcs.Config", struct gcs_config, fields);

bool gcs_config_decode(const struct yaml_node *config, struct arena *a, struct gcs_config *out,
		       struct notes *notes, struct err *err)
{
	*out = (struct gcs_config){0};
	if (!yaml_decode(config, &table, a, out, err))
		return false;
	if (out->bucket.n == 0)
		return err_set(err, ERR_INVALID,
			       "missing Google Cloud Storage bucket name for stored blocks");
	if (out->chunk_bytes < 0 || out->chunk_bytes > INT64_C(1) << 30)
		return err_set(err, ERR_INVALID, "chunk_size_bytes %ld: 0 to 1 GiB are allowed",
			       out->chunk_bytes);
	if (out->use_grpc)
		notes_add(notes, NOTE_WARNING,
			  "object store configuration: use_grpc: GCS is asked by HTTP instead");
	return true;
}

/* --- requests --------------------------------------------------------------------------------- */

void gcs_request(struct gcs_bucket *b, struct store_request *r, const char *method,
		 const char *service, struct str name, struct arena *a)
{
	struct buf path auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	buf_puts(&path, service);
	http_percent_encode(b->bucket, &path);
	buf_puts(&path, "/o");
	if (name.n) {
		buf_putc(&path, '/');
		http_percent_encode(name, &path);
	}
	*r = (struct store_request){
	    .method = method,
	    .base = b->base_url,
	    .path = arena_str(a, buf_str(&path)),
	    .object = arena_printf(a, "%.*s/%.*s", STR_FMT(b->bucket), STR_FMT(name)),
	};
}

static bool sign(void *arg, struct ctx *ctx, struct store_request *r, struct arena *a,
		 struct err *err)
{
	struct gcs_bucket *b = arg;
	struct access_grant grant;

	if (!b->credentials)
		return true;
	if (!access_token_get(gcs_credentials_token(b->credentials), ctx, a, &grant, err))
		return false;
	store_request_add(r, "authorization",
			  str_of(arena_printf(a, "Bearer %.*s", STR_FMT(grant.parts[0]))));
	return true;
}

/* A token may be revoked before its time. */
static bool learn(void *arg, const struct store_answer *answer, struct arena *a)
{
	struct gcs_bucket *b = arg;

	(void)a;
	if (answer->status != 401 || !b->credentials)
		return false;
	access_token_drop(gcs_credentials_token(b->credentials));
	return true;
}

/* {"error": {"message": ...}} */
static struct str explain(const struct store_answer *answer, struct arena *a)
{
	const struct json *root;
	struct str message = {0};
	struct err ignored;

	if (json_parse(answer->body, a, &root, &ignored))
		json_to_str(json_get(json_get(root, "error"), "message"), &message, &ignored);
	return message;
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool parse_attrs(const struct json *item, struct object_attrs *out, struct err *err)
{
	struct str size = STR(""), updated = STR("");

	if (!json_to_str(json_get(item, "size"), &size, err) ||
	    !json_to_str(json_get(item, "updated"), &updated, err))
		return false;
	out->size_bytes = strtoll(size.n ? size.p : "0", NULL, 10);
	return time_parse(updated, &out->modified_ms, err);
}

static bool gcs_attrs(struct bucket *base, struct ctx *ctx, struct str name,
		      struct object_attrs *out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct gcs_bucket *b = (struct gcs_bucket *)base;
	struct store_request r;
	struct store_answer answer;
	const struct json *root;

	if (!object_name_check(name, err))
		return false;
	gcs_request(b, &r, "GET", "/storage/v1/b/", name, a);
	return http_store_ask(b->store, ctx, &r, GCS_ANSWER_MAX_BYTES, a, &answer, err) &&
	       ((json_parse(answer.body, a, &root, err) && parse_attrs(root, out, err)) ||
		err_wrap(err, "GCS: GET %s", r.object));
}

static bool gcs_get(struct bucket *base, struct ctx *ctx, struct str name, int64_t offset,
		    int64_t length, struct byte_sink *sink, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct gcs_bucket *b = (struct gcs_bucket *)base;
	struct object_attrs ignored;
	struct store_request r;

	if (!object_name_check(name, err) || !object_range_check(name, offset, length, err))
		return false;
	if (length == 0)
		return gcs_attrs(base, ctx, name, &ignored, err);
	gcs_request(b, &r, "GET", "/storage/v1/b/", name, a);
	r.query = STR("alt=media");
	return http_store_get(b->store, ctx, &r, offset, length, sink, err);
}

static bool gcs_remove(struct bucket *base, struct ctx *ctx, struct str name, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct gcs_bucket *b = (struct gcs_bucket *)base;
	struct store_request r;
	bool is_marker;

	if (!object_removal_check(name, &is_marker, err))
		return false;
	gcs_request(b, &r, "DELETE", "/storage/v1/b/", name, a);
	return http_store_remove(b->store, ctx, &r, a, err);
}

/* --- listing ---------------------------------------------------------------------------------- */

static struct str list_query(struct str dir, enum bucket_list_mode mode, struct str next,
			     struct arena *a)
{
	struct buf query auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	if (mode == LIST_DIRECTORY)
		store_query_add(&query, "delimiter", STR("/"));
	store_query_add(&query, "fields", STR("nextPageToken,prefixes,items(name,size,updated)"));
	store_query_add(&query, "maxResults", STR("1000"));
	if (next.n)
		store_query_add(&query, "pageToken", next);
	store_query_add(&query, "prefix",
			dir.n ? str_of(arena_printf(a, "%.*s/", STR_FMT(dir))) : STR(""));
	return arena_str(a, buf_str(&query));
}

static bool emit_page(const struct json *root, bucket_list_fn *fn, void *arg, struct err *err)
{
	const struct json *items = json_get(root, "items"), *prefixes = json_get(root, "prefixes");

	if (!json_is(items, JSON_ARRAY, err) || !json_is(prefixes, JSON_ARRAY, err))
		return false;
	for (const struct json *v = items ? items->first : NULL; v; v = v->next) {
		struct bucket_entry entry = {.has_attrs = true};
		if (!json_to_str(json_get(v, "name"), &entry.name, err) ||
		    !parse_attrs(v, &entry.attrs, err) || !fn(&entry, arg, err))
			return false;
	}
	for (const struct json *v = prefixes ? prefixes->first : NULL; v; v = v->next) {
		struct bucket_entry entry = {0};
		if (!json_to_str(v, &entry.name, err) || !fn(&entry, arg, err))
			return false;
	}
	return true;
}

static bool gcs_list(struct bucket *base, struct ctx *ctx, struct str prefix,
		     enum bucket_list_mode mode, bucket_list_fn *fn, void *arg, struct err *err)
{
	struct arena *tokens auto_free(arena_free) = arena_new(NULL);
	struct gcs_bucket *b = (struct gcs_bucket *)base;
	struct str dir, next = STR("");

	if (!object_prefix_check(prefix, &dir, err))
		return false;
	do {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct store_request r;
		struct store_answer answer;
		const struct json *root;
		struct str token = STR("");
		gcs_request(b, &r, "GET", "/storage/v1/b/", STR(""), a);
		r.query = list_query(dir, mode, next, a);
		if (!http_store_ask(b->store, ctx, &r, GCS_ANSWER_MAX_BYTES, a, &answer, err) ||
		    !json_parse(answer.body, a, &root, err) || !emit_page(root, fn, arg, err) ||
		    !json_to_str(json_get(root, "nextPageToken"), &token, err))
			return false;
		arena_clear(tokens);
		next = arena_str(tokens, token);
	} while (next.n);
	return true;
}

/* --- opening ---------------------------------------------------------------------------------- */

static const char *gcs_name(struct bucket *base)
{
	return ((struct gcs_bucket *)base)->bucket.p;
}

static void gcs_close(struct bucket *base)
{
	struct gcs_bucket *b = (struct gcs_bucket *)base;

	http_store_free(b->store);
	gcs_credentials_free(b->credentials);
	http_client_free(b->credentials_client);
	arena_free(b->a);
	free(b);
}

static const struct bucket_ops gcs_ops = {
    .list = gcs_list,
    .get = gcs_get,
    .attrs = gcs_attrs,
    .put = gcs_put,
    .remove = gcs_remove,
    .name = gcs_name,
    .close = gcs_close,
};

static bool open_credentials(struct gcs_bucket *b, const struct gcs_config *config,
			     struct loop *loop, struct clock *clock, struct err *err)
{
	struct http_client_options plain = {0};

	if (config->no_auth)
		return true;
	b->credentials_client = http_client_new(loop, &plain, err);
	if (!b->credentials_client)
		return false;
	b->credentials =
	    gcs_credentials_new(config->service_account, b->credentials_client, clock, err);
	return b->credentials != NULL;
}

static const char *choose_url(struct arena *a)
{
	const char *emulator = getenv("STORAGE_EMULATOR_HOST");

	if (!emulator || !*emulator)
		return "https://storage.googleapis.com";
	return arena_printf(a, "%s%s", strstr(emulator, "://") ? "" : "http://", emulator);
}

struct bucket *gcs_bucket_new(const struct gcs_config *config, struct loop *loop,
			      struct clock *clock, struct err *err)
{
	struct gcs_bucket *b = NEW(struct gcs_bucket);
	size_t chunk = config->chunk_bytes ? (size_t)config->chunk_bytes : DEFAULT_CHUNK_BYTES;
	struct http_store_options store = {
	    .kind = "GCS",
	    .max_retries = config->max_retries ? (int)config->max_retries - 1 : DEFAULT_RETRIES,
	    .clock = clock,
	    .sign = sign,
	    .explain = explain,
	    .learn = learn,
	    .arg = b,
	    .hedging = config->http.hedging,
	};
	struct http_client_options http;

	b->base.ops = &gcs_ops;
	b->a = arena_new(NULL);
	b->bucket = arena_str(b->a, config->bucket);
	b->base_url = choose_url(b->a);
	b->chunk_bytes = (chunk + CHUNK_UNIT_BYTES - 1) / CHUNK_UNIT_BYTES * CHUNK_UNIT_BYTES;
	transport_config_options(&config->http, &http);
	struct http_client *client = http_client_new(loop, &http, err);
	if (client) {
		b->store = http_store_new(client, &store);
		if (open_credentials(b, config, loop, clock, err))
			return &b->base;
	}
	gcs_close(&b->base);
	return NULL;
}
