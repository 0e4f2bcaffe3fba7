#include "objstore/s3.h"

#include "base/alloc.h"
#include "base/time_text.h"
#include "codec/base64.h"
#include "codec/digest.h"
#include "codec/xml.h"
#include "objstore/object_name.h"
#include "objstore/s3_internal.h"
#include "objstore/sigv4.h"

#include <stdlib.h>

enum { DEFAULT_RETRIES = 10, LIST_MAX_BYTES = 64 << 20 };

/* --- signing ---------------------------------------------------------------------------------- */

static struct str region_of(struct s3_bucket *b, struct arena *a)
{
	pthread_mutex_lock(&b->mu);
	struct str region = arena_str(a, b->region);
	pthread_mutex_unlock(&b->mu);
	return region;
}

static bool sign(void *arg, struct ctx *ctx, struct store_request *r, struct arena *a,
		 struct err *err)
{
	struct s3_bucket *b = arg;
	int64_t now_ms = clock_wall_ms(b->clock);
	struct str digest = STR("UNSIGNED-PAYLOAD");
	struct aws_key key;

	if (!aws_credentials_get(b->credentials, ctx, a, &key, err))
		return false;
	if (b->signs_payload) {
		struct hex_sha256 hex = sha256_hex(sha256_of(r->body));
		digest = arena_str(a, str_of(hex.s));
	}
	store_request_add(r, "host", b->host);
	store_request_add(r, "x-amz-content-sha256", digest);
	store_request_add(r, "x-amz-date", sigv4_date(now_ms, a));
	if (key.session_token.n)
		store_request_add(r, "x-amz-security-token", key.session_token);
	struct sigv4_key with = {key.access_key, key.secret_key, key.session_token, region_of(b, a),
				 "s3"};
	struct sigv4_request what = {
	    .method = r->method,
	    .path = r->path,
	    .query = r->query,
	    .headers = r->headers,
	    .n_headers = r->n_headers,
	    .payload_sha256 = digest,
	    .now_ms = now_ms,
	};
	store_request_add(r, "authorization", sigv4_authorization(&with, &what, a));
	return true;
}

/* --- the store's own words -------------------------------------------------------------------- */

struct error_text {
	struct str code, message, region;
	struct arena *a;
};

static bool take_error_element(void *arg, const char *path, struct str text, struct err *err)
{
	struct error_text *e = arg;

	(void)err;
	if (strcmp(path, "Error/Code") == 0)
		e->code = arena_str(e->a, text);
	else if (strcmp(path, "Error/Message") == 0)
		e->message = arena_str(e->a, text);
	else if (strcmp(path, "Error/Region") == 0)
		e->region = arena_str(e->a, text);
	return true;
}

static struct error_text read_error(const struct store_answer *answer, struct arena *a)
{
	struct error_text e = {.a = a};
	struct err not_xml;

	if (answer->body.n)
		xml_walk(answer->body, take_error_element, &e, &not_xml);
	return e;
}

static struct str explain(const struct store_answer *answer, struct arena *a)
{
	struct error_text e = read_error(answer, a);

	if (e.code.n == 0)
		return STR("");
	return str_of(arena_printf(a, "%.*s%s%.*s", STR_FMT(e.code), e.message.n ? ": " : "",
				   STR_FMT(e.message)));
}

/* A bucket in another region than was thought says so: ask there. */
static bool learn_region(void *arg, const struct store_answer *answer, struct arena *a)
{
	struct s3_bucket *b = arg;
	struct str region = http_header_value(&answer->headers, "x-amz-bucket-region");

	if (region.n == 0)
		region = read_error(answer, a).region;
	if (region.n == 0 || b->config.region.n)
		return false;
	pthread_mutex_lock(&b->mu);
	bool is_new = !str_eq(region, b->region);
	if (is_new)
		b->region = arena_str(b->a, region);
	pthread_mutex_unlock(&b->mu);
	return is_new;
}

