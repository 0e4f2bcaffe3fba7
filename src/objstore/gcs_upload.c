/* gcs_upload.c - writing objects: one request for what fits into a chunk, else a resumable upload,
 * of which nothing shows until its last chunk.
 */
#include "base/alloc.h"
#include "objstore/gcs_internal.h"
#include "objstore/object_name.h"
#include "objstore/part_writer.h"

#include <inttypes.h>
#include <stdlib.h>

struct gcs_upload {
	struct part_upload base; /* first, so that the two pointers convert */
	struct gcs_bucket *b;
	struct ctx *ctx;
	struct arena *a;
	uint64_t n_sent;          /* what the store has */
	struct store_url session; /* base NULL: nothing was sent yet */
};

static void upload_free(struct part_upload *base)
{
	struct gcs_upload *u = (struct gcs_upload *)base;

	arena_free(u->a);
	free(u);
}

static void upload_request(struct gcs_upload *u, struct store_request *r, const char *type,
			   struct arena *a)
{
	struct buf query auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	gcs_request(u->b, r, "POST", "/upload/storage/v1/b/", STR(""), a);
	r->object = arena_printf(a, "%.*s/%.*s", STR_FMT(u->b->bucket), STR_FMT(u->base.name));
	if (u->base.mode == PUT_IF_ABSENT)
		store_query_add(&query, "ifGenerationMatch", STR("0"));
	store_query_add(&query, "name", u->base.name);
	store_query_add(&query, "uploadType", str_of(type));
	r->query = arena_str(a, buf_str(&query));
	store_request_add(r, "content-type", STR("application/octet-stream"));
}

static bool put_whole(struct part_upload *base, struct str bytes, struct err *err)
{
	struct gcs_upload *u = (struct gcs_upload *)base;
	struct store_request r;
	struct store_answer answer;

	upload_request(u, &r, "media", u->a);
	r.body = bytes;
	return http_store_make(u->b->store, u->ctx, &r, GCS_ANSWER_MAX_BYTES, u->a, &answer,
			       &u->base.is_doubtful, err);
}

/* --- resumable -------------------------------------------------------------------------------- */

static bool begin_session(struct gcs_upload *u, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct store_request r;
	struct store_answer answer;

	upload_request(u, &r, "resumable", a);
	return http_store_ask(u->b->store, u->ctx, &r, GCS_ANSWER_MAX_BYTES, a, &answer, err) &&
	       (store_url_parse(http_header_value(&answer.headers, "location"), "upload session",
				u->a, &u->session, err) ||
		err_set(err, ERR_CORRUPT, "GCS: POST %.*s: no upload session in the answer",
			STR_FMT(u->base.name)));
}

static void session_request(struct gcs_upload *u, struct store_request *r, const char *method,
			    struct arena *a)
{
	*r = (struct store_request){
	    .method = method,
	    .base = u->session.base,
	    .path = u->session.path,
	    .query = u->session.query,
	    .object = arena_printf(a, "%.*s/%.*s", STR_FMT(u->b->bucket), STR_FMT(u->base.name)),
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
static bool send_chunk(struct gcs_upload *u, struct buf *chunk, bool is_last, struct err *err)
{
	if (!u->session.base && !begin_session(u, err))
		return false;
	do {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct store_request r;
		struct store_answer answer;
		uint64_t end = u->n_sent + chunk->n;
		session_request(u, &r, "PUT", a);
		r.body = buf_str(chunk);
		const char *total = is_last ? arena_printf(a, "%" PRIu64, end) : "*";
		store_request_add(&r, "content-range",
				  str_of(chunk->n
					     ? arena_printf(a, "bytes %" PRIu64 "-%" PRIu64 "/%s",
							    u->n_sent, end - 1, total)
					     : arena_printf(a, "bytes */%s", total)));
		u->base.is_doubtful = is_last;
		if (!http_store_call(u->b->store, u->ctx, &r, GCS_ANSWER_MAX_BYTES, a, &answer,
				     err))
			return false;
		u->base.is_doubtful = is_last && answer.is_repeated;
		if (is_last && (answer.status == 200 || answer.status == 201))
			return true;
		if (answer.status != 308)
			return http_store_fail(u->b->store, &r, &answer, a, err);
		uint64_t kept = kept_bytes(&answer, a);
		if (kept < u->n_sent || kept > end || (kept == u->n_sent && chunk->n))
			return err_set(err, ERR_UNAVAILABLE,
				       "GCS: PUT %s: the store keeps %" PRIu64 " bytes of %" PRIu64,
				       r.object, kept, end);
		buf_consume(chunk, (size_t)(kept - u->n_sent));
		u->n_sent = kept;
	} while (chunk->n || is_last);
	return true;
}

/* Sessions expire by themselves after a week. */
static void abandon(struct part_upload *base)
{
	struct gcs_upload *u = (struct gcs_upload *)base;
	struct store_request r;
	struct store_answer answer;
	struct err ignored;

	if (!u->session.base)
		return;
	session_request(u, &r, "DELETE", u->a);
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 30000);
	http_store_call(u->b->store, ctx, &r, GCS_ANSWER_MAX_BYTES, u->a, &answer, &ignored);
}

static bool send(struct part_upload *base, struct buf *chunk, struct err *err)
{
	return send_chunk((struct gcs_upload *)base, chunk, false, err);
}

static bool complete(struct part_upload *base, struct buf *chunk, struct err *err)
{
	return send_chunk((struct gcs_upload *)base, chunk, true, err);
}

static const struct part_upload_ops upload_ops = {
    .put_whole = put_whole,
    .send = send,
    .complete = complete,
    .abandon = abandon,
    .free = upload_free,
};

struct bucket_writer *gcs_put(struct bucket *base, struct ctx *ctx, struct str name,
			      enum bucket_put_mode mode, struct err *err)
{
	struct gcs_bucket *b = (struct gcs_bucket *)base;

	if (!object_name_check(name, err) || !ctx_check(ctx, err))
		return NULL;
	struct gcs_upload *u = NEW(struct gcs_upload);
	*u = (struct gcs_upload){
	    .base = {.ops = &upload_ops, .mode = mode},
	    .b = b,
	    .ctx = ctx,
	    .a = arena_new(NULL),
	};
	u->base.name = arena_str(u->a, name);
	return part_writer_new(&u->base, base, ctx, b->chunk_bytes);
}
