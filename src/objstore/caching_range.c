/* caching_range.c - bytes of a chunk file, kept in parts of one size.
 *
 * A read takes the parts it touches from the cache. Those that are missing are read from the bucket
 * in few requests, side by side: neighbours together, and where there are still too many, with what
 * lies between them.
 *
 * A large read goes through in windows, which bounds what is in memory.
 */
#include "objstore/caching_internal.h"

#include <inttypes.h>

enum { WINDOW_BYTES = 16 << 20 };

/* The parts of one window. */
struct window {
	struct caching *c;
	struct ctx *ctx;
	struct str name;
	int64_t object_bytes;
	double share_of_part; /* in the whole read */
	int64_t start;        /* of the first part */
	size_t n;
	struct str *keys;
	struct str *values; /* `p` NULL: missing */
	struct arena *a;
};

/* Some neighbours, read with one request. */
struct run {
	struct window *w;
	size_t from, to; /* parts [from, to) */
	char *bytes;
	bool ok;
	struct err err;
};

static int64_t part_start(const struct window *w, size_t i)
{
	return w->start + (int64_t)i * w->c->settings.subrange_bytes;
}

static int64_t part_end(const struct window *w, size_t i)
{
	int64_t end = part_start(w, i + 1);
	return end < w->object_bytes ? end : w->object_bytes;
}

static size_t part_bytes(const struct window *w, size_t i)
{
	return (size_t)(part_end(w, i) - part_start(w, i));
}

/* --- from the cache ------------------------------------------------------------------------- */

static void look_up(struct window *w)
{
	size_t n_bytes = 0, n_hits = 0;

	for (size_t i = 0; i < w->n; i++)
		w->keys[i] =
		    str_of(arena_printf(w->a, "subrange:%.*s:%" PRId64 ":%" PRId64,
					STR_FMT(w->name), part_start(w, i), part_end(w, i)));
	cache_get_multi(w->c->cache, w->ctx, w->keys, w->n, w->a, w->values);
	for (size_t i = 0; i < w->n; i++) {
		if (!w->values[i].p)
			continue;
		if (w->values[i].n == part_bytes(w, i)) {
			n_hits++;
			n_bytes += w->values[i].n;
			continue;
		}
		counter_inc(w->c->rules[CACHE_GET_RANGE].refused);
		w->values[i] = (struct str){0};
	}
	counter_add(w->c->cached_bytes, (double)n_bytes);
	counter_add(w->c->rules[CACHE_GET_RANGE].hits, (double)n_hits * w->share_of_part);
}

/* --- from the bucket ------------------------------------------------------------------------ */

static size_t find_missing(struct window *w, struct run *runs)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++) {
		if (w->values[i].p)
			continue;
		if (n > 0 && runs[n - 1].to == i)
			runs[n - 1].to++;
		else
			runs[n++] = (struct run){.w = w, .from = i, .to = i + 1, .err = ERR_INIT};
	}
	return n;
}

/* Those with no more than `max_gap` parts between them become one. */
static size_t merge_runs(struct run *runs, size_t n, size_t max_gap)
{
	size_t last = 0;

	for (size_t i = 1; i < n; i++) {
		if (runs[i].from - runs[last].to <= max_gap)
			runs[last].to = runs[i].to;
		else
			runs[++last] = runs[i];
	}
	return last + 1;
}

/* What the cache had already is read once more, and dropped. */
static void keep_run(const struct run *r)
{
	struct window *w = r->w;
	struct caching *c = w->c;

	for (size_t i = r->from; i < r->to; i++) {
		const char *p = r->bytes + (part_start(w, i) - part_start(w, r->from));
		if (w->values[i].p) {
			counter_add(c->refetched_bytes, (double)part_bytes(w, i));
			continue;
		}
		w->values[i] = str_from(p, part_bytes(w, i));
		counter_add(c->fetched_bytes, (double)w->values[i].n);
		cache_set(c->cache, w->keys[i], w->values[i], c->settings.chunk_subrange_ttl_ms);
	}
}

