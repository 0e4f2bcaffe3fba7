/* s3_upload.c - writing objects: one PUT for what fits into one part, else a multipart upload, of
 * which nothing shows until it is completed.
 */
#include "base/alloc.h"
#include "codec/xml.h"
#include "objstore/object_name.h"
#include "objstore/s3_internal.h"

#include <stdlib.h>

enum { MAX_PARTS = 10000 };

struct s3_writer {
	struct bucket_writer base; /* first, so that the two pointers convert */
	struct s3_bucket *b;
	struct ctx *ctx;
	enum bucket_put_mode mode;
	struct arena *a;
	struct str name;
	struct buf part;      /* what is not sent yet */
	struct str upload_id; /* empty: nothing was sent yet */
	struct {
		struct str *v; /* ETags */
		size_t n, cap;
	} parts;
};

static void writer_free(struct s3_writer *w)
{
	buf_done(&w->part);
	arena_free(w->a);
	free(w);
}

/* Memory of one request is gone after it. */
static bool ask(struct s3_writer *w, struct store_request *r, struct arena *a,
		struct store_answer *answer, struct err *err)
{
	return http_store_ask(w->b->store, w->ctx, r, S3_ANSWER_MAX_BYTES, a, answer, err);
}

static void add_condition(struct s3_writer *w, struct store_request *r)
{
	if (w->mode == PUT_IF_ABSENT)
		store_request_add(r, "if-none-match", STR("*"));
}

/* An answer of "exists" is told in the words that all buckets have for it. */
static bool told(const struct s3_writer *w, bool ok, struct err *err)
{
	if (!ok && err->code == ERR_EXISTS && w->mode == PUT_IF_ABSENT)
		err_set(err, ERR_EXISTS, "object %.*s: is in the bucket already", STR_FMT(w->name));
	return ok;
}

