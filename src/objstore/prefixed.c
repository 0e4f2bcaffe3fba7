#include "objstore/prefixed.h"

#include "base/alloc.h"
#include "objstore/object_name.h"

#include <stdlib.h>

struct prefixed {
	struct bucket base; /* first, so that the two pointers convert */
	struct bucket *inner;
	char *prefix; /* without slashes around it */
	size_t prefix_n;
};

/* prefix/name on the stack of the caller. */
struct full_name {
	char text[2 * OBJECT_NAME_MAX + 1];
};

/* The name below the prefix was checked, so its length is bounded. */
static struct str full(const struct prefixed *p, struct str name, struct full_name *buf)
{
	memcpy(buf->text, p->prefix, p->prefix_n);
	buf->text[p->prefix_n] = '/';
	if (name.n)
		memcpy(buf->text + p->prefix_n + 1, name.p, name.n);
	return str_from(buf->text, p->prefix_n + 1 + name.n);
}

struct strip {
	const struct prefixed *p;
	bucket_list_fn *fn;
	void *arg;
};

static bool strip_entry(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct strip *strip = arg;
	struct bucket_entry below = *entry;

	below.name = str_skip(entry->name, strip->p->prefix_n + 1);
	return strip->fn(&below, strip->arg, err);
}

static bool prefixed_list(struct bucket *b, struct ctx *ctx, struct str prefix,
			  enum bucket_list_mode mode, bucket_list_fn *fn, void *arg,
			  struct err *err)
{
	struct prefixed *p = (struct prefixed *)b;
	struct strip strip = {.p = p, .fn = fn, .arg = arg};
	struct full_name buf;
	struct str dir;

	if (!object_prefix_check(prefix, &dir, err))
		return false;
	return bucket_list(p->inner, ctx, full(p, dir, &buf), mode, strip_entry, &strip, err);
}

static bool prefixed_get(struct bucket *b, struct ctx *ctx, struct str name, int64_t offset,
			 int64_t length, struct byte_sink *sink, struct err *err)
{
	struct prefixed *p = (struct prefixed *)b;
	struct full_name buf;

	return object_name_check(name, err) &&
	       bucket_get(p->inner, ctx, full(p, name, &buf), offset, length, sink, err);
}

static bool prefixed_attrs(struct bucket *b, struct ctx *ctx, struct str name,
			   struct object_attrs *out, struct err *err)
{
	struct prefixed *p = (struct prefixed *)b;
	struct full_name buf;

	return object_name_check(name, err) &&
	       bucket_attrs(p->inner, ctx, full(p, name, &buf), out, err);
}

static bool prefixed_exists(struct bucket *b, struct ctx *ctx, struct str name, bool *out,
			    struct err *err)
{
	struct prefixed *p = (struct prefixed *)b;
	struct full_name buf;

	return object_name_check(name, err) &&
	       bucket_exists(p->inner, ctx, full(p, name, &buf), out, err);
}

static struct bucket_writer *prefixed_put(struct bucket *b, struct ctx *ctx, struct str name,
					  enum bucket_put_mode mode, struct err *err)
{
	struct prefixed *p = (struct prefixed *)b;
	struct full_name buf;

	if (!object_name_check(name, err))
		return NULL;
	return bucket_put(p->inner, ctx, full(p, name, &buf), mode, err);
}

static bool prefixed_remove(struct bucket *b, struct ctx *ctx, struct str name, struct err *err)
{
	struct prefixed *p = (struct prefixed *)b;
	struct full_name buf;
	bool is_marker;

	return object_removal_check(name, &is_marker, err) &&
	       bucket_remove(p->inner, ctx, full(p, name, &buf), err);
}

static const char *prefixed_name(struct bucket *b)
{
	return bucket_name(((struct prefixed *)b)->inner);
}

static void prefixed_close(struct bucket *b)
{
	struct prefixed *p = (struct prefixed *)b;

	bucket_close(p->inner);
	free(p->prefix);
	free(p);
}

static const struct bucket_ops prefixed_ops = {
    .list = prefixed_list,
    .get = prefixed_get,
    .attrs = prefixed_attrs,
    .put = prefixed_put,
    .exists = prefixed_exists,
    .remove = prefixed_remove,
    .name = prefixed_name,
    .close = prefixed_close,
};

bool prefixed_bucket_new(struct bucket *inner, struct str prefix, struct bucket **out,
			 struct err *err)
{
	prefix = str_trim(prefix, "/");
	if (prefix.n == 0) {
		*out = inner;
		return true;
	}
	if (!object_name_check(prefix, err))
		return err_wrap(err, "prefix of the bucket");

	struct prefixed *p = NEW(struct prefixed);
	p->base.ops = &prefixed_ops;
	p->inner = inner;
	p->prefix = str_dup(prefix);
	p->prefix_n = prefix.n;
	*out = &p->base;
	return true;
}
