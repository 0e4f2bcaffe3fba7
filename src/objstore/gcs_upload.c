/* gcs_upload.c - writing objects: one request for what fits into a chunk, else a resumable upload,
 * of which nothing shows until its last chunk.
 */
#include "base/alloc.h"
#include "objstore/gcs_internal.h"
#include "objstore/object_name.h"

#include <inttypes.h>
#include <stdlib.h>

struct gcs_writer {
	struct bucket_writer base; /* first, so that the two pointers convert */
	struct gcs_bucket *b;
	struct ctx *ctx;
	enum bucket_put_mode mode;
	struct arena *a;
	struct str name;
	struct buf chunk;   /* what the store does not have yet */
	uint64_t n_sent;    /* what it has */
	const char *origin; /* of the session; NULL: nothing was sent yet */
	struct str path, query;
};

static void writer_free(struct gcs_writer *w)
{
	buf_done(&w->chunk);
	arena_free(w->a);
	free(w);
}

static bool told(const struct gcs_writer *w, bool ok, struct err *err)
{
	if (!ok && err->code == ERR_EXISTS && w->mode == PUT_IF_ABSENT)
		err_set(err, ERR_EXISTS, "object %.*s: is in the bucket already", STR_FMT(w->name));
	return ok;
}

static void upload_request(struct gcs_writer *w, struct store_request *r, const char *type,
			   struct arena *a)
{
	struct buf query auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	gcs_request(w->b, r, "POST", "/upload/storage/v1/b/", STR(""), a);
	r->object = arena_printf(a, "%.*s/%.*s", STR_FMT(w->b->bucket), STR_FMT(w->name));
	if (w->mode == PUT_IF_ABSENT)
		store_query_add(&query, "ifGenerationMatch", STR("0"));
	store_query_add(&query, "name", w->name);
	store_query_add(&query, "uploadType", str_of(type));
	r->query = arena_str(a, buf_str(&query));
	store_request_add(r, "content-type", STR("application/octet-stream"));
}

static bool put_whole(struct gcs_writer *w, struct err *err)
{
	struct store_request r;
	struct store_answer answer;

	upload_request(w, &r, "media", w->a);
	r.body = buf_str(&w->chunk);
	return told(
	    w, http_store_ask(w->b->store, w->ctx, &r, GCS_ANSWER_MAX_BYTES, w->a, &answer, err),
	    err);
}

/* --- resumable -------------------------------------------------------------------------------- */

/* The session is a URL: scheme and host, path, query. */
static bool split_session(struct gcs_writer *w, struct str url, struct err *err)
{
	size_t scheme = str_find(url, STR("://"));
	size_t host = scheme + 3 > url.n ? url.n : scheme + 3;
	size_t path = host + str_find(str_skip(url, host), STR("/"));
	size_t query = path + str_find(str_skip(url, path), STR("?"));

	if (path == url.n)
		return err_set(err, ERR_CORRUPT, "GCS: POST %.*s: no upload session in the answer",
			       STR_FMT(w->name));
	w->origin = arena_cstr(w->a, str_from(url.p, path));
	w->path = arena_str(w->a, str_from(url.p + path, query - path));
	w->query = arena_str(w->a, str_skip(url, query < url.n ? query + 1 : query));
	return true;
}

static bool begin_session(struct gcs_writer *w, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct store_request r;
	struct store_answer answer;

	upload_request(w, &r, "resumable", a);
	return told(w,
		    http_store_ask(w->b->store, w->ctx, &r, GCS_ANSWER_MAX_BYTES, a, &answer, err),
		    err) &&
	       split_session(w, http_header_value(&answer.headers, "location"), err);
}

static void session_request(struct gcs_writer *w, struct store_request *r, const char *method,
			    struct arena *a)
{
	*r = (struct store_request){
	    .method = method,
	    .base = w->origin,
	    .path = w->path,
	    .query = w->query,
	    .object = arena_printf(a, "%.*s/%.*s", STR_FMT(w->b->bucket), STR_FMT(w->name)),
	};
}

/* "bytes=0-12345": how much of the object the store keeps. */
static uint64_t kept_bytes(const struct store_answer *answer, struct arena *a)
{
	struct str range = http_header_value(&answer->headers, "range");
	size_t dash = str_find(range, STR("-"));

	return dash < range.n ? strtoull(arena_cstr(a, str_skip(range, dash + 1)), NULL, 10) + 1
			      : 0;
}

