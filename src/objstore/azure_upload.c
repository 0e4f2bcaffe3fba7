/* azure_upload.c - writing blobs: one request for what fits into a block, else blocks and then the
 * list of them, which makes the blob.
 */
#include "base/alloc.h"
#include "codec/base64.h"
#include "objstore/azure_internal.h"
#include "objstore/object_name.h"
#include "objstore/part_writer.h"

#include <stdio.h>
#include <stdlib.h>

enum { BLOCK_BYTES = 8 << 20, MAX_BLOCKS = 50000 };

struct azure_upload {
	struct part_upload base; /* first, so that the two pointers convert */
	struct azure_bucket *b;
	struct ctx *ctx;
	struct arena *a;
	unsigned n_blocks;
};

static void upload_free(struct part_upload *base)
{
	struct azure_upload *u = (struct azure_upload *)base;

	arena_free(u->a);
	free(u);
}

/* Puts a blob, not a block of one. */
static bool put_blob(struct azure_upload *u, struct store_request *r, struct err *err)
{
	struct store_answer answer;

	if (u->base.mode == PUT_IF_ABSENT)
		store_request_add(r, "if-none-match", STR("*"));
	return http_store_make(u->b->store, u->ctx, r, AZURE_ANSWER_MAX_BYTES, u->a, &answer,
			       &u->base.is_doubtful, err);
}

static bool put_whole(struct part_upload *base, struct str bytes, struct err *err)
{
	struct azure_upload *u = (struct azure_upload *)base;
	struct store_request r;

	azure_request(u->b, &r, "PUT", base->name, u->a);
	r.body = bytes;
	store_request_add(&r, "content-type", STR("application/octet-stream"));
	store_request_add(&r, "x-ms-blob-type", STR("BlockBlob"));
	return put_blob(u, &r, err);
}

/* Names of equal length, in base 64. */
static void put_block_name(struct buf *out, unsigned i)
{
	char text[16];

	snprintf(text, sizeof(text), "%06u", i);
	base64_encode(out, str_of(text), BASE64_STANDARD);
}

static bool send_block(struct part_upload *base, struct buf *block, struct err *err)
{
	struct azure_upload *u = (struct azure_upload *)base;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf name auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf query auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct store_request r;
	struct store_answer answer;

	if (u->n_blocks == MAX_BLOCKS)
		return err_set(err, ERR_LIMIT,
			       "Azure: object %.*s: more than %d blocks of %d bytes",
			       STR_FMT(base->name), MAX_BLOCKS, BLOCK_BYTES);
	put_block_name(&name, u->n_blocks);
	store_query_add(&query, "blockid", buf_str(&name));
	store_query_add(&query, "comp", STR("block"));
	azure_request(u->b, &r, "PUT", base->name, a);
	r.query = arena_str(a, buf_str(&query));
	r.body = buf_str(block);
	store_request_add(&r, "content-type", STR("application/octet-stream"));
	if (!http_store_ask(u->b->store, u->ctx, &r, AZURE_ANSWER_MAX_BYTES, a, &answer, err))
		return false;
	u->n_blocks++;
	buf_clear(block);
	return true;
}

static bool complete(struct part_upload *base, struct buf *last, struct err *err)
{
	struct azure_upload *u = (struct azure_upload *)base;
	struct buf body auto_done(buf_done) = BUF_INIT(AZURE_ANSWER_MAX_BYTES);
	struct store_request r;

	if (!send_block(base, last, err))
		return false;
	buf_puts(&body, "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
	for (unsigned i = 0; i < u->n_blocks; i++) {
		buf_puts(&body, "<Latest>");
		put_block_name(&body, i);
		buf_puts(&body, "</Latest>");
	}
	buf_puts(&body, "</BlockList>");
	azure_request(u->b, &r, "PUT", base->name, u->a);
	r.query = STR("comp=blocklist");
	r.body = buf_str(&body);
	store_request_add(&r, "content-type", STR("application/xml"));
	return put_blob(u, &r, err);
}

/* Blocks that are in no list expire after a week. */
static const struct part_upload_ops upload_ops = {
    .put_whole = put_whole,
    .send = send_block,
    .complete = complete,
    .free = upload_free,
};

struct bucket_writer *azure_put(struct bucket *base, struct ctx *ctx, struct str name,
				enum bucket_put_mode mode, struct err *err)
{
	if (!object_name_check(name, err) || !ctx_check(ctx, err))
		return NULL;
	struct azure_upload *u = NEW(struct azure_upload);
	*u = (struct azure_upload){
	    .base = {.ops = &upload_ops, .mode = mode},
	    .b = (struct azure_bucket *)base,
	    .ctx = ctx,
	    .a = arena_new(NULL),
	};
	u->base.name = arena_str(u->a, name);
	return part_writer_new(&u->base, base, ctx, BLOCK_BYTES);
}
