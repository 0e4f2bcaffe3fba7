#include "block/overlap.h"

#include "base/alloc.h"
#include "base/vec.h"
#include "block/block_id.h"

#include <inttypes.h>

/* [min_t_ms, max_t_ms) */
struct span {
	int64_t min_t_ms;
	int64_t max_t_ms;
	struct ulid id;
};

struct overlap_check {
	struct bucket *bucket;
	struct ctx *ctx;
	struct labels labels;
	VEC(struct span) spans;
};

static struct span span_of(const struct meta *m)
{
	return (struct span){m->min_t_ms, m->max_t_ms, m->id};
}

static bool read_meta(struct overlap_check *c, struct ulid id, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf text auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);
	struct err why = ERR_INIT;
	struct meta m;

	if (!bucket_get_bytes(c->bucket, c->ctx, block_object(id, META_FILENAME), 0, BUCKET_TO_END,
			      &text, &why)) {
		if (why.code == ERR_NOT_FOUND)
			return true; /* not a block: an upload or a deletion that was cut off */
		*err = why;
		return false;
	}
	if (!meta_parse(buf_str(&text), a, &m, err))
		return err_wrap(err, "meta.json of block %s", ulid_str(id));
	if (labels_eq(m.labels, c->labels))
		vec_push(&c->spans, span_of(&m));
	return true;
}

static bool read_entry(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct ulid id;

	return !block_id_of(entry->name, &id) || read_meta(arg, id, err);
}

struct overlap_check *overlap_check_new(struct bucket *b, struct ctx *ctx, struct labels labels,
					struct err *err)
{
	struct overlap_check *c = NEW(struct overlap_check);

	c->bucket = b;
	c->ctx = ctx;
	c->labels = labels;
	if (bucket_list(b, ctx, STR(""), LIST_DIRECTORY, read_entry, c, err))
		return c;
	err_wrap(err, "gather the bucket's blocks to check for overlaps");
	overlap_check_free(c);
	return NULL;
}

void overlap_check_free(struct overlap_check *c)
{
	if (!c)
		return;
	vec_done(&c->spans);
	free(c);
}

static int by_min_time(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->min_t_ms != y->min_t_ms)
		return x->min_t_ms < y->min_t_ms ? -1 : 1;
	return (x->max_t_ms > y->max_t_ms) - (x->max_t_ms < y->max_t_ms);
}

bool overlap_check(struct overlap_check *c, const struct meta *m, struct err *err)
{
	const struct span *last = NULL; /* the one that ends last so far */
	VEC(struct span) all = {0};
	bool ok = true;

	vec_reserve(&all, c->spans.n + 1);
	for (size_t i = 0; i < c->spans.n; i++)
		vec_push(&all, c->spans.v[i]);
	vec_push(&all, span_of(m));
	qsort(all.v, all.n, sizeof(*all.v), by_min_time);
	for (size_t i = 0; ok && i < all.n; i++) {
		const struct span *s = &all.v[i];
		if (last && s->min_t_ms < last->max_t_ms)
			ok = err_set(err, ERR_EXISTS,
				     "shipping compacted block %s is blocked; overlap spotted: "
				     "block %s [%" PRId64 ", %" PRId64 ") and block %s [%" PRId64
				     ", %" PRId64 ")",
				     ulid_str(m->id), ulid_str(last->id), last->min_t_ms,
				     last->max_t_ms, ulid_str(s->id), s->min_t_ms, s->max_t_ms);
		if (!last || s->max_t_ms > last->max_t_ms)
			last = s;
	}
	vec_done(&all);
	return ok;
}