/* --- requests --------------------------------------------------------------------------------- */

void s3_add_headers(struct store_request *r, const struct http_headers *headers)
{
	for (size_t i = 0; i < headers->n; i++)
		store_request_add(r, headers->v[i].name.p, headers->v[i].value);
}

void s3_request(struct s3_bucket *b, struct store_request *r, const char *method, struct str name,
		struct arena *a)
{
	struct buf path auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	buf_append_str(&path, b->path);
	store_path_add(&path, name);
	*r = (struct store_request){
	    .method = method,
	    .base = b->base_url,
	    .path = arena_str(a, buf_str(&path)),
	    .object = arena_printf(a, "%.*s/%.*s", STR_FMT(b->config.bucket), STR_FMT(name)),
	};
}

void s3_add_digests(struct s3_bucket *b, struct store_request *r, struct arena *a)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	uint8_t md5[MD5_BYTES];

	if (!b->config.send_content_md5)
		return;
	md5_of(r->body, md5);
	base64_encode(&text, str_from(md5, sizeof(md5)), BASE64_STANDARD);
	store_request_add(r, "content-md5", arena_str(a, buf_str(&text)));
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool s3_attrs(struct bucket *base, struct ctx *ctx, struct str name,
		     struct object_attrs *out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct s3_bucket *b = (struct s3_bucket *)base;
	struct store_request r;
	struct store_answer answer;

	if (!object_name_check(name, err))
		return false;
	s3_request(b, &r, "HEAD", name, a);
	s3_add_headers(&r, &b->object_headers);
	if (!http_store_ask(b->store, ctx, &r, 0, a, &answer, err))
		return false;
	*out = store_answer_attrs(&answer, a);
	return true;
}

static bool s3_get(struct bucket *base, struct ctx *ctx, struct str name, int64_t offset,
		   int64_t length, struct byte_sink *sink, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct s3_bucket *b = (struct s3_bucket *)base;
	struct object_attrs ignored;
	struct store_request r;

	if (!object_name_check(name, err) || !object_range_check(name, offset, length, err))
		return false;
	if (length == 0)
		return s3_attrs(base, ctx, name, &ignored, err);
	s3_request(b, &r, "GET", name, a);
	s3_add_headers(&r, &b->object_headers);
	return http_store_get(b->store, ctx, &r, offset, length, sink, err);
}

static bool s3_remove(struct bucket *base, struct ctx *ctx, struct str name, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct s3_bucket *b = (struct s3_bucket *)base;
	struct store_request r;
	bool is_marker;

	if (!object_removal_check(name, &is_marker, err))
		return false;
	s3_request(b, &r, "DELETE", name, a);
	return http_store_remove(b->store, ctx, &r, a, err);
}

/* --- listing ---------------------------------------------------------------------------------- */

struct list_page {
	struct arena *a;
	bucket_list_fn *fn;
	void *arg;
	bool is_truncated;
	struct str next;     /* token or marker */
	struct str last_key; /* where a listing of version 1 goes on when it does not say */
	/* Of the entry being read. */
	struct str key;
	struct object_attrs attrs;
};

static bool emit(struct list_page *page, struct str name, bool is_object, struct err *err)
{
	struct bucket_entry entry = {.name = name, .has_attrs = is_object, .attrs = page->attrs};

	page->last_key = name;
	return page->fn(&entry, page->arg, err);
}

/* Names come percent-encoded (encoding-type=url). */
static bool decode_name(struct list_page *page, struct str text, struct str *out, struct err *err)
{
	return http_percent_decode(arena_str(page->a, text), HTTP_PLUS_IS_SPACE, page->a, out) ||
	       err_set(err, ERR_CORRUPT, "listing: the name \"%.*s\" is badly encoded",
		       STR_FMT(text));
}

