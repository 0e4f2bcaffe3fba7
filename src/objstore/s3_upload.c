/* s3_upload.c - writing objects: one PUT for what fits into one part, else a multipart upload, of
 * which nothing shows until it is completed.
 */
#include "base/alloc.h"
#include "codec/xml.h"
#include "objstore/object_name.h"
#include "objstore/part_writer.h"
#include "objstore/s3_internal.h"

#include <stdlib.h>

enum { MAX_PARTS = 10000, MAX_WHOLE_BYTES = 1 << 30 };

struct s3_upload {
	struct part_upload base; /* first, so that the two pointers convert */
	struct s3_bucket *b;
	struct ctx *ctx;
	struct arena *a;
	struct str id; /* empty: nothing was sent yet */
	struct {
		struct str *v; /* ETags */
		size_t n, cap;
	} parts;
};

static void upload_free(struct part_upload *base)
{
	struct s3_upload *u = (struct s3_upload *)base;

	arena_free(u->a);
	free(u);
}

static bool ask(struct s3_upload *u, struct store_request *r, struct arena *a,
		struct store_answer *answer, struct err *err)
{
	return http_store_ask(u->b->store, u->ctx, r, S3_ANSWER_MAX_BYTES, a, answer, err);
}

static bool make(struct s3_upload *u, struct store_request *r, struct store_answer *answer,
		 struct err *err)
{
	return http_store_make(u->b->store, u->ctx, r, S3_ANSWER_MAX_BYTES, u->a, answer,
			       &u->base.is_doubtful, err);
}

/* The request that makes the object. Where the store has no conditional writes, and says so, it is
 * asked before whether the object is there: as good as Thanos does it, and not atomic. */
static bool make_object(struct s3_upload *u, struct store_request *r, struct store_answer *answer,
			struct err *err)
{
	struct store_request conditional = *r;
	bool exists;

	if (u->base.mode != PUT_IF_ABSENT)
		return make(u, r, answer, err);
	store_request_add(&conditional, "if-none-match", STR("*"));
	if (make(u, &conditional, answer, err))
		return true;
	if (err->code != ERR_UNSUPPORTED ||
	    !bucket_exists(&u->b->base, u->ctx, u->base.name, &exists, err))
		return false;
	u->base.is_doubtful = false;
	return exists ? err_set(err, ERR_EXISTS, "S3: %s %s", r->method, r->object)
		      : make(u, r, answer, err);
}

static bool put_whole(struct part_upload *base, struct str bytes, struct err *err)
{
	struct s3_upload *u = (struct s3_upload *)base;
	struct store_request r;
	struct store_answer answer;

	s3_request(u->b, &r, "PUT", base->name, u->a);
	r.body = bytes;
	s3_add_headers(&r, &u->b->put_headers);
	s3_add_headers(&r, &u->b->object_headers);
	s3_add_digests(u->b, &r, u->a);
	return make_object(u, &r, &answer, err);
}

/* --- multipart -------------------------------------------------------------------------------- */

struct found_text {
	const char *path;
	struct str text;
	struct arena *a;
};

static bool take_text(void *arg, const char *path, struct str text, struct err *err)
{
	struct found_text *found = arg;

	(void)err;
	if (strcmp(path, found->path) == 0)
		found->text = arena_str(found->a, text);
	return true;
}

static bool begin_multipart(struct s3_upload *u, struct err *err)
{
	struct found_text id = {.path = "InitiateMultipartUploadResult/UploadId", .a = u->a};
	struct store_request r;
	struct store_answer answer;

	s3_request(u->b, &r, "POST", u->base.name, u->a);
	r.query = STR("uploads=");
	s3_add_headers(&r, &u->b->put_headers);
	s3_add_headers(&r, &u->b->object_headers);
	if (!ask(u, &r, u->a, &answer, err) || !xml_walk(answer.body, take_text, &id, err))
		return false;
	u->id = id.text;
	return id.text.n ||
	       err_set(err, ERR_CORRUPT, "S3: POST %s: no upload id in the answer", r.object);
}

static struct str upload_query(struct s3_upload *u, const char *before, struct arena *a)
{
	struct buf query auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	buf_printf(&query, "%suploadId=", before);
	http_percent_encode(u->id, &query);
	return arena_str(a, buf_str(&query));
}

