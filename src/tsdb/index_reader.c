#include "tsdb/index_reader.h"

#include "base/alloc.h"
#include "base/map.h"
#include "tsdb/postings_answer.h"

#include <stdlib.h>

/* Up to so many series, reading them tells their values faster than reading the lists of all
 * values. */
enum { FEW_SERIES = 512 };

static bool open_parts(struct index_reader *ix, struct ctx *ctx, struct err *err)
{
	if (!index_toc_read(ix->src, ctx, &ix->toc, err))
		return false;
	if (!ix->toc.symbols || !ix->toc.postings_table)
		return err_set(err, ERR_CORRUPT, "%s: without symbols or postings table",
			       ix->src->name);
	ix->symbols = index_symbols_open(ix->src, ctx, ix->toc.symbols, ix->toc.symbols,
					 ix->toc.version, err);
	if (!ix->symbols)
		return false;
	ix->postings = index_postings_open(ix->src, ctx, ix->toc.postings_table, &ix->toc, 0, err);
	return ix->postings != NULL;
}

struct index_reader *index_reader_open(struct byte_source *src, struct ctx *ctx, struct err *err)
{
	struct index_reader *ix = NEW(struct index_reader);

	ix->src = src;
	if (open_parts(ix, ctx, err))
		return ix;
	index_reader_close(ix);
	return NULL;
}

void index_reader_close(struct index_reader *ix)
{
	if (!ix)
		return;
	index_symbols_close(ix->symbols);
	index_postings_close(ix->postings);
	byte_source_close(ix->src);
	free(ix);
}

