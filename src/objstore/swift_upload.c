/* swift_upload.c - writing objects: one request for what fits into a segment, else segments and
 * then a manifest, which makes the object.
 */
#include "base/alloc.h"
#include "base/rand.h"
#include "codec/digest.h"
#include "codec/hex.h"
#include "codec/json.h"
#include "codec/json_writer.h"
#include "objstore/object_name.h"
#include "objstore/part_writer.h"
#include "objstore/swift_internal.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	PREFIX_BYTES = 32,
	LISTED_TRIES = 8, /* about 13 s for a listing to show what was put */
	FIRST_LISTED_PAUSE_MS = 50,
	CLEAN_UP_TIMEOUT_MS = 60000,
};

struct sent_segment {
	struct str etag; /* the MD5 in hexadecimal */
	size_t size_bytes;
};

struct swift_upload {
	struct part_upload base; /* first, so that the two pointers convert */
	struct swift_bucket *b;
	struct ctx *ctx;
	struct arena *a;
	struct str prefix; /* of the segments' names; empty: nothing was sent yet */
	struct {
		struct sent_segment *v;
		size_t n, cap;
	} sent;
};

static void upload_free(struct part_upload *base)
{
	struct swift_upload *u = (struct swift_upload *)base;

	arena_free(u->a);
	free(u);
}

static struct str md5_hex(struct str bytes, struct arena *a)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	uint8_t md5[MD5_BYTES];

	md5_of(bytes, md5);
	hex_encode(&text, str_from(md5, sizeof(md5)));
	return arena_str(a, buf_str(&text));
}

static bool put_object(struct swift_upload *u, struct store_request *r, struct arena *a,
		       struct err *err)
{
	struct store_answer answer;

	if (u->base.mode == PUT_IF_ABSENT)
		store_request_add(r, "if-none-match", STR("*"));
	return http_store_make(u->b->store, u->ctx, r, SWIFT_ANSWER_MAX_BYTES, a, &answer,
			       &u->base.is_doubtful, err);
}

/* The store compares what it got with the ETag. */
static bool put_whole(struct part_upload *base, struct str bytes, struct err *err)
{
	struct swift_upload *u = (struct swift_upload *)base;
	struct store_request r;

	swift_request(&r, "PUT", u->b->container, base->name, u->a);
	r.body = bytes;
	store_request_add(&r, "content-type", STR("application/octet-stream"));
	store_request_add(&r, "etag", md5_hex(bytes, u->a));
	return put_object(u, &r, u->a, err);
}

/* --- segments --------------------------------------------------------------------------------- */

/* "segments/abc/def..." of random digits, as Thanos has it. */
static void choose_prefix(struct swift_upload *u)
{
	struct buf digits auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	uint8_t random[PREFIX_BYTES];

	rand_bytes(random, sizeof(random));
	hex_encode(&digits, str_from(random, sizeof(random)));
	u->prefix = str_of(arena_printf(u->a, SWIFT_SEGMENTS_DIR "%.3s/%s", buf_cstr(&digits),
					buf_cstr(&digits) + 3));
}

static struct str segment_name(const struct swift_upload *u, size_t i, struct arena *a)
{
	return str_of(arena_printf(a, "%.*s/%016zu", STR_FMT(u->prefix), i + 1));
}

/* "/info" beside the version that the account's path begins with. */
static struct str info_path(struct str account, struct arena *a)
{
	for (int i = 0; i < 2; i++) {
		while (account.n && account.p[account.n - 1] != '/')
			account.n--;
		account.n -= account.n > 0;
	}
	return str_of(arena_printf(a, "%.*s/info", STR_FMT(account)));
}

/* A store without static large objects would take the manifest for the object. */
static bool check_static(struct swift_upload *u, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct store_request r = {.method = "GET", .object = "info"};
	struct swift_account account;
	struct store_answer answer;
	const struct json *root = NULL;
	struct err no_json;
	int64_t min_bytes = 1;

	if (!swift_auth_get(u->b->auth, u->ctx, a, &account, err))
		return false;
	r.base = account.base;
	r.path = info_path(account.path, a);
	if (!http_store_call(u->b->plain, u->ctx, &r, SWIFT_ANSWER_MAX_BYTES, a, &answer, err))
		return false;
	if (answer.status == 200)
		json_parse(answer.body, a, &root, &no_json);
	const struct json *slo = json_get(root, "slo");
	if (!slo)
		return err_set(err, ERR_UNSUPPORTED,
			       "Swift: GET info: the store does not say that it has static large "
			       "objects: set use_dynamic_large_objects");
	return json_to_i64(json_get(slo, "min_segment_size"), &min_bytes, err) &&
	       ((int64_t)u->b->segment_bytes >= min_bytes ||
		err_set(err, ERR_INVALID,
			"Swift: large_object_chunk_size %zu: the store wants at least %" PRId64,
			u->b->segment_bytes, min_bytes));
}

static bool send_segment(struct part_upload *base, struct buf *part, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct swift_upload *u = (struct swift_upload *)base;
	struct store_request r;
	struct store_answer answer;

	if (u->prefix.n == 0) {
		if (!u->b->is_dynamic && !check_static(u, err))
			return false;
		choose_prefix(u);
	}
	struct sent_segment sent = {md5_hex(buf_str(part), u->a), part->n};
	swift_request(&r, "PUT", u->b->segments_container, segment_name(u, u->sent.n, a), a);
	r.body = buf_str(part);
	store_request_add(&r, "content-type", STR("application/octet-stream"));
	store_request_add(&r, "etag", sent.etag);
	ARENA_PUSH(u->a, &u->sent, sent); /* also when no answer comes */
	if (!http_store_ask(u->b->store, u->ctx, &r, SWIFT_ANSWER_MAX_BYTES, a, &answer, err))
		return false;
	buf_clear(part);
	return true;
}

