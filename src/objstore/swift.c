#include "objstore/swift.h"

#include "base/alloc.h"
#include "base/time_text.h"
#include "base/utf8.h"
#include "codec/json.h"
#include "objstore/keystone.h"
#include "objstore/object_name.h"
#include "objstore/swift_internal.h"

#include <stdlib.h>

enum { PAGE_ENTRIES = 1000, OPEN_TIMEOUT_MS = 120000 };

/* --- requests --------------------------------------------------------------------------------- */

void swift_request(struct store_request *r, const char *method, struct str container,
		   struct str name, struct arena *a)
{
	struct buf path auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	store_path_add(&path, container);
	if (name.n)
		store_path_add(&path, name);
	*r = (struct store_request){
	    .method = method,
	    .path = arena_str(a, buf_str(&path)),
	    .object = arena_printf(a, "%.*s/%.*s", STR_FMT(container), STR_FMT(name)),
	};
}

/* Where the account is may change with the token. */
static bool sign(void *arg, struct ctx *ctx, struct store_request *r, struct arena *a,
		 struct err *err)
{
	struct swift_bucket *b = arg;
	struct swift_account account;

	if (!swift_auth_get(b->auth, ctx, a, &account, err))
		return false;
	r->base = account.base;
	r->path = str_of(arena_printf(a, "%.*s%.*s", STR_FMT(account.path), STR_FMT(r->path)));
	store_request_add(r, "x-auth-token", account.token);
	return true;
}

/* A token may end before its time. 422: the body did not arrive as it was sent. */
static bool learn(void *arg, const struct store_answer *answer, struct arena *a)
{
	struct swift_bucket *b = arg;

	(void)a;
	if (answer->status == 401)
		swift_auth_drop(b->auth);
	return answer->status == 401 || answer->status == 422;
}

/* --- names ------------------------------------------------------------------------------------ */

/* Segments beside the objects are no objects. */
static bool is_segment(const struct swift_bucket *b, struct str name)
{
	return str_starts(name, STR(SWIFT_SEGMENTS_DIR)) &&
	       str_eq(b->container, b->segments_container);
}

static bool check_text(const struct swift_bucket *b, struct str name, struct err *err)
{
	if (!utf8_valid(name))
		return err_set(err, ERR_INVALID, "object name: Swift wants UTF-8");
	return !is_segment(b, name) ||
	       err_set(err, ERR_INVALID, "object name \"%.*s\": " SWIFT_SEGMENTS_DIR " is reserved",
		       STR_FMT(name));
}

