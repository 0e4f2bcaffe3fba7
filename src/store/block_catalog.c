#include "store/block_catalog.h"

#include "base/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>

/* Coarsest first. */
static const int64_t resolutions_ms[CATALOG_RESOLUTIONS] = {3600000, 300000, 0};

struct shared_catalog {
	struct block_catalog catalog; /* first, so that the two pointers convert */
	_Atomic size_t n_refs;
	struct arena *arena; /* of all arrays */
};

static int by_id(const void *a, const void *b)
{
	return ulid_cmp(store_block_id(*(struct store_block *const *)a),
			store_block_id(*(struct store_block *const *)b));
}

/* By labels, then by time: the order in which sets are cut out. */
static int by_labels(const void *a, const void *b)
{
	const struct meta *x = store_block_meta(*(struct store_block *const *)a);
	const struct meta *y = store_block_meta(*(struct store_block *const *)b);
	int c = labels_cmp(x->labels, y->labels);

	if (c)
		return c;
	if (x->min_t_ms != y->min_t_ms)
		return x->min_t_ms < y->min_t_ms ? -1 : 1;
	if (x->max_t_ms != y->max_t_ms)
		return x->max_t_ms < y->max_t_ms ? -1 : 1;
	return ulid_cmp(x->id, y->id);
}

static void fill_set(struct catalog_set *set, struct store_block *const *v, size_t n,
		     struct arena *a)
{
	struct store_block **to = ARENA_ARRAY(a, struct store_block *, n);

	set->labels = store_block_meta(v[0])->labels;
	for (size_t r = 0; r < CATALOG_RESOLUTIONS; r++) {
		struct catalog_blocks *blocks = &set->by_resolution[r];
		blocks->v = to;
		for (size_t i = 0; i < n; i++)
			if (store_block_meta(v[i])->resolution_ms == resolutions_ms[r])
				*to++ = v[i];
		blocks->n = (size_t)(to - blocks->v);
	}
}

/* --- what it announces --------------------------------------------------------------------- */

struct infos {
	struct tsdb_info *v;
	size_t n, cap;
};

static int by_min_time(const void *a, const void *b)
{
	const struct tsdb_info *x = a, *y = b;

	return (x->min_t_ms > y->min_t_ms) - (x->min_t_ms < y->min_t_ms);
}

static void add_set_infos(const struct catalog_set *set, struct arena *a, struct infos *out)
{
	size_t first = out->n, n = out->n;

	for (size_t r = 0; r < CATALOG_RESOLUTIONS; r++) {
		for (size_t i = 0; i < set->by_resolution[r].n; i++) {
			const struct meta *m = store_block_meta(set->by_resolution[r].v[i]);
			struct tsdb_info info = {set->labels, m->min_t_ms, m->max_t_ms};
			ARENA_PUSH(a, out, info);
		}
	}
	qsort(out->v + first, out->n - first, sizeof(*out->v), by_min_time);
	for (size_t i = first; i < out->n; i++) {
		struct tsdb_info *last = n > first ? &out->v[n - 1] : NULL;
		if (!last || out->v[i].min_t_ms > last->max_t_ms)
			out->v[n++] = out->v[i];
		else if (out->v[i].max_t_ms > last->max_t_ms)
			last->max_t_ms = out->v[i].max_t_ms;
	}
	out->n = n;
}

static void list_tsdbs(struct block_catalog *c, struct arena *scratch, struct arena *a)
{
	struct infos infos = {0};

	for (size_t i = 0; i < c->n_sets; i++)
		add_set_infos(&c->sets[i], scratch, &infos);
	c->tsdbs = ARENA_ARRAY(a, struct tsdb_info, infos.n);
	if (infos.n)
		memcpy(c->tsdbs, infos.v, infos.n * sizeof(*infos.v));
	c->n_tsdbs = infos.n;
}

void block_catalog_info(const struct block_catalog *c, struct arena *a, struct store_info *out)
{
	out->label_sets = ARENA_ARRAY(a, struct labels, c->n_sets);
	out->n_label_sets = c->n_sets;
	out->tsdbs = ARENA_ARRAY(a, struct tsdb_info, c->n_tsdbs);
	out->n_tsdbs = c->n_tsdbs;
	for (size_t i = 0; i < c->n_sets; i++)
		out->label_sets[i] = labels_copy(a, c->sets[i].labels);
	for (size_t i = 0; i < c->n_tsdbs; i++) {
		out->tsdbs[i] = c->tsdbs[i];
		out->tsdbs[i].labels = labels_copy(a, c->tsdbs[i].labels);
	}
}

/* --- making one ---------------------------------------------------------------------------- */

/* The served blocks by labels, then by time. */
static struct catalog_blocks sort_served(const struct catalog_blocks *all, struct arena *a)
{
	struct catalog_blocks served = {ARENA_ARRAY(a, struct store_block *, all->n), 0};

	for (size_t i = 0; i < all->n; i++)
		if (!block_header_is_broken(store_block_header(all->v[i])))
			served.v[served.n++] = all->v[i];
	if (served.n)
		qsort(served.v, served.n, sizeof(*served.v), by_labels);
	return served;
}

static size_t count_sets(struct catalog_blocks sorted)
{
	size_t n = 0;

	for (size_t i = 0; i < sorted.n; i++)
		n += i == 0 || !labels_eq(store_block_meta(sorted.v[i - 1])->labels,
					  store_block_meta(sorted.v[i])->labels);
	return n;
}