static int compare_strs(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static void sort_strings(struct str_list *l)
{
	size_t n = 0;

	if (l->n == 0)
		return;
	qsort(l->v, l->n, sizeof(*l->v), compare_strs);
	for (size_t i = 0; i < l->n; i++)
		if (n == 0 || !str_eq(l->v[n - 1], l->v[i]))
			l->v[n++] = l->v[i];
	l->n = n;
}

/* Collects strings, each once. */
struct collector {
	struct map seen;
	struct arena *a;
	struct str_list *out;
};

static void collect(struct collector *c, struct str s)
{
	void **slot = map_slot(&c->seen, s);

	if (*slot)
		return;
	*slot = c;
	ARENA_PUSH(c->a, c->out, s);
}

/* What a walk over series takes from one of them. */
typedef bool visit_fn(const struct index_series *series, struct symbol_lookup *symbols,
		      struct str name, struct collector *c, struct err *err);

static bool visit_names(const struct index_series *series, struct symbol_lookup *symbols,
			struct str name, struct collector *c, struct err *err)
{
	struct str got;
	(void)name;

	for (size_t i = 0; i < series->n_labels; i++) {
		if (!symbol_lookup_get(symbols, series->labels[i].name, &got, err))
			return false;
		collect(c, got);
	}
	return true;
}

static bool visit_value(const struct index_series *series, struct symbol_lookup *symbols,
			struct str name, struct collector *c, struct err *err)
{
	struct str got;

	for (size_t i = 0; i < series->n_labels; i++) {
		if (!symbol_lookup_get(symbols, series->labels[i].name, &got, err))
			return false;
		if (!str_eq(got, name))
			continue;
		if (!symbol_lookup_get(symbols, series->labels[i].value, &got, err))
			return false;
		collect(c, got);
	}
	return true;
}

/* Strings stay valid: they live in the lookup's memory, which is that of `a`. */
static bool visit_series(struct index_reader *ix, struct ctx *ctx, struct postings list,
			 visit_fn *visit, struct str name, struct arena *a, struct str_list *out,
			 struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(arena_tracker(a));
	struct symbol_lookup *symbols = symbol_lookup_new(ix->symbols, ctx, a);
	struct collector c = {.a = a, .out = out};
	struct postings_cursor it = postings_walk(list);
	struct index_series series;
	bool ok = true;

	while (ok && postings_next(&it)) {
		ok = ctx_check(ctx, err) &&
		     index_series_read(ix->src, ctx, it.ref, ix->toc.version, scratch, &series,
				       err) &&
		     visit(&series, symbols, name, &c, err) && tracker_check(arena_tracker(a), err);
		arena_clear(scratch);
	}
	map_done(&c.seen);
	if (ok)
		sort_strings(out);
	return ok;
}

bool index_label_names(struct index_reader *ix, struct ctx *ctx, struct matchers matchers,
		       struct arena *a, struct str_list *out, struct err *err)
{
	struct postings list;
	size_t n;

	*out = (struct str_list){0};
	if (matchers.n == 0) {
		const struct str *names = index_postings_names(ix->postings, &n);
		for (size_t i = 0; i < n; i++)
			ARENA_PUSH(a, out, names[i]);
		return true;
	}
	return postings_for_matchers(ix->src, ix->postings, ctx, matchers, a, &list, err) &&
	       visit_series(ix, ctx, list, visit_names, (struct str){0}, a, out, err);
}

/* Whether the list at `range` and `list` have a series in common. */
static bool shares_series(struct index_reader *ix, struct ctx *ctx, struct postings_range range,
			  struct postings list, struct arena *scratch, bool *out, struct err *err)
{
	struct postings of_value;
	size_t size = range.end - range.start;
	const uint8_t *p = byte_source_view(ix->src, ctx, range.start, size, scratch, err);

	if (!p)
		return false;
	if (!postings_parse(p, size, &of_value, err))
		return err_wrap(err, "%s: at byte %lu", ix->src->name, range.start);
	*out = postings_intersect(scratch, of_value, list).n > 0;
	return true;
}

/* The values all of whose matchers are satisfied; with `list`, those of its series. */
static bool walk_values(struct index_reader *ix, struct ctx *ctx, struct str name,
			struct matchers matchers, const struct postings *list, struct arena *a,
			struct str_list *out, struct err *err)
{
	struct arena *scratch auto_free(arena_free) = arena_new(arena_tracker(a));
	struct arena *walk auto_free(arena_free) = arena_new(arena_tracker(a));
	struct index_values *it = index_values_new(ix->postings, ctx, name, (struct str){0}, walk);
	struct label of_value = {.name = name};
	struct postings_range range;
	struct str value;

	for (;;) {
		enum iter_result r = index_values_next(it, &value, &range, err);
		if (r != ITER_VALUE)
			return r == ITER_END;
		of_value.value = value;
		bool wanted = matchers_match(matchers, (struct labels){&of_value, 1});
		if (wanted && list && !shares_series(ix, ctx, range, *list, scratch, &wanted, err))
			return false;
		if (wanted)
			ARENA_PUSH(a, out, arena_str(a, value));
		arena_clear(scratch);
		if (!ctx_check(ctx, err) || !tracker_check(arena_tracker(a), err))
			return false;
	}
}

/* Those matchers that are about `name`, in memory of `a`. */
static struct matchers about(struct matchers all, struct str name, struct arena *a)
{
	struct matcher **v = arena_alloc(a, all.n * sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < all.n; i++)
		if (str_eq(matcher_name(all.v[i]), name))
			v[n++] = all.v[i];
	return (struct matchers){v, n};
}

bool index_label_values(struct index_reader *ix, struct ctx *ctx, struct str name,
			struct matchers matchers, struct arena *a, struct str_list *out,
			struct err *err)
{
	struct matchers own = about(matchers, name, a);
	struct postings list;

	*out = (struct str_list){0};
	if (own.n == matchers.n)
		return walk_values(ix, ctx, name, own, NULL, a, out, err);
	if (!postings_for_matchers(ix->src, ix->postings, ctx, matchers, a, &list, err))
		return false;
	if (list.n <= FEW_SERIES)
		return visit_series(ix, ctx, list, visit_value, name, a, out, err);
	return walk_values(ix, ctx, name, own, &list, a, out, err);
}