bool swift_check_name(const struct swift_bucket *b, struct str name, struct err *err)
{
	return object_name_check(name, err) && check_text(b, name, err);
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool ask_head(struct swift_bucket *b, struct ctx *ctx, struct str name, struct arena *a,
		     struct store_answer *answer, struct err *err)
{
	struct store_request r;

	swift_request(&r, "HEAD", b->container, name, a);
	return http_store_ask(b->store, ctx, &r, 0, a, answer, err);
}

static bool swift_attrs(struct bucket *base, struct ctx *ctx, struct str name,
			struct object_attrs *out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct swift_bucket *b = (struct swift_bucket *)base;
	struct store_answer answer;

	if (!swift_check_name(b, name, err) || !ask_head(b, ctx, name, a, &answer, err))
		return false;
	*out = store_answer_attrs(&answer, a);
	return true;
}

static bool swift_get(struct bucket *base, struct ctx *ctx, struct str name, int64_t offset,
		      int64_t length, struct byte_sink *sink, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct swift_bucket *b = (struct swift_bucket *)base;
	struct object_attrs ignored;
	struct store_request r;

	if (!swift_check_name(b, name, err) || !object_range_check(name, offset, length, err))
		return false;
	if (length == 0)
		return swift_attrs(base, ctx, name, &ignored, err);
	swift_request(&r, "GET", b->container, name, a);
	return http_store_get(b->store, ctx, &r, offset, length, sink, err);
}

/* Segments go first: while the manifest is there, what is left of them can be found again. */
static bool swift_remove(struct bucket *base, struct ctx *ctx, struct str name, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct swift_bucket *b = (struct swift_bucket *)base;
	struct swift_segments segments = {0};
	struct store_request r;
	struct store_answer answer;
	bool is_marker;

	if (!object_removal_check(name, &is_marker, err) || !check_text(b, name, err) ||
	    !ask_head(b, ctx, name, a, &answer, err) ||
	    !swift_segments_of(b, ctx, name, &answer, a, &segments, err) ||
	    !swift_segments_remove(b, ctx, &segments, err))
		return false;
	swift_request(&r, "DELETE", b->container, name, a);
	return http_store_remove(b->store, ctx, &r, a, err);
}

/* --- listing ---------------------------------------------------------------------------------- */

static struct str list_query(const struct swift_listing *listing, struct str marker,
			     struct arena *a)
{
	struct buf query auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	if (listing->delimiter[0])
		store_query_add(&query, "delimiter", str_of(listing->delimiter));
	store_query_add(&query, "format", STR("json"));
	store_query_add(&query, "limit", str_of(arena_printf(a, "%d", PAGE_ENTRIES)));
	if (marker.n)
		store_query_add(&query, "marker", marker);
	if (listing->prefix.n)
		store_query_add(&query, "prefix", listing->prefix);
	return arena_str(a, buf_str(&query));
}

/* {"name", "bytes", "last_modified"} or {"subdir"}; times come without their zone, which is UTC. */
static bool parse_entry(const struct json *item, struct arena *a, struct bucket_entry *out,
			struct err *err)
{
	const struct json *subdir = json_get(item, "subdir"), *name;
	struct str modified = {0};

	*out = (struct bucket_entry){.has_attrs = subdir == NULL};
	if (subdir)
		return json_to_str(subdir, &out->name, err);
	if (!json_require(item, "name", &name, err) || !json_to_str(name, &out->name, err) ||
	    !json_to_i64(json_get(item, "bytes"), &out->attrs.size_bytes, err) ||
	    !json_to_str(json_get(item, "last_modified"), &modified, err))
		return false;
	const char *zone = str_ends(modified, STR("Z")) ? "" : "Z";
	struct str at = str_of(arena_printf(a, "%.*s%s", STR_FMT(modified), zone));
	return modified.n == 0 || time_parse(at, &out->attrs.modified_ms, err);
}

static bool emit_page(const struct json *root, struct arena *a, bucket_list_fn *fn, void *arg,
		      struct str *last, struct err *err)
{
	if (root->type != JSON_ARRAY)
		return err_set(err, ERR_CORRUPT, "a listing that is no array");
	for (const struct json *v = root->first; v; v = v->next) {
		struct bucket_entry entry;
		if (!parse_entry(v, a, &entry, err) || !fn(&entry, arg, err))
			return false;
		*last = entry.name;
	}
	return true;
}

bool swift_list_all(struct swift_bucket *b, struct ctx *ctx, const struct swift_listing *listing,
		    bucket_list_fn *fn, void *arg, struct err *err)
{
	struct arena *markers auto_free(arena_free) = arena_new(NULL);
	struct str marker = STR("");
	size_t n_entries;

	do {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct store_request r;
		struct store_answer answer;
		const struct json *root;
		struct str last = STR("");
		swift_request(&r, "GET", listing->container, STR(""), a);
		r.query = list_query(listing, marker, a);
		if (!http_store_ask(b->store, ctx, &r, SWIFT_ANSWER_MAX_BYTES, a, &answer, err))
			return false;
		if (answer.body.n == 0)
			return true; /* 204 */
		if (!json_parse(answer.body, a, &root, err) ||
		    !emit_page(root, a, fn, arg, &last, err))
			return false;
		n_entries = root->n;
		arena_clear(markers);
		marker = arena_str(markers, last);
	} while (n_entries >= PAGE_ENTRIES);
	return true;
}

struct object_listing {
	struct swift_bucket *b;
	struct ctx *ctx;
	bucket_list_fn *fn;
	void *arg;
};

/* A dynamic large object is listed with the size of its manifest, which is 0. */
static bool emit_object(const struct bucket_entry *listed, void *arg, struct err *err)
{
	struct object_listing *l = arg;
	struct bucket_entry entry = *listed;

	if (is_segment(l->b, entry.name))
		return true;
	if (entry.has_attrs && entry.attrs.size_bytes == 0 &&
	    !swift_attrs(&l->b->base, l->ctx, entry.name, &entry.attrs, err))
		return err->code == ERR_NOT_FOUND; /* it went away */
	return l->fn(&entry, l->arg, err);
}

static bool swift_list(struct bucket *base, struct ctx *ctx, struct str prefix,
		       enum bucket_list_mode mode, bucket_list_fn *fn, void *arg, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct swift_bucket *b = (struct swift_bucket *)base;
	struct object_listing objects = {b, ctx, fn, arg};
	struct str dir;

	if (!object_prefix_check(prefix, &dir, err))
		return false;
	struct swift_listing listing = {
	    .container = b->container,
	    .prefix = dir.n ? str_of(arena_printf(a, "%.*s/", STR_FMT(dir))) : STR(""),
	    .delimiter = mode == LIST_DIRECTORY ? "/" : "",
	};
	return swift_list_all(b, ctx, &listing, emit_object, &objects, err);
}

/* --- opening ---------------------------------------------------------------------------------- */

static const char *swift_name(struct bucket *base)
{
	return ((struct swift_bucket *)base)->container.p;
}

static void swift_close(struct bucket *base)
{
	struct swift_bucket *b = (struct swift_bucket *)base;

	http_store_free(b->store);
	swift_auth_free(b->auth);
	http_store_free(b->plain);
	arena_free(b->a);
	free(b);
}

static const struct bucket_ops swift_ops = {
    .list = swift_list,
    .get = swift_get,
    .attrs = swift_attrs,
    .put = swift_put,
    .remove = swift_remove,
    .name = swift_name,
    .close = swift_close,
};

static bool check_container(struct swift_bucket *b, struct str container, struct err *err)
{
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, OPEN_TIMEOUT_MS);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct store_request r;
	struct store_answer answer;

	swift_request(&r, "HEAD", container, STR(""), a);
	if (!http_store_call(b->store, ctx, &r, 0, a, &answer, err))
		return false;
	if (answer.status == 404)
		return err_set(err, ERR_NOT_FOUND, "unable to find the expected container %.*s",
			       STR_FMT(container));
	return answer.status / 100 == 2 || http_store_fail(b->store, &r, &answer, a, err);
}