static bool take_entry_element(void *arg, const char *path, struct str text, struct err *err)
{
	struct list_page *page = arg;
	const char *at = strncmp(path, "ListBucketResult/", 17) == 0 ? path + 17 : "";

	if (strcmp(at, "Contents/Key") == 0)
		return decode_name(page, text, &page->key, err);
	if (strcmp(at, "Contents/Size") == 0)
		page->attrs.size_bytes = strtoll(arena_cstr(page->a, text), NULL, 10);
	else if (strcmp(at, "Contents/LastModified") == 0)
		return time_parse(text, &page->attrs.modified_ms, err);
	else if (strcmp(at, "Contents") == 0)
		return emit(page, page->key, true, err);
	else if (strcmp(at, "CommonPrefixes/Prefix") == 0)
		return decode_name(page, text, &page->key, err) &&
		       emit(page, page->key, false, err);
	else if (strcmp(at, "IsTruncated") == 0)
		page->is_truncated = str_eq(text, STR("true"));
	else if (strcmp(at, "NextContinuationToken") == 0)
		page->next = arena_str(page->a, text);
	else if (strcmp(at, "NextMarker") == 0)
		return decode_name(page, text, &page->next, err);
	return true;
}

static struct str list_query(struct s3_bucket *b, struct str dir, enum bucket_list_mode mode,
			     struct str next, struct arena *a)
{
	struct buf query auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	bool is_v1 = str_eq(b->config.list_objects_version, STR("v1"));

	if (next.n)
		store_query_add(&query, is_v1 ? "marker" : "continuation-token", next);
	if (mode == LIST_DIRECTORY)
		store_query_add(&query, "delimiter", STR("/"));
	store_query_add(&query, "encoding-type", STR("url"));
	if (!is_v1)
		store_query_add(&query, "list-type", STR("2"));
	store_query_add(&query, "max-keys", STR("1000"));
	store_query_add(&query, "prefix",
			dir.n ? str_of(arena_printf(a, "%.*s/", STR_FMT(dir))) : STR(""));
	return arena_str(a, buf_str(&query));
}

static bool s3_list(struct bucket *base, struct ctx *ctx, struct str prefix,
		    enum bucket_list_mode mode, bucket_list_fn *fn, void *arg, struct err *err)
{
	struct s3_bucket *b = (struct s3_bucket *)base;
	struct arena *names auto_free(arena_free) = arena_new(NULL);
	struct list_page page = {.fn = fn, .arg = arg, .is_truncated = true};
	struct str dir, next = STR("");

	if (!object_prefix_check(prefix, &dir, err))
		return false;
	while (page.is_truncated) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct store_request r;
		struct store_answer answer;
		page = (struct list_page){.a = a, .fn = fn, .arg = arg};
		s3_request(b, &r, "GET", STR(""), a);
		r.query = list_query(b, dir, mode, next, a);
		if (!http_store_ask(b->store, ctx, &r, LIST_MAX_BYTES, a, &answer, err) ||
		    !xml_walk(answer.body, take_entry_element, &page, err))
			return false;
		arena_clear(names);
		next = arena_str(names, page.next.n ? page.next : page.last_key);
		if (page.is_truncated && next.n == 0)
			return err_set(err, ERR_CORRUPT, "S3: a page of %s has no successor",
				       r.object);
	}
	return true;
}

/* --- opening ---------------------------------------------------------------------------------- */

static const char *s3_name(struct bucket *base)
{
	return ((struct s3_bucket *)base)->config.bucket.p;
}

static void s3_close(struct bucket *base)
{
	struct s3_bucket *b = (struct s3_bucket *)base;

	http_store_free(b->store);
	aws_credentials_free(b->credentials);
	http_client_free(b->credentials_client);
	pthread_mutex_destroy(&b->mu);
	arena_free(b->a);
	free(b);
}

static const struct bucket_ops s3_ops = {
    .list = s3_list,
    .get = s3_get,
    .attrs = s3_attrs,
    .put = s3_put,
    .remove = s3_remove,
    .name = s3_name,
    .close = s3_close,
};