static void cut_sets(struct block_catalog *c, struct catalog_blocks sorted, struct arena *a)
{
	c->sets = ARENA_ARRAY(a, struct catalog_set, count_sets(sorted));
	for (size_t from = 0, to; from < sorted.n; from = to) {
		struct labels labels = store_block_meta(sorted.v[from])->labels;
		for (to = from + 1; to < sorted.n; to++)
			if (!labels_eq(labels, store_block_meta(sorted.v[to])->labels))
				break;
		fill_set(&c->sets[c->n_sets++], sorted.v + from, to - from, a);
	}
}

static struct time_range range_of(struct catalog_blocks served)
{
	struct time_range r = {INT64_MAX, INT64_MIN};

	for (size_t i = 0; i < served.n; i++) {
		const struct meta *m = store_block_meta(served.v[i]);
		r.min_t_ms = m->min_t_ms < r.min_t_ms ? m->min_t_ms : r.min_t_ms;
		r.max_t_ms = m->max_t_ms > r.max_t_ms ? m->max_t_ms : r.max_t_ms;
	}
	return r;
}

struct block_catalog *block_catalog_new(struct store_block *const *blocks, size_t n)
{
	struct arena *scratch auto_free(arena_free) = arena_new(NULL);
	struct shared_catalog *s = NEW(struct shared_catalog);
	struct block_catalog *c = &s->catalog;

	s->n_refs = 1;
	s->arena = arena_new(NULL);
	c->blocks = (struct catalog_blocks){ARENA_ARRAY(s->arena, struct store_block *, n), n};
	for (size_t i = 0; i < n; i++)
		c->blocks.v[i] = store_block_ref(blocks[i]);
	if (n)
		qsort(c->blocks.v, n, sizeof(*c->blocks.v), by_id);
	struct catalog_blocks served = sort_served(&c->blocks, scratch);
	c->n_served = served.n;
	c->range = range_of(served);
	cut_sets(c, served, s->arena);
	list_tsdbs(c, scratch, s->arena);
	return c;
}

struct block_catalog *block_catalog_ref(struct block_catalog *c)
{
	((struct shared_catalog *)c)->n_refs++;
	return c;
}

void block_catalog_unref(struct block_catalog *c)
{
	struct shared_catalog *s = (struct shared_catalog *)c;

	if (!c || --s->n_refs > 0)
		return;
	for (size_t i = 0; i < c->blocks.n; i++)
		store_block_unref(c->blocks.v[i]);
	arena_free(s->arena);
	free(s);
}

struct store_block *block_catalog_find(const struct block_catalog *c, struct ulid id)
{
	size_t low = 0, high = c->blocks.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int cmp = ulid_cmp(store_block_id(c->blocks.v[mid]), id);
		if (cmp == 0)
			return c->blocks.v[mid];
		if (cmp < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* --- selection ----------------------------------------------------------------------------- */

struct selection {
	const struct catalog_set *set;
	struct arena *arena;
	struct {
		struct store_block **v;
		size_t n, cap;
	} blocks;
};

/* Fill [min_t_ms, max_t_ms] with blocks of resolution `r`, and the gaps between them with those of
 * the next finer one. Blocks are half-open: [min, max). */
static void fill_range(struct selection *s, int64_t min_t_ms, int64_t max_t_ms, size_t r)
{
	const struct catalog_blocks *blocks = &s->set->by_resolution[r];
	bool has_finer = r + 1 < CATALOG_RESOLUTIONS;
	int64_t start = min_t_ms;

	if (min_t_ms > max_t_ms)
		return;
	for (size_t i = 0; i < blocks->n; i++) {
		const struct meta *m = store_block_meta(blocks->v[i]);
		if (m->max_t_ms <= min_t_ms)
			continue;
		if (m->min_t_ms > max_t_ms)
			break;
		if (has_finer)
			fill_range(s, start, m->min_t_ms - 1, r + 1);
		ARENA_PUSH(s->arena, &s->blocks, blocks->v[i]);
		start = m->max_t_ms;
	}
	if (has_finer)
		fill_range(s, start, max_t_ms, r + 1);
}

struct catalog_blocks catalog_set_select(const struct catalog_set *set, int64_t min_t_ms,
					 int64_t max_t_ms, int64_t max_resolution_ms,
					 struct arena *a)
{
	struct selection s = {.set = set, .arena = a};
	size_t r = 0;

	while (r + 1 < CATALOG_RESOLUTIONS && resolutions_ms[r] > max_resolution_ms)
		r++;
	fill_range(&s, min_t_ms, max_t_ms, r);
	return (struct catalog_blocks){s.blocks.v, s.blocks.n};
}

bool matchers_without_external(struct matchers matchers, struct labels external, struct arena *a,
			       struct matchers *out)
{
	struct matcher **v = ARENA_ARRAY(a, struct matcher *, matchers.n);
	size_t n = 0;

	for (size_t i = 0; i < matchers.n; i++) {
		struct str value = labels_get(external, matcher_name(matchers.v[i]));
		if (value.n == 0)
			v[n++] = matchers.v[i];
		else if (!matcher_matches(matchers.v[i], value))
			return false;
	}
	*out = (struct matchers){v, n};
	return true;
}
