#include "tests/simulation/shaky_bucket.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* How long a stale listing may be behind. */
enum { STALE_MS = 10 * 60 * 1000 };

struct shaky {
	struct bucket base; /* first, so that the two pointers convert */
	struct bucket *inner;
	struct actor *actor;
	struct shakes *shakes;
};

static enum shake draw(struct shakes *s, struct rand *rand)
{
	if (s->n_operations++ == s->at)
		return s->what;
	if (s->crash_one_in && rand_below(rand, s->crash_one_in) == 0)
		return rand_below(rand, 2) ? SHAKE_CRASH : SHAKE_CRASH_AFTER;
	if (s->one_in && rand_below(rand, s->one_in) == 0)
		return SHAKE_REQUEST_LOST + (enum shake)rand_below(rand, 4);
	return SHAKE_NONE;
}

static void trace(struct shaky *b, const char *op, struct str name, enum shake shake)
{
	static const char *const names[SHAKE_N] = {"",    "request lost", "answer lost", "stale",
						   "cut", "crash",        "crash after"};
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str shown = observer_name_of(b->shakes->observer, name, a);

	if (b->shakes->traces)
		printf("%5zu %14" PRId64 " %-12s %-6s %.*s  %s\n", b->shakes->n_operations - 1,
		       b->actor->schedule->clock.now_ms - DATA_START_MS, b->actor->name, op,
		       STR_FMT(shown), names[shake]);
}

/* Waits for the turn, and tells what is to happen. */
static enum shake begin(struct shaky *b, const char *op, struct str name)
{
	struct shakes *s = b->shakes;

	if (b->actor->has_crashed)
		return SHAKE_CRASH;
	schedule_pass(b->actor);
	observer_look(s->observer);
	if (observer_complaint(s->observer))
		b->actor->has_crashed = true; /* there is nothing more to find out */
	enum shake shake = draw(s, &b->actor->schedule->rand);
	trace(b, op, name, shake);
	s->n_shakes += shake != SHAKE_NONE;
	if (shake == SHAKE_CRASH || shake == SHAKE_CRASH_AFTER)
		b->actor->has_crashed = true;
	return shake;
}

static bool is_lost(enum shake shake)
{
	return shake == SHAKE_REQUEST_LOST || shake == SHAKE_STALE || shake == SHAKE_CRASH;
}

static bool fail(struct err *err, const char *op, struct str name)
{
	return err_set(err, ERR_UNAVAILABLE, "%s %.*s: fault injected", op, STR_FMT(name));
}

/* --- reading ---------------------------------------------------------------------------------- */

struct stale_listing {
	bucket_list_fn *fn;
	void *arg;
	int64_t until_ms;
};

static bool pass_old(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct stale_listing *l = arg;

	if (entry->has_attrs && entry->attrs.modified_ms > l->until_ms)
		return true;
	return l->fn(entry, l->arg, err);
}

static bool shaky_list(struct bucket *base, struct ctx *ctx, struct str prefix,
		       enum bucket_list_mode mode, bucket_list_fn *fn, void *arg, struct err *err)
{
	struct shaky *b = (struct shaky *)base;
	enum shake shake = begin(b, "list", prefix);
	struct stale_listing stale = {fn, arg, 0};

	if (shake == SHAKE_STALE) {
		int64_t age_ms = (int64_t)rand_below(&b->actor->schedule->rand, STALE_MS);
		stale.until_ms = b->actor->schedule->clock.now_ms - age_ms;
		return bucket_list(b->inner, ctx, prefix, mode, pass_old, &stale, err);
	}
	if (is_lost(shake))
		return fail(err, "list", prefix);
	return bucket_list(b->inner, ctx, prefix, mode, fn, arg, err) &&
	       (shake == SHAKE_NONE || fail(err, "list", prefix));
}

static bool shaky_get(struct bucket *base, struct ctx *ctx, struct str name, int64_t offset,
		      int64_t length, struct byte_sink *sink, struct err *err)
{
	struct shaky *b = (struct shaky *)base;
	enum shake shake = begin(b, "get", name);
	struct object_attrs attrs;

	if (is_lost(shake))
		return fail(err, "get", name);
	if (shake == SHAKE_CUT && bucket_attrs(b->inner, ctx, name, &attrs, err)) {
		int64_t left = attrs.size_bytes - offset;
		length = (length < left ? length : left) / 2;
	}
	return bucket_get(b->inner, ctx, name, offset, length, sink, err) &&
	       (shake == SHAKE_NONE || fail(err, "get", name));
}

