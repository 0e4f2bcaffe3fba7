#include "block/object_source.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <stdlib.h>

struct object_source {
	struct byte_source base; /* first, so that the two pointers convert */
	struct bucket *bucket;
	char *name;
};

static bool too_short(const struct object_source *o, uint64_t end, struct err *err)
{
	return err_set(err, ERR_CORRUPT,
		       "object %s: ends at byte %" PRIu64 ", it should have %" PRIu64, o->name, end,
		       o->base.size_bytes);
}

static bool object_read(struct byte_source *base, struct ctx *ctx, uint64_t offset, void *to,
			size_t n, struct err *err)
{
	struct object_source *o = (struct object_source *)base;
	struct fixed_sink sink = fixed_sink_of(to, n);

	if (!bucket_get(o->bucket, ctx, str_of(o->name), (int64_t)offset, (int64_t)n, &sink.base,
			err))
		return false;
	return sink.left == 0 || too_short(o, offset + n - sink.left, err);
}

/* Counts what passes, to see an object that is too short. */
struct counting_sink {
	struct byte_sink base; /* first, so that the two pointers convert */
	struct byte_sink *to;
	uint64_t n;
};

static bool counting_write(struct byte_sink *base, const void *p, size_t n, struct err *err)
{
	struct counting_sink *sink = (struct counting_sink *)base;

	sink->n += n;
	return byte_sink_write(sink->to, p, n, err);
}

/* One request, however long it is. */
static bool object_copy(struct byte_source *base, struct ctx *ctx, uint64_t from, uint64_t to,
			struct byte_sink *sink, struct err *err)
{
	struct object_source *o = (struct object_source *)base;
	struct counting_sink counting = {.base.write = counting_write, .to = sink};

	if (!bucket_get(o->bucket, ctx, str_of(o->name), (int64_t)from, (int64_t)(to - from),
			&counting.base, err))
		return false;
	return counting.n == to - from || too_short(o, from + counting.n, err);
}

static void object_close(struct byte_source *base)
{
	struct object_source *o = (struct object_source *)base;

	free(o->name);
	free(o);
}

static const struct byte_source_ops object_ops = {
    .read = object_read, .copy = object_copy, .close = object_close};

struct byte_source *object_source_new(struct bucket *b, struct str name, uint64_t size_bytes)
{
	struct object_source *o = NEW(struct object_source);

	o->bucket = b;
	o->name = str_dup(name);
	o->base =
	    (struct byte_source){.ops = &object_ops, .name = o->name, .size_bytes = size_bytes};
	return &o->base;
}