static bool send_part(struct part_upload *base, struct buf *part, struct err *err)
{
	struct s3_upload *u = (struct s3_upload *)base;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct store_request r;
	struct store_answer answer;

	if (u->b->config.disable_multipart)
		return err_set(err, ERR_LIMIT,
			       "S3: object %.*s: more than %zu bytes without multipart",
			       STR_FMT(base->name), part->max);
	if (u->parts.n == MAX_PARTS)
		return err_set(err, ERR_LIMIT, "S3: object %.*s: more than %d parts of %lu bytes",
			       STR_FMT(u->base.name), MAX_PARTS, u->b->config.part_bytes);
	if (u->id.n == 0 && !begin_multipart(u, err))
		return false;
	s3_request(u->b, &r, "PUT", u->base.name, a);
	r.query = upload_query(u, arena_printf(a, "partNumber=%zu&", u->parts.n + 1), a);
	r.body = buf_str(part);
	s3_add_headers(&r, &u->b->object_headers);
	s3_add_digests(u->b, &r, a);
	if (!ask(u, &r, a, &answer, err))
		return false;
	ARENA_PUSH(u->a, &u->parts, arena_str(u->a, http_header_value(&answer.headers, "etag")));
	buf_clear(part);
	return true;
}

static void put_escaped(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_puts(out, "&quot;");
		else if (s.p[i] == '&')
			buf_puts(out, "&amp;");
		else if (s.p[i] == '<')
			buf_puts(out, "&lt;");
		else
			buf_putc(out, s.p[i]);
	}
}

/* S3 may answer 200 and say in the body that it failed. */
static bool complete_multipart(struct part_upload *base, struct buf *last, struct err *err)
{
	struct s3_upload *u = (struct s3_upload *)base;
	struct buf body auto_done(buf_done) = BUF_INIT(S3_ANSWER_MAX_BYTES);
	struct found_text why = {.path = "Error/Code", .a = u->a};
	struct store_request r;
	struct store_answer answer;

	if (!send_part(base, last, err))
		return false;
	buf_puts(&body, "<CompleteMultipartUpload>");
	for (size_t i = 0; i < u->parts.n; i++) {
		buf_printf(&body, "<Part><PartNumber>%zu</PartNumber><ETag>", i + 1);
		put_escaped(&body, u->parts.v[i]);
		buf_puts(&body, "</ETag></Part>");
	}
	buf_puts(&body, "</CompleteMultipartUpload>");
	s3_request(u->b, &r, "POST", u->base.name, u->a);
	r.query = upload_query(u, "", u->a);
	r.body = buf_str(&body);
	store_request_add(&r, "content-type", STR("application/xml"));
	if (!make_object(u, &r, &answer, err) || !xml_walk(answer.body, take_text, &why, err))
		return false;
	return why.text.n == 0 ||
	       err_set(err, ERR_UNAVAILABLE, "S3: POST %s: completing the upload: %.*s", r.object,
		       STR_FMT(why.text));
}

/* Parts cost money until they are gone; a lifecycle rule of the bucket is the last resort. */
static void abandon(struct part_upload *base)
{
	struct s3_upload *u = (struct s3_upload *)base;
	struct store_request r;
	struct store_answer answer;
	struct err ignored;

	if (u->id.n == 0)
		return;
	s3_request(u->b, &r, "DELETE", u->base.name, u->a);
	r.query = upload_query(u, "", u->a);
	/* Also when the reason for giving up is that the caller was cancelled. */
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 30000);
	http_store_ask(u->b->store, ctx, &r, S3_ANSWER_MAX_BYTES, u->a, &answer, &ignored);
}

static const struct part_upload_ops upload_ops = {
    .put_whole = put_whole,
    .send = send_part,
    .complete = complete_multipart,
    .abandon = abandon,
    .free = upload_free,
};

struct bucket_writer *s3_put(struct bucket *base, struct ctx *ctx, struct str name,
			     enum bucket_put_mode mode, struct err *err)
{
	struct s3_bucket *b = (struct s3_bucket *)base;

	if (!object_name_check(name, err) || !ctx_check(ctx, err))
		return NULL;
	struct s3_upload *u = NEW(struct s3_upload);
	*u = (struct s3_upload){
	    .base = {.ops = &upload_ops, .mode = mode},
	    .b = b,
	    .ctx = ctx,
	    .a = arena_new(NULL),
	};
	u->base.name = arena_str(u->a, name);
	return part_writer_new(&u->base, base, ctx,
			       b->config.disable_multipart ? MAX_WHOLE_BYTES
							   : b->config.part_bytes);
}