static void fetch_run(void *arg)
{
	struct run *r = arg;
	struct window *w = r->w;
	int64_t start = part_start(w, r->from), n = part_end(w, r->to - 1) - start;
	struct fixed_sink sink = fixed_sink_of(r->bytes, (size_t)n);

	r->ok = bucket_get(w->c->inner, w->ctx, w->name, start, n, &sink.base, &r->err);
	if (r->ok && sink.left > 0)
		r->ok = err_set(&r->err, ERR_CORRUPT,
				"object %.*s: ends at byte %" PRId64 ", it should have %" PRId64,
				STR_FMT(w->name), start + n - (int64_t)sink.left, w->object_bytes);
	if (r->ok)
		keep_run(r);
}

/* The first one here, the others beside it where there is a free thread. */
static bool fetch_runs(struct window *w, struct run *runs, size_t n, struct err *err)
{
	struct pool_group group;
	struct err busy = ERR_INIT;

	for (size_t i = 0; i < n; i++)
		runs[i].bytes = arena_alloc(
		    w->a, (size_t)(part_end(w, runs[i].to - 1) - part_start(w, runs[i].from)));
	pool_group_init(&group, w->c->pool);
	for (size_t i = 1; i < n; i++)
		if (!pool_group_run(&group, fetch_run, &runs[i], &busy))
			fetch_run(&runs[i]);
	fetch_run(&runs[0]);
	pool_group_wait(&group);
	for (size_t i = 0; i < n; i++) {
		if (runs[i].ok)
			continue;
		*err = runs[i].err;
		return false;
	}
	return true;
}

static bool fetch_missing(struct window *w, struct err *err)
{
	int64_t max_requests = w->c->settings.max_subrange_requests;
	struct run *runs = ARENA_ARRAY(w->a, struct run, w->n);
	size_t n = find_missing(w, runs);

	for (size_t gap = 1; max_requests > 0 && n > (size_t)max_requests; gap *= 2)
		n = merge_runs(runs, n, gap);
	return n == 0 || fetch_runs(w, runs, n, err);
}

/* --- to the reader -------------------------------------------------------------------------- */

/* Bytes [offset, end) of the object. */
static bool write_out(const struct window *w, int64_t offset, int64_t end, struct byte_sink *sink,
		      struct err *err)
{
	for (size_t i = 0; i < w->n; i++) {
		int64_t start = part_start(w, i);
		int64_t from = offset > start ? offset : start;
		int64_t to = end < part_end(w, i) ? end : part_end(w, i);
		if (!byte_sink_write(sink, w->values[i].p + (from - start), (size_t)(to - from),
				     err))
			return false;
	}
	return true;
}

static bool read_window(struct window *w, int64_t offset, int64_t end, struct byte_sink *sink,
			struct err *err)
{
	int64_t part = w->c->settings.subrange_bytes;

	w->start = offset / part * part;
	w->n = (size_t)((end - w->start + part - 1) / part);
	w->keys = ARENA_ARRAY(w->a, struct str, w->n);
	w->values = ARENA_ARRAY(w->a, struct str, w->n);
	look_up(w);
	return fetch_missing(w, err) && write_out(w, offset, end, sink, err);
}

bool caching_get_range(struct caching *c, struct ctx *ctx, struct str name, int64_t offset,
		       int64_t length, struct byte_sink *sink, struct err *err)
{
	int64_t part = c->settings.subrange_bytes;
	int64_t window = part < WINDOW_BYTES ? WINDOW_BYTES / part * part : part;
	struct object_attrs attrs;

	counter_inc(c->rules[CACHE_GET_RANGE].requests);
	counter_add(c->requested_bytes, (double)length);
	if (!caching_attrs(c, ctx, name, &attrs, err))
		return false;
	if (offset >= attrs.size_bytes)
		return bucket_get(c->inner, ctx, name, offset, length, sink, err);
	int64_t end = length < attrs.size_bytes - offset ? offset + length : attrs.size_bytes;
	double n_parts = (double)((end + part - 1) / part - offset / part);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	while (offset < end) {
		int64_t stop = offset / part * part + window;
		struct window w = {.c = c,
				   .ctx = ctx,
				   .name = name,
				   .object_bytes = attrs.size_bytes,
				   .share_of_part = 1 / n_parts,
				   .a = a};
		if (stop > end)
			stop = end;
		if (!read_window(&w, offset, stop, sink, err))
			return false;
		offset = stop;
		arena_clear(a);
	}
	return true;
}