static bool shaky_attrs(struct bucket *base, struct ctx *ctx, struct str name,
			struct object_attrs *out, struct err *err)
{
	struct shaky *b = (struct shaky *)base;

	if (begin(b, "attrs", name) != SHAKE_NONE)
		return fail(err, "attrs", name);
	return bucket_attrs(b->inner, ctx, name, out, err);
}

/* --- writing ---------------------------------------------------------------------------------- */

struct shaky_writer {
	struct bucket_writer base; /* first, so that the two pointers convert */
	struct shaky *bucket;
	struct bucket_writer *inner;
	char *name;
};

static bool writer_write(struct bucket_writer *base, const void *p, size_t n, struct err *err)
{
	return bucket_writer_write(((struct shaky_writer *)base)->inner, p, n, err);
}

static void writer_abort(struct bucket_writer *base)
{
	struct shaky_writer *w = (struct shaky_writer *)base;

	bucket_writer_abort(w->inner);
	free(w->name);
	free(w);
}

static bool writer_commit(struct bucket_writer *base, struct err *err)
{
	struct shaky_writer *w = (struct shaky_writer *)base;
	struct observer *observer = w->bucket->shakes->observer;
	enum shake shake = begin(w->bucket, "put", str_of(w->name));
	bool ok = shake == SHAKE_NONE;

	if (is_lost(shake)) {
		fail(err, "put", str_of(w->name));
	} else if (!bucket_writer_commit(take(w->inner), err)) {
		ok = false;
	} else {
		observer_saw_put(observer, str_of(w->name));
		observer_look(observer);
		if (!ok)
			fail(err, "put", str_of(w->name));
	}
	writer_abort(base);
	return ok;
}

static const struct bucket_writer_ops writer_ops = {
    .write = writer_write,
    .commit = writer_commit,
    .abort = writer_abort,
};

static struct bucket_writer *shaky_put(struct bucket *base, struct ctx *ctx, struct str name,
				       enum bucket_put_mode mode, struct err *err)
{
	struct shaky *b = (struct shaky *)base;
	struct bucket_writer *inner = bucket_put(b->inner, ctx, name, mode, err);

	if (!inner)
		return NULL;
	struct shaky_writer *w = NEW(struct shaky_writer);
	*w = (struct shaky_writer){
	    .base.ops = &writer_ops, .bucket = b, .inner = inner, .name = str_dup(name)};
	return &w->base;
}

static bool shaky_remove(struct bucket *base, struct ctx *ctx, struct str name, struct err *err)
{
	struct shaky *b = (struct shaky *)base;
	struct observer *observer = b->shakes->observer;
	struct object_attrs attrs;
	struct err ignored = ERR_INIT;
	enum shake shake = begin(b, "remove", name);

	if (is_lost(shake))
		return fail(err, "remove", name);
	if (bucket_attrs(b->inner, ctx, name, &attrs, &ignored))
		observer_sees_removal(observer, name);
	if (!bucket_remove(b->inner, ctx, name, err))
		return false;
	observer_saw_removal(observer, name);
	observer_look(observer);
	return shake == SHAKE_NONE || fail(err, "remove", name);
}

static const char *shaky_name(struct bucket *base)
{
	return bucket_name(((struct shaky *)base)->inner);
}

static void shaky_close(struct bucket *base)
{
	free(base);
}

static const struct bucket_ops shaky_ops = {
    .list = shaky_list,
    .get = shaky_get,
    .attrs = shaky_attrs,
    .put = shaky_put,
    .remove = shaky_remove,
    .name = shaky_name,
    .close = shaky_close,
};

struct bucket *shaky_bucket_new(struct bucket *inner, struct actor *actor, struct shakes *shakes)
{
	struct shaky *b = NEW(struct shaky);

	*b = (struct shaky){
	    .base.ops = &shaky_ops, .inner = inner, .actor = actor, .shakes = shakes};
	return &b->base;
}
