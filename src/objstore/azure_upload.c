/* azure_upload.c - writing blobs: one request for what fits into a block, else blocks and then the
 * list of them, which makes the blob.
 */
#include "base/alloc.h"
#include "codec/base64.h"
#include "objstore/azure_internal.h"
#include "objstore/object_name.h"

#include <stdio.h>
#include <stdlib.h>

enum { BLOCK_BYTES = 8 << 20, MAX_BLOCKS = 50000 };

struct azure_writer {
	struct bucket_writer base; /* first, so that the two pointers convert */
	struct azure_bucket *b;
	struct ctx *ctx;
	enum bucket_put_mode mode;
	struct arena *a;
	struct str name;
	struct buf block; /* what is not sent yet */
	unsigned n_blocks;
};

static void writer_free(struct azure_writer *w)
{
	buf_done(&w->block);
	arena_free(w->a);
	free(w);
}

static bool told(const struct azure_writer *w, bool ok, struct err *err)
{
	if (!ok && err->code == ERR_EXISTS && w->mode == PUT_IF_ABSENT)
		err_set(err, ERR_EXISTS, "object %.*s: is in the bucket already", STR_FMT(w->name));
	return ok;
}

static bool ask(struct azure_writer *w, struct store_request *r, struct arena *a, struct err *err)
{
	struct store_answer answer;

	return told(w,
		    http_store_ask(w->b->store, w->ctx, r, AZURE_ANSWER_MAX_BYTES, a, &answer, err),
		    err);
}

static bool put_whole(struct azure_writer *w, struct err *err)
{
	struct store_request r;

	azure_request(w->b, &r, "PUT", w->name, w->a);
	r.body = buf_str(&w->block);
	store_request_add(&r, "content-type", STR("application/octet-stream"));
	store_request_add(&r, "x-ms-blob-type", STR("BlockBlob"));
	if (w->mode == PUT_IF_ABSENT)
		store_request_add(&r, "if-none-match", STR("*"));
	return ask(w, &r, w->a, err);
}

/* Names of equal length, in base 64. */
static void put_block_name(struct buf *out, unsigned i)
{
	char text[16];

	snprintf(text, sizeof(text), "%06u", i);
	base64_encode(out, str_of(text), BASE64_STANDARD);
}

static bool send_block(struct azure_writer *w, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf name auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf query auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct store_request r;

	if (w->n_blocks == MAX_BLOCKS)
		return err_set(err, ERR_LIMIT,
			       "Azure: object %.*s: more than %d blocks of %d bytes",
			       STR_FMT(w->name), MAX_BLOCKS, BLOCK_BYTES);
	put_block_name(&name, w->n_blocks);
	store_query_add(&query, "blockid", buf_str(&name));
	store_query_add(&query, "comp", STR("block"));
	azure_request(w->b, &r, "PUT", w->name, a);
	r.query = arena_str(a, buf_str(&query));
	r.body = buf_str(&w->block);
	store_request_add(&r, "content-type", STR("application/octet-stream"));
	if (!ask(w, &r, a, err))
		return false;
	w->n_blocks++;
	buf_clear(&w->block);
	return true;
}

static bool put_list(struct azure_writer *w, struct err *err)
{
	struct buf body auto_done(buf_done) = BUF_INIT(AZURE_ANSWER_MAX_BYTES);
	struct store_request r;

	buf_puts(&body, "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
	for (unsigned i = 0; i < w->n_blocks; i++) {
		buf_puts(&body, "<Latest>");
		put_block_name(&body, i);
		buf_puts(&body, "</Latest>");
	}
	buf_puts(&body, "</BlockList>");
	azure_request(w->b, &r, "PUT", w->name, w->a);
	r.query = STR("comp=blocklist");
	r.body = buf_str(&body);
	store_request_add(&r, "content-type", STR("application/xml"));
	if (w->mode == PUT_IF_ABSENT)
		store_request_add(&r, "if-none-match", STR("*"));
	return ask(w, &r, w->a, err);
}

static bool writer_write(struct bucket_writer *base, const void *p, size_t n, struct err *err)
{
	struct azure_writer *w = (struct azure_writer *)base;
	struct str rest = str_from(p, n);

	while (rest.n) {
		size_t room = w->block.max - w->block.n;
		size_t some = rest.n < room ? rest.n : room;
		if (room == 0 && !send_block(w, err))
			return false;
		buf_append(&w->block, rest.p, some);
		rest = str_skip(rest, some);
	}
	return true;
}

/* Blocks that are in no list expire after a week. */
static void writer_abort(struct bucket_writer *base)
{
	writer_free((struct azure_writer *)base);
}

static bool writer_commit(struct bucket_writer *base, struct err *err)
{
	struct azure_writer *w = (struct azure_writer *)base;
	bool ok = w->n_blocks ? send_block(w, err) && put_list(w, err) : put_whole(w, err);

	writer_free(w);
	return ok;
}

static const struct bucket_writer_ops writer_ops = {writer_write, writer_commit, writer_abort};

struct bucket_writer *azure_put(struct bucket *base, struct ctx *ctx, struct str name,
				enum bucket_put_mode mode, struct err *err)
{
	if (!object_name_check(name, err) || !ctx_check(ctx, err))
		return NULL;
	struct azure_writer *w = NEW(struct azure_writer);
	*w = (struct azure_writer){
	    .base.ops = &writer_ops,
	    .b = (struct azure_bucket *)base,
	    .ctx = ctx,
	    .mode = mode,
	    .a = arena_new(NULL),
	    .block = BUF_INIT(BLOCK_BYTES),
	};
	w->name = arena_str(w->a, name);
	return &w->base;
}