static bool put_whole(struct s3_writer *w, struct err *err)
{
	struct store_request r;
	struct store_answer answer;

	s3_request(w->b, &r, "PUT", w->name, w->a);
	r.body = buf_str(&w->part);
	s3_add_headers(&r, &w->b->put_headers);
	s3_add_headers(&r, &w->b->object_headers);
	s3_add_digests(w->b, &r, w->a);
	add_condition(w, &r);
	return told(w, ask(w, &r, w->a, &answer, err), err);
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

static bool begin_multipart(struct s3_writer *w, struct err *err)
{
	struct found_text id = {.path = "InitiateMultipartUploadResult/UploadId", .a = w->a};
	struct store_request r;
	struct store_answer answer;

	s3_request(w->b, &r, "POST", w->name, w->a);
	r.query = STR("uploads=");
	s3_add_headers(&r, &w->b->put_headers);
	s3_add_headers(&r, &w->b->object_headers);
	if (!ask(w, &r, w->a, &answer, err) || !xml_walk(answer.body, take_text, &id, err))
		return false;
	w->upload_id = id.text;
	return id.text.n ||
	       err_set(err, ERR_CORRUPT, "S3: POST %s: no upload id in the answer", r.object);
}

static struct str upload_query(struct s3_writer *w, const char *before, struct arena *a)
{
	struct buf query auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	buf_printf(&query, "%suploadId=", before);
	http_percent_encode(w->upload_id, &query);
	return arena_str(a, buf_str(&query));
}

static bool send_part(struct s3_writer *w, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct store_request r;
	struct store_answer answer;

	if (w->parts.n == MAX_PARTS)
		return err_set(err, ERR_LIMIT, "S3: object %.*s: more than %d parts of %lu bytes",
			       STR_FMT(w->name), MAX_PARTS, w->b->config.part_bytes);
	if (w->upload_id.n == 0 && !begin_multipart(w, err))
		return false;
	s3_request(w->b, &r, "PUT", w->name, a);
	r.query = upload_query(w, arena_printf(a, "partNumber=%zu&", w->parts.n + 1), a);
	r.body = buf_str(&w->part);
	s3_add_headers(&r, &w->b->object_headers);
	s3_add_digests(w->b, &r, a);
	if (!ask(w, &r, a, &answer, err))
		return false;
	ARENA_PUSH(w->a, &w->parts, arena_str(w->a, http_header_value(&answer.headers, "etag")));
	buf_clear(&w->part);
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
static bool complete_multipart(struct s3_writer *w, struct err *err)
{
	struct buf body auto_done(buf_done) = BUF_INIT(S3_ANSWER_MAX_BYTES);
	struct found_text why = {.path = "Error/Code", .a = w->a};
	struct store_request r;
	struct store_answer answer;

	buf_puts(&body, "<CompleteMultipartUpload>");
	for (size_t i = 0; i < w->parts.n; i++) {
		buf_printf(&body, "<Part><PartNumber>%zu</PartNumber><ETag>", i + 1);
		put_escaped(&body, w->parts.v[i]);
		buf_puts(&body, "</ETag></Part>");
	}
	buf_puts(&body, "</CompleteMultipartUpload>");
	s3_request(w->b, &r, "POST", w->name, w->a);
	r.query = upload_query(w, "", w->a);
	r.body = buf_str(&body);
	store_request_add(&r, "content-type", STR("application/xml"));
	add_condition(w, &r);
	if (!told(w, ask(w, &r, w->a, &answer, err), err) ||
	    !xml_walk(answer.body, take_text, &why, err))
		return false;
	return why.text.n == 0 ||
	       err_set(err, ERR_UNAVAILABLE, "S3: POST %s: completing the upload: %.*s", r.object,
		       STR_FMT(why.text));
}

/* Parts cost money until they are gone; a lifecycle rule of the bucket is the last resort. */
static void abort_multipart(struct s3_writer *w)
{
	struct store_request r;
	struct store_answer answer;
	struct err ignored;

	if (w->upload_id.n == 0)
		return;
	s3_request(w->b, &r, "DELETE", w->name, w->a);
	r.query = upload_query(w, "", w->a);
	/* Also when the reason for giving up is that the caller was cancelled. */
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 30000);
	http_store_ask(w->b->store, ctx, &r, S3_ANSWER_MAX_BYTES, w->a, &answer, &ignored);
}

/* --- the writer ------------------------------------------------------------------------------- */

static bool writer_write(struct bucket_writer *base, const void *p, size_t n, struct err *err)
{
	struct s3_writer *w = (struct s3_writer *)base;
	struct str rest = str_from(p, n);

	if (w->b->config.disable_multipart)
		return buf_append_str(&w->part, rest) ||
		       err_set(err, ERR_LIMIT,
			       "S3: object %.*s: more than %zu bytes without multipart",
			       STR_FMT(w->name), w->part.max);
	while (rest.n) {
		size_t room = w->part.max - w->part.n;
		size_t some = rest.n < room ? rest.n : room;
		/* A full part goes only when more is to come: the last one completes. */
		if (room == 0 && !send_part(w, err))
			return false;
		if (room == 0)
			continue;
		buf_append(&w->part, rest.p, some);
		rest = str_skip(rest, some);
	}
	return true;
}

static void writer_abort(struct bucket_writer *base)
{
	struct s3_writer *w = (struct s3_writer *)base;

	abort_multipart(w);
	writer_free(w);
}

static bool writer_commit(struct bucket_writer *base, struct err *err)
{
	struct s3_writer *w = (struct s3_writer *)base;
	bool ok =
	    w->upload_id.n ? send_part(w, err) && complete_multipart(w, err) : put_whole(w, err);

	if (!ok)
		abort_multipart(w);
	writer_free(w);
	return ok;
}

static const struct bucket_writer_ops writer_ops = {writer_write, writer_commit, writer_abort};

struct bucket_writer *s3_put(struct bucket *base, struct ctx *ctx, struct str name,
			     enum bucket_put_mode mode, struct err *err)
{
	struct s3_bucket *b = (struct s3_bucket *)base;
	enum { MAX_WHOLE_BYTES = 1 << 30 };

	if (!object_name_check(name, err) || !ctx_check(ctx, err))
		return NULL;
	struct s3_writer *w = NEW(struct s3_writer);
	*w = (struct s3_writer){
	    .base.ops = &writer_ops,
	    .b = b,
	    .ctx = ctx,
	    .mode = mode,
	    .a = arena_new(NULL),
	    .part = BUF_INIT(b->config.disable_multipart ? MAX_WHOLE_BYTES
							 : (size_t)b->config.part_bytes),
	};
	w->name = arena_str(w->a, name);
	return &w->base;
}
