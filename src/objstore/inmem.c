#include "objstore/inmem.h"

#include "base/arena.h"
#include "base/lock.h"
#include "base/vec.h"
#include "objstore/object_name.h"

struct object {
	char *name; /* owned */
	size_t name_n;
	struct buf bytes;
	int64_t modified_ms;
};

struct inmem {
	struct bucket base; /* first, so that the two pointers convert */
	struct clock *clock;
	struct mutex mu;
	VEC(struct object *) objects; /* guarded by mu; ascending by name */
};

struct inmem_writer {
	struct bucket_writer base; /* first, so that the two pointers convert */
	struct inmem *bucket;
	enum bucket_put_mode mode;
	struct object *object; /* not in the bucket yet */
};

static struct str object_name(const struct object *o)
{
	return str_from(o->name, o->name_n);
}

static void object_free(struct object *o)
{
	if (!o)
		return;
	free(o->name);
	buf_done(&o->bytes);
	free(o);
}

/* Where `name` is, or would be; with mu held. */
static size_t place_of(struct inmem *m, struct str name, bool *found)
{
	size_t low = 0, high = m->objects.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (str_cmp(object_name(m->objects.v[mid]), name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	*found = low < m->objects.n && str_eq(object_name(m->objects.v[low]), name);
	return low;
}

static struct object *find(struct inmem *m, struct str name, struct err *err)
{
	bool found;
	size_t at = place_of(m, name, &found);
	if (found)
		return m->objects.v[at];
	err_set(err, ERR_NOT_FOUND, "object %.*s: not in the bucket", STR_FMT(name));
	return NULL;
}

/* A copy of what a listing shows, so that callbacks may change the bucket. */
struct listing {
	struct arena *arena;
	struct {
		struct bucket_entry *v;
		size_t n, cap;
	} entries;
};

static void list_object(struct listing *l, struct str dir, const struct object *o,
			enum bucket_list_mode mode)
{
	struct str name = object_name(o);
	struct str below = str_skip(name, dir.n ? dir.n + 1 : 0);
	size_t slash = str_find_char(below, '/');
	struct bucket_entry e = {
	    .name = name,
	    .has_attrs = true,
	    .attrs = {.size_bytes = (int64_t)o->bytes.n, .modified_ms = o->modified_ms},
	};

	if (mode == LIST_DIRECTORY && slash < below.n) {
		e = (struct bucket_entry){.name = {name.p, name.n - below.n + slash + 1}};
		size_t n = l->entries.n;
		if (n && str_eq(l->entries.v[n - 1].name, e.name))
			return;
	}
	e.name = arena_str(l->arena, e.name);
	ARENA_PUSH(l->arena, &l->entries, e);
}

static bool is_below(struct str name, struct str dir)
{
	return dir.n == 0 || (str_starts(name, dir) && name.n > dir.n && name.p[dir.n] == '/');
}

static bool inmem_list(struct bucket *b, struct ctx *ctx, struct str prefix,
		       enum bucket_list_mode mode, bucket_list_fn *fn, void *arg, struct err *err)
{
	struct inmem *m = (struct inmem *)b;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct listing l = {.arena = a};
	struct str dir;

	if (!ctx_check(ctx, err) || !object_prefix_check(prefix, &dir, err))
		return false;
	mutex_lock(&m->mu);
	for (size_t i = 0; i < m->objects.n; i++)
		if (is_below(object_name(m->objects.v[i]), dir))
			list_object(&l, dir, m->objects.v[i], mode);
	mutex_unlock(&m->mu);

	for (size_t i = 0; i < l.entries.n; i++)
		if (!ctx_check(ctx, err) || !fn(&l.entries.v[i], arg, err))
			return false;
	return true;
}

/* A copy of the bytes asked for, so that no lock is held while the sink writes. */
static bool copy_range(struct inmem *m, struct str name, int64_t offset, int64_t length,
		       struct buf *out, struct err *err)
{
	mutex_lock(&m->mu);
	struct object *o = find(m, name, err);
	if (o) {
		struct str bytes = str_skip(buf_str(&o->bytes), (size_t)offset);
		if ((uint64_t)length < bytes.n)
			bytes.n = (size_t)length;
		buf_append_str(out, bytes);
	}
	mutex_unlock(&m->mu);
	return o != NULL;
}

static bool inmem_get(struct bucket *b, struct ctx *ctx, struct str name, int64_t offset,
		      int64_t length, struct byte_sink *sink, struct err *err)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(SIZE_MAX / 2);

	if (!ctx_check(ctx, err) || !object_name_check(name, err) ||
	    !object_range_check(name, offset, length, err))
		return false;
	if (!copy_range((struct inmem *)b, name, offset, length, &bytes, err))
		return false;
	return bytes.n == 0 || sink->write(sink, bytes.p, bytes.n, err);
}

static bool inmem_attrs(struct bucket *b, struct ctx *ctx, struct str name,
			struct object_attrs *out, struct err *err)
{
	struct inmem *m = (struct inmem *)b;

	if (!ctx_check(ctx, err) || !object_name_check(name, err))
		return false;
	mutex_lock(&m->mu);
	struct object *o = find(m, name, err);
	if (o)
		*out = (struct object_attrs){(int64_t)o->bytes.n, o->modified_ms};
	mutex_unlock(&m->mu);
	return o != NULL;
}

static bool writer_write(struct bucket_writer *base, const void *p, size_t n, struct err *err)
{
	struct inmem_writer *w = (struct inmem_writer *)base;
	(void)err;

	buf_append(&w->object->bytes, p, n);
	return true;
}

static void writer_abort(struct bucket_writer *base)
{
	struct inmem_writer *w = (struct inmem_writer *)base;

	object_free(w->object);
	free(w);
}

/* With mu held. */
static bool insert(struct inmem *m, struct inmem_writer *w, struct err *err)
{
	bool found;
	size_t at = place_of(m, object_name(w->object), &found);

	if (found && w->mode == PUT_IF_ABSENT)
		return err_set(err, ERR_EXISTS, "object %s: is in the bucket already",
			       w->object->name);
	if (found) {
		object_free(m->objects.v[at]);
	} else {
		vec_push(&m->objects, NULL);
		memmove(&m->objects.v[at + 1], &m->objects.v[at],
			(m->objects.n - 1 - at) * sizeof(*m->objects.v));
	}
	w->object->modified_ms = clock_wall_ms(m->clock);
	m->objects.v[at] = take(w->object);
	return true;
}

static bool writer_commit(struct bucket_writer *base, struct err *err)
{
	struct inmem_writer *w = (struct inmem_writer *)base;

	mutex_lock(&w->bucket->mu);
	bool ok = insert(w->bucket, w, err);
	mutex_unlock(&w->bucket->mu);
	writer_abort(base);
	return ok;
}

static const struct bucket_writer_ops writer_ops = {
    .write = writer_write,
    .commit = writer_commit,
    .abort = writer_abort,
};

static struct bucket_writer *inmem_put(struct bucket *b, struct ctx *ctx, struct str name,
				       enum bucket_put_mode mode, struct err *err)
{
	if (!ctx_check(ctx, err) || !object_name_check(name, err))
		return NULL;

	struct inmem_writer *w = NEW(struct inmem_writer);
	*w = (struct inmem_writer){
	    .base.ops = &writer_ops,
	    .bucket = (struct inmem *)b,
	    .mode = mode,
	    .object = NEW(struct object),
	};
	*w->object = (struct object){.name = str_dup(name), .name_n = name.n};
	buf_init(&w->object->bytes, SIZE_MAX / 2, NULL);
	return &w->base;
}

static bool inmem_remove(struct bucket *b, struct ctx *ctx, struct str name, struct err *err)
{
	struct inmem *m = (struct inmem *)b;
	bool found, is_marker;

	if (!ctx_check(ctx, err) || !object_removal_check(name, &is_marker, err))
		return false;
	mutex_lock(&m->mu);
	size_t at = place_of(m, name, &found);
	if (found) {
		object_free(m->objects.v[at]);
		memmove(&m->objects.v[at], &m->objects.v[at + 1],
			(m->objects.n - at - 1) * sizeof(*m->objects.v));
		m->objects.n--;
	}
	mutex_unlock(&m->mu);
	return found ||
	       err_set(err, ERR_NOT_FOUND, "remove object %.*s: not in the bucket", STR_FMT(name));
}

static const char *inmem_name(struct bucket *b)
{
	(void)b;
	return "inmem";
}

static void inmem_close(struct bucket *b)
{
	struct inmem *m = (struct inmem *)b;

	for (size_t i = 0; i < m->objects.n; i++)
		object_free(m->objects.v[i]);
	vec_done(&m->objects);
	mutex_done(&m->mu);
	free(m);
}

static const struct bucket_ops inmem_ops = {
    .list = inmem_list,
    .get = inmem_get,
    .attrs = inmem_attrs,
    .put = inmem_put,
    .remove = inmem_remove,
    .name = inmem_name,
    .close = inmem_close,
};

struct bucket *inmem_bucket_new(struct clock *clock)
{
	struct inmem *m = NEW(struct inmem);
	m->base.ops = &inmem_ops;
	m->clock = clock;
	mutex_init(&m->mu, RANK_BUCKET);
	return &m->base;
}
