#include "block/object_source.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <stdlib.h>

struct object_source {
	struct byte_source base; /* first, so that the two pointers convert */
	struct bucket *bucket;
	char *name;
};

static bool object_read(struct byte_source *base, struct ctx *ctx, uint64_t offset, void *to,
			size_t n, struct err *err)
{
	struct object_source *o = (struct object_source *)base;
	struct fixed_sink sink = fixed_sink_of(to, n);

	if (!bucket_get(o->bucket, ctx, str_of(o->name), (int64_t)offset, (int64_t)n, &sink.base,
			err))
		return false;
	if (sink.left == 0)
		return true;
	return err_set(err, ERR_CORRUPT,
		       "object %s: ends at byte %" PRIu64 ", it should have %" PRIu64, o->name,
		       offset + n - sink.left, base->size_bytes);
}

static void object_close(struct byte_source *base)
{
	struct object_source *o = (struct object_source *)base;

	free(o->name);
	free(o);
}

static const struct byte_source_ops object_ops = {object_read, object_close};

struct byte_source *object_source_new(struct bucket *b, struct str name, uint64_t size_bytes)
{
	struct object_source *o = NEW(struct object_source);

	o->bucket = b;
	o->name = str_dup(name);
	o->base =
	    (struct byte_source){.ops = &object_ops, .name = o->name, .size_bytes = size_bytes};
	return &o->base;
}
