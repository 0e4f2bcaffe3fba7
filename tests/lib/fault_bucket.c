#include "tests/lib/fault_bucket.h"

#include "base/alloc.h"

#include <stdlib.h>

enum verdict { PASS, FAIL_BEFORE, FAIL_AFTER };

static enum verdict count(struct fault_bucket *f)
{
	size_t at = f->n_operations++;

	if (at < f->fail_at || f->fault == FAULT_STORED_SHORT)
		return PASS;
	if (f->fault == FAULT_CRASH)
		return FAIL_BEFORE;
	if (at > f->fail_at)
		return PASS;
	return f->fault == FAULT_REQUEST_LOST ? FAIL_BEFORE : FAIL_AFTER;
}

static bool fail(struct err *err, const char *op, struct str name)
{
	return err_set(err, ERR_UNAVAILABLE, "%s %.*s: fault injected", op, STR_FMT(name));
}

static bool fault_list(struct bucket *b, struct ctx *ctx, struct str prefix,
		       enum bucket_list_mode mode, bucket_list_fn *fn, void *arg, struct err *err)
{
	struct fault_bucket *f = (struct fault_bucket *)b;
	enum verdict v = count(f);

	if (v == FAIL_BEFORE)
		return fail(err, "list", prefix);
	return bucket_list(f->inner, ctx, prefix, mode, fn, arg, err) &&
	       (v == PASS || fail(err, "list", prefix));
}

static bool fault_get(struct bucket *b, struct ctx *ctx, struct str name, int64_t offset,
		      int64_t length, struct byte_sink *sink, struct err *err)
{
	struct fault_bucket *f = (struct fault_bucket *)b;
	enum verdict v = count(f);

	if (v == FAIL_BEFORE)
		return fail(err, "get", name);
	return bucket_get(f->inner, ctx, name, offset, length, sink, err) &&
	       (v == PASS || fail(err, "get", name));
}

static bool fault_attrs(struct bucket *b, struct ctx *ctx, struct str name,
			struct object_attrs *out, struct err *err)
{
	struct fault_bucket *f = (struct fault_bucket *)b;

	if (count(f) != PASS)
		return fail(err, "attrs", name);
	return bucket_attrs(f->inner, ctx, name, out, err);
}

struct fault_writer {
	struct bucket_writer base; /* first, so that the two pointers convert */
	struct fault_bucket *bucket;
	struct bucket_writer *inner;
	char *name;
	char last; /* the byte that is not written yet */
	bool has_last;
};

static bool write_last(struct fault_writer *w, struct err *err)
{
	bool had_last = w->has_last;

	w->has_last = false;
	return !had_last || bucket_writer_write(w->inner, &w->last, 1, err);
}

static bool writer_write(struct bucket_writer *base, const void *p, size_t n, struct err *err)
{
	struct fault_writer *w = (struct fault_writer *)base;

	if (n == 0)
		return true;
	if (!write_last(w, err) || !bucket_writer_write(w->inner, p, n - 1, err))
		return false;
	w->last = ((const char *)p)[n - 1];
	w->has_last = true;
	return true;
}

static void writer_abort(struct bucket_writer *base)
{
	struct fault_writer *w = (struct fault_writer *)base;

	bucket_writer_abort(w->inner);
	free(w->name);
	free(w);
}

static bool writer_commit(struct bucket_writer *base, struct err *err)
{
	struct fault_writer *w = (struct fault_writer *)base;
	struct fault_bucket *f = w->bucket;
	bool is_short = f->fault == FAULT_STORED_SHORT && f->n_operations == f->fail_at;
	enum verdict v = count(f);
	bool ok = v == PASS;

	if (v != FAIL_BEFORE && !is_short && !write_last(w, err)) {
		writer_abort(base);
		return false;
	}
	if (v != FAIL_BEFORE)
		ok = bucket_writer_commit(take(w->inner), err) && ok;
	if (v != PASS)
		fail(err, "put", str_of(w->name));
	writer_abort(base);
	return ok;
}

static const struct bucket_writer_ops writer_ops = {
    .write = writer_write,
    .commit = writer_commit,
    .abort = writer_abort,
};

static struct bucket_writer *fault_put(struct bucket *b, struct ctx *ctx, struct str name,
				       enum bucket_put_mode mode, struct err *err)
{
	struct fault_bucket *f = (struct fault_bucket *)b;
	struct bucket_writer *inner = bucket_put(f->inner, ctx, name, mode, err);
	if (!inner)
		return NULL;

	struct fault_writer *w = NEW(struct fault_writer);
	*w = (struct fault_writer){
	    .base.ops = &writer_ops,
	    .bucket = f,
	    .inner = inner,
	    .name = str_dup(name),
	};
	return &w->base;
}

static bool fault_remove(struct bucket *b, struct ctx *ctx, struct str name, struct err *err)
{
	struct fault_bucket *f = (struct fault_bucket *)b;
	enum verdict v = count(f);

	if (v == FAIL_BEFORE)
		return fail(err, "remove", name);
	return bucket_remove(f->inner, ctx, name, err) && (v == PASS || fail(err, "remove", name));
}

static const char *fault_name(struct bucket *b)
{
	return bucket_name(((struct fault_bucket *)b)->inner);
}

static void fault_close(struct bucket *b)
{
	free(b);
}

static const struct bucket_ops fault_ops = {
    .list = fault_list,
    .get = fault_get,
    .attrs = fault_attrs,
    .put = fault_put,
    .remove = fault_remove,
    .name = fault_name,
    .close = fault_close,
};

struct fault_bucket *fault_bucket_new(struct bucket *inner, enum fault fault, size_t fail_at)
{
	struct fault_bucket *f = NEW(struct fault_bucket);
	f->base.ops = &fault_ops;
	f->inner = inner;
	f->fault = fault;
	f->fail_at = fail_at;
	return f;
}