static struct http_store *open_store(const struct swift_config *config, struct loop *loop,
				     const struct http_store_options *options, struct err *err)
{
	struct http_client_options http;

	transport_config_options(&config->http, &http);
	http.connect_timeout_ms = config->connect_timeout_ms;
	http.stall_timeout_ms = config->stall_timeout_ms;
	struct http_client *client = http_client_new(loop, &http, err);
	return client ? http_store_new(client, options) : NULL;
}

struct bucket *swift_bucket_new(const struct swift_config *config, struct loop *loop,
				struct clock *clock, struct err *err)
{
	struct swift_bucket *b = NEW(struct swift_bucket);
	struct http_store_options plain = {
	    .kind = "Swift",
	    .max_retries = (int)config->retries,
	    .clock = clock,
	    .explain = keystone_explain,
	};
	struct http_store_options with_token = plain;

	with_token.sign = sign;
	with_token.learn = learn;
	with_token.arg = b;
	with_token.hedging = config->http.hedging;
	b->base.ops = &swift_ops;
	b->a = arena_new(NULL);
	b->container = arena_str(b->a, config->container);
	b->segments_container = arena_str(b->a, config->segments_container);
	b->segment_bytes = (size_t)config->segment_bytes;
	b->is_dynamic = config->use_dynamic_large_objects;
	b->plain = open_store(config, loop, &plain, err);
	b->store = b->plain ? open_store(config, loop, &with_token, err) : NULL;
	b->auth = b->store ? swift_auth_new(&config->identity, b->plain, clock, err) : NULL;
	bool is_shared = str_eq(b->container, b->segments_container);
	if (b->auth && check_container(b, b->container, err) &&
	    (is_shared || check_container(b, b->segments_container, err)))
		return &b->base;
	swift_close(&b->base);
	return NULL;
}