static bool is_amazon(struct str endpoint)
{
	return str_find(endpoint, STR("amazonaws.com")) < endpoint.n;
}

/* "s3.eu-west-1.amazonaws.com" and its like name the region. */
static struct str region_of_endpoint(struct str endpoint)
{
	size_t from = str_starts(endpoint, STR("s3.")) || str_starts(endpoint, STR("s3-")) ? 3 : 0;
	struct str rest = str_skip(endpoint, from);

	if (str_starts(rest, STR("dualstack.")))
		rest = str_skip(rest, 10);
	size_t end = str_find(rest, STR(".amazonaws.com"));
	if (from == 0 || end == rest.n || end == 0)
		return STR("us-east-1");
	return str_from(rest.p, end);
}

/* The bucket in the host's name or in the path, as Thanos' client chooses. */
static void choose_address(struct s3_bucket *b)
{
	const struct s3_config *c = &b->config;
	bool is_https = !c->insecure;
	bool has_dot = str_find(c->bucket, STR(".")) < c->bucket.n;
	bool by_host = str_eq(c->bucket_lookup_type, STR("virtual-hosted")) ||
		       (!str_eq(c->bucket_lookup_type, STR("path")) && is_amazon(c->endpoint) &&
			!(is_https && has_dot));

	b->host = c->endpoint;
	if (by_host)
		b->host = str_of(
		    arena_printf(b->a, "%.*s.%.*s", STR_FMT(c->bucket), STR_FMT(c->endpoint)));
	else
		b->path = str_of(arena_printf(b->a, "/%.*s", STR_FMT(c->bucket)));
	b->base_url =
	    arena_printf(b->a, "%s://%.*s", is_https ? "https" : "http", STR_FMT(b->host));
	b->signs_payload = !is_https;
}

static bool open_clients(struct s3_bucket *b, struct loop *loop, struct err *err)
{
	struct http_store_options store = {
	    .kind = "S3",
	    .max_retries = b->config.max_retries ? (int)b->config.max_retries : DEFAULT_RETRIES,
	    .clock = b->clock,
	    .sign = sign,
	    .explain = explain,
	    .learn = learn_region,
	    .arg = b,
	    .hedging = b->config.http.hedging,
	};
	struct aws_credentials_options credentials = {
	    .key = {b->config.access_key, b->config.secret_key, b->config.session_token},
	    .sts_endpoint = b->config.sts_endpoint,
	    .region = b->config.region,
	    .clock = b->clock,
	};
	struct http_client_options http, plain = {0};

	transport_config_options(&b->config.http, &http);
	struct http_client *client = http_client_new(loop, &http, err);
	if (!client)
		return false;
	b->store = http_store_new(client, &store);
	b->credentials_client = credentials.client = http_client_new(loop, &plain, err);
	b->credentials = b->credentials_client ? aws_credentials_new(&credentials) : NULL;
	return b->credentials != NULL;
}

struct bucket *s3_bucket_new(const struct s3_config *config, struct loop *loop, struct clock *clock,
			     struct err *err)
{
	struct s3_bucket *b = NEW(struct s3_bucket);

	b->base.ops = &s3_ops;
	b->clock = clock;
	b->a = arena_new(NULL);
	b->config = *config;
	b->config.bucket = arena_str(b->a, config->bucket);
	b->config.endpoint = arena_str(b->a, config->endpoint);
	b->config.region = arena_str(b->a, config->region);
	b->config.list_objects_version = arena_str(b->a, config->list_objects_version);
	pthread_mutex_init(&b->mu, NULL);
	b->region = config->region.n ? b->config.region : region_of_endpoint(b->config.endpoint);
	choose_address(b);
	if (s3_make_headers(b, err) && open_clients(b, loop, err))
		return &b->base;
	s3_close(&b->base);
	return NULL;
}