static void abandon(struct part_upload *base)
{
	/* Also when the reason for giving up is that the caller was cancelled. */
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, CLEAN_UP_TIMEOUT_MS);
	struct swift_upload *u = (struct swift_upload *)base;
	struct swift_segments segments = {0};
	struct err ignored;

	/* A manifest whose answer was lost may use them. */
	for (size_t i = 0; i < u->sent.n && !base->is_doubtful; i++) {
		struct swift_segment one = {u->b->segments_container, segment_name(u, i, u->a)};
		ARENA_PUSH(u->a, &segments, one);
	}
	swift_segments_remove(u->b, ctx, &segments, &ignored);
}

/* --- manifests -------------------------------------------------------------------------------- */

static bool put_static(struct swift_upload *u, struct err *err)
{
	struct buf body auto_done(buf_done) = BUF_INIT(SWIFT_ANSWER_MAX_BYTES);
	struct store_request r;
	struct json_writer w;

	json_writer_init(&w, &body, JSON_ESCAPE_PLAIN);
	json_begin_array(&w);
	for (size_t i = 0; i < u->sent.n; i++) {
		struct str name = segment_name(u, i, u->a);
		json_begin_object(&w);
		json_key(&w, "path");
		json_put_cstr(&w, arena_printf(u->a, "%.*s/%.*s", STR_FMT(u->b->segments_container),
					       STR_FMT(name)));
		json_key(&w, "etag");
		json_put_str(&w, u->sent.v[i].etag);
		json_key(&w, "size_bytes");
		json_put_u64(&w, u->sent.v[i].size_bytes);
		json_end_object(&w);
	}
	json_end_array(&w);
	swift_request(&r, "PUT", u->b->container, u->base.name, u->a);
	r.query = STR("multipart-manifest=put");
	r.body = buf_str(&body);
	store_request_add(&r, "content-type", STR("application/octet-stream"));
	return put_object(u, &r, u->a, err);
}

static bool count_entry(const struct bucket_entry *entry, void *arg, struct err *err)
{
	(void)entry, (void)err;
	++*(size_t *)arg;
	return true;
}

/* A dynamic large object is what a listing shows, and listings lag behind: before it is there, its
 * segments have to be. */
static bool wait_listed(struct swift_upload *u, struct err *err)
{
	struct swift_listing listing = {u->b->segments_container, u->prefix, ""};
	int64_t pause_ms = FIRST_LISTED_PAUSE_MS;

	for (int i = 0; i < LISTED_TRIES; i++, pause_ms *= 2) {
		size_t n_listed = 0;
		if (!swift_list_all(u->b, u->ctx, &listing, count_entry, &n_listed, err))
			return false;
		if (n_listed == u->sent.n)
			return true;
		ctx_sleep_ms(u->ctx, pause_ms);
	}
	return err_set(err, ERR_UNAVAILABLE,
		       "Swift: object %.*s: not all of its %zu segments are listed",
		       STR_FMT(u->base.name), u->sent.n);
}

static bool put_dynamic(struct swift_upload *u, struct err *err)
{
	struct buf path auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct store_request r;

	if (!wait_listed(u, err))
		return false;
	store_path_add(&path, u->b->segments_container);
	store_path_add(&path, u->prefix);
	swift_request(&r, "PUT", u->b->container, u->base.name, u->a);
	store_request_add(&r, "content-type", STR("application/octet-stream"));
	store_request_add(&r, "x-object-manifest", str_skip(buf_str(&path), 1));
	return put_object(u, &r, u->a, err);
}

/* The segments of the object that is to be replaced. */
static bool find_replaced(struct swift_upload *u, struct swift_segments *out, struct err *err)
{
	struct store_request r;
	struct store_answer head;

	if (u->base.mode != PUT_REPLACE)
		return true;
	swift_request(&r, "HEAD", u->b->container, u->base.name, u->a);
	if (!http_store_ask(u->b->store, u->ctx, &r, 0, u->a, &head, err))
		return err->code == ERR_NOT_FOUND;
	return swift_segments_of(u->b, u->ctx, u->base.name, &head, u->a, out, err);
}

/* What an object that is not large replaces is not asked for: files keep their size class. */
static bool complete(struct part_upload *base, struct buf *last, struct err *err)
{
	struct swift_upload *u = (struct swift_upload *)base;
	struct swift_segments replaced = {0};
	struct err ignored;

	if (!send_segment(base, last, err) || !find_replaced(u, &replaced, err) ||
	    !(u->b->is_dynamic ? put_dynamic(u, err) : put_static(u, err)))
		return false;
	swift_segments_remove(u->b, u->ctx, &replaced, &ignored);
	return true;
}

static const struct part_upload_ops upload_ops = {
    .put_whole = put_whole,
    .send = send_segment,
    .complete = complete,
    .abandon = abandon,
    .free = upload_free,
};

struct bucket_writer *swift_put(struct bucket *base, struct ctx *ctx, struct str name,
				enum bucket_put_mode mode, struct err *err)
{
	struct swift_bucket *b = (struct swift_bucket *)base;

	if (!swift_check_name(b, name, err) || !ctx_check(ctx, err))
		return NULL;
	struct swift_upload *u = NEW(struct swift_upload);
	*u = (struct swift_upload){
	    .base = {.ops = &upload_ops, .mode = mode},
	    .b = b,
	    .ctx = ctx,
	    .a = arena_new(NULL),
	};
	u->base.name = arena_str(u->a, name);
	return part_writer_new(&u->base, base, ctx, b->segment_bytes);
}