/* Sends the chunk; the last one says how long the object is. The store may keep less than it was
 * sent, and is sent the rest again. */
static bool send_chunk(struct gcs_writer *w, bool is_last, struct err *err)
{
	if (!w->origin && !begin_session(w, err))
		return false;
	do {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct store_request r;
		struct store_answer answer;
		uint64_t end = w->n_sent + w->chunk.n;
		session_request(w, &r, "PUT", a);
		r.body = buf_str(&w->chunk);
		const char *total = is_last ? arena_printf(a, "%" PRIu64, end) : "*";
		store_request_add(&r, "content-range",
				  str_of(w->chunk.n
					     ? arena_printf(a, "bytes %" PRIu64 "-%" PRIu64 "/%s",
							    w->n_sent, end - 1, total)
					     : arena_printf(a, "bytes */%s", total)));
		if (!http_store_call(w->b->store, w->ctx, &r, GCS_ANSWER_MAX_BYTES, a, &answer,
				     err))
			return false;
		if (is_last && (answer.status == 200 || answer.status == 201))
			return true;
		if (answer.status != 308)
			return told(w, http_store_fail(w->b->store, &r, &answer, a, err), err);
		uint64_t kept = kept_bytes(&answer, a);
		if (kept < w->n_sent || kept > end || (kept == w->n_sent && w->chunk.n))
			return err_set(err, ERR_UNAVAILABLE,
				       "GCS: PUT %s: the store keeps %" PRIu64 " bytes of %" PRIu64,
				       r.object, kept, end);
		buf_consume(&w->chunk, (size_t)(kept - w->n_sent));
		w->n_sent = kept;
	} while (w->chunk.n || is_last);
	return true;
}

/* Sessions expire by themselves after a week. */
static void cancel_session(struct gcs_writer *w)
{
	struct store_request r;
	struct store_answer answer;
	struct err ignored;

	if (!w->origin)
		return;
	session_request(w, &r, "DELETE", w->a);
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 30000);
	http_store_call(w->b->store, ctx, &r, GCS_ANSWER_MAX_BYTES, w->a, &answer, &ignored);
}

/* --- the writer ------------------------------------------------------------------------------- */

static bool writer_write(struct bucket_writer *base, const void *p, size_t n, struct err *err)
{
	struct gcs_writer *w = (struct gcs_writer *)base;
	struct str rest = str_from(p, n);

	while (rest.n) {
		size_t room = w->chunk.max - w->chunk.n;
		size_t some = rest.n < room ? rest.n : room;
		/* A full chunk goes only when more is to come: the last one completes. */
		if (room == 0 && !send_chunk(w, false, err))
			return false;
		buf_append(&w->chunk, rest.p, some);
		rest = str_skip(rest, some);
	}
	return true;
}

static void writer_abort(struct bucket_writer *base)
{
	struct gcs_writer *w = (struct gcs_writer *)base;

	cancel_session(w);
	writer_free(w);
}

static bool writer_commit(struct bucket_writer *base, struct err *err)
{
	struct gcs_writer *w = (struct gcs_writer *)base;
	bool ok = w->origin ? send_chunk(w, true, err) : put_whole(w, err);

	if (!ok)
		cancel_session(w);
	writer_free(w);
	return ok;
}

static const struct bucket_writer_ops writer_ops = {writer_write, writer_commit, writer_abort};

struct bucket_writer *gcs_put(struct bucket *base, struct ctx *ctx, struct str name,
			      enum bucket_put_mode mode, struct err *err)
{
	struct gcs_bucket *b = (struct gcs_bucket *)base;

	if (!object_name_check(name, err) || !ctx_check(ctx, err))
		return NULL;
	struct gcs_writer *w = NEW(struct gcs_writer);
	*w = (struct gcs_writer){
	    .base.ops = &writer_ops,
	    .b = b,
	    .ctx = ctx,
	    .mode = mode,
	    .a = arena_new(NULL),
	    .chunk = BUF_INIT(b->chunk_bytes),
	};
	w->name = arena_str(w->a, name);
	return &w->base;
}
