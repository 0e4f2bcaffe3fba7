#include "tsdb/postings_plan.h"

#include <stdlib.h>

/* How often a long walk asks about the memory limit and the deadline. */
enum { CHECK_EVERY = 256 };
/* A stored list of n references: length, count and checksum besides. */
enum { LIST_FRAME_BYTES = 12, REF_BYTES = 4, SERIES_ALIGNMENT = 16 };

struct planner {
	struct index_postings *ip;
	struct ctx *ctx;
	struct arena *a;
	struct {
		struct postings_group *v;
		size_t n, cap;
	} groups;
};

/* The lists of a group in the making. */
struct gathering {
	struct planner *planner;
	struct matchers matchers; /* all on one label */
	bool subtract;
	struct {
		struct postings_run *v;
		size_t n, cap;
	} runs;
	struct {
		struct str *v;
		size_t n, cap;
	} values;
	bool without_values;
	uint64_t n_lists;
	uint64_t n_refs;
};

/* --- gathering lists ----------------------------------------------------------------------- */

static uint64_t refs_of(struct postings_range r)
{
	uint64_t size = r.end - r.start;

	return size < LIST_FRAME_BYTES ? 0 : (size - LIST_FRAME_BYTES) / REF_BYTES;
}

/* Whether the next list begins where this one ends: its size is that of a list, without bytes of
 * another kind behind it. */
static bool touches(const struct postings_run *run, struct postings_range next)
{
	return run->range.end == next.start && (next.end - next.start) % REF_BYTES == 0 &&
	       (run->range.end - run->range.start) % REF_BYTES == 0;
}

static void append_run(struct gathering *g, struct postings_run run)
{
	struct postings_run *last = g->runs.n ? &g->runs.v[g->runs.n - 1] : NULL;

	if (last && touches(last, run.range) && last->n_lists < UINT32_MAX) {
		last->range.end = run.range.end;
		last->n_lists++;
		return;
	}
	ARENA_PUSH(g->planner->a, &g->runs, run);
}

/* Too many values to keep: lists that lie together become one run. */
static void forget_values(struct gathering *g)
{
	size_t n = g->runs.n;

	g->without_values = true;
	g->runs.n = 0;
	for (size_t i = 0; i < n; i++)
		append_run(g, g->runs.v[i]);
}

static void add_list(struct gathering *g, struct str value, struct postings_range range)
{
	struct arena *a = g->planner->a;
	struct postings_run run = {range, 1};

	g->n_lists++;
	g->n_refs += refs_of(range);
	if (g->n_lists > POSTINGS_GROUP_VALUES_MAX && !g->without_values)
		forget_values(g);
	if (g->without_values) {
		append_run(g, run);
		return;
	}
	ARENA_PUSH(a, &g->runs, run);
	ARENA_PUSH(a, &g->values, arena_str(a, value));
}

static bool check_limits(const struct planner *p, struct err *err)
{
	return ctx_check(p->ctx, err) && tracker_check(arena_tracker(p->a), err);
}

/* Whether the list of this value belongs to the group: all matchers want it, or, of a group to
 * subtract, one does not. */
static bool wants(const struct gathering *g, struct str value)
{
	for (size_t i = 0; i < g->matchers.n; i++)
		if (!matcher_matches(g->matchers.v[i], value))
			return g->subtract;
	return !g->subtract;
}

/* Of `values`, which ascend, those that occur and are wanted. */
static bool gather_listed(struct gathering *g, const struct str *values, size_t n, struct err *err)
{
	struct planner *p = g->planner;
	struct str name = matcher_name(g->matchers.v[0]);
	struct postings_range *ranges = arena_alloc(p->a, n * sizeof(*ranges));

	if (!index_postings_find(p->ip, p->ctx, name, values, n, ranges, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (i % CHECK_EVERY == 0 && !check_limits(p, err))
			return false;
		if (ranges[i].end && (i == 0 || !str_eq(values[i - 1], values[i])) &&
		    wants(g, values[i]))
			add_list(g, values[i], ranges[i]);
	}
	return true;
}

/* Of all values that begin with `prefix`, those that are wanted. */
static bool gather_walking(struct gathering *g, struct str prefix, struct err *err)
{
	struct planner *p = g->planner;
	struct arena *scratch auto_free(arena_free) = arena_new(arena_tracker(p->a));
	struct str name = matcher_name(g->matchers.v[0]), value;
	struct index_values *it = index_values_new(p->ip, p->ctx, name, prefix, scratch);
	struct postings_range range;

	for (size_t i = 0;; i++) {
		enum iter_result r = index_values_next(it, &value, &range, err);
		if (r == ITER_ERROR)
			return false;
		if (r == ITER_END || !str_starts(value, prefix))
			return true;
		if (wants(g, value))
			add_list(g, value, range);
		if (i % CHECK_EVERY == 0 && !check_limits(p, err))
			return false;
	}
}

static int compare_strs(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

/* The shortest set of values one of which a positive matcher wants; NULL when there is none. */
static const struct str *shortest_set(struct matchers ms, size_t *n)
{
	const struct str *best = NULL;

	for (size_t i = 0; i < ms.n; i++) {
		size_t n_here;
		const struct str *set = matcher_set(ms.v[i], &n_here);
		if (set && (!best || n_here < *n)) {
			best = set;
			*n = n_here;
		}
	}
	return best;
}

static struct str longest_prefix(struct matchers ms)
{
	struct str best = {0};

	for (size_t i = 0; i < ms.n; i++)
		if (matcher_prefix(ms.v[i]).n > best.n)
			best = matcher_prefix(ms.v[i]);
	return best;
}

static bool gather_added(struct gathering *g, struct err *err)
{
	size_t n = 0;
	const struct str *set = shortest_set(g->matchers, &n);

	return set ? gather_listed(g, set, n, err)
		   : gather_walking(g, longest_prefix(g->matchers), err);
}

/* The values that any of the matchers refuses, when all of them say which those are; NULL else. */
static struct str *refused_values(const struct gathering *g, size_t *n)
{
	struct {
		struct str *v;
		size_t n, cap;
	} all = {0};

	for (size_t i = 0; i < g->matchers.n; i++) {
		const struct matcher *m = g->matchers.v[i];
		size_t n_here;
		const struct str *set = matcher_expression_set(m, &n_here);
		if (!set || matcher_set(m, &n_here))
			return NULL;
		for (size_t k = 0; k < n_here; k++)
			ARENA_PUSH(g->planner->a, &all, set[k]);
	}
	if (all.n)
		qsort(all.v, all.n, sizeof(*all.v), compare_strs);
	*n = all.n;
	return all.v;
}

static bool gather_subtracted(struct gathering *g, struct err *err)
{
	const struct matcher *first = g->matchers.v[0];
	size_t n;
	struct str *refused = refused_values(g, &n);

	if (refused)
		return gather_listed(g, refused, n, err);
	/* What one negative matcher refuses begins with its expression's prefix. */
	bool has_prefix = g->matchers.n == 1 && matcher_type(first) == MATCH_NRE;
	return gather_walking(g, has_prefix ? matcher_expression_prefix(first) : (struct str){0},
			      err);
}

/* --- groups -------------------------------------------------------------------------------- */

static void add_group(struct gathering *g)
{
	struct postings_group group = {
	    .name = matcher_name(g->matchers.v[0]),
	    .subtract = g->subtract,
	    .matchers = g->matchers,
	    .runs = g->runs.v,
	    .n_runs = g->runs.n,
	    .values = g->without_values ? NULL : g->values.v,
	    .n_lists = g->n_lists,
	    .n_refs = g->n_refs,
	};

	ARENA_PUSH(g->planner->a, &g->planner->groups, group);
}

/* Matchers on one label, each once. *nothing is set when no series can satisfy them. */
static bool plan_label(struct planner *p, struct matchers ms, uint64_t n_series, bool *nothing,
		       struct err *err)
{
	struct gathering g = {.planner = p, .matchers = ms, .subtract = true};

	for (size_t i = 0; i < ms.n; i++)
		if (!matcher_matches_empty(ms.v[i]))
			g.subtract = false;
	/* No series has a label without a name; the table has the list of all series there. */
	bool exists = matcher_name(ms.v[0]).n > 0;
	if (exists && !(g.subtract ? gather_subtracted(&g, err) : gather_added(&g, err)))
		return false;
	*nothing = !g.subtract && g.n_lists == 0;
	/* A series is in one list of a label at most: lists with as many references as there are
	 * series have all of them, and so ask for nothing. (In version 1 it is not known where a
	 * list ends.) */
	bool has_all =
	    !g.subtract && g.n_refs == n_series && index_postings_toc(p->ip)->version != INDEX_V1;
	if (g.n_lists > 0 && !has_all)
		add_group(&g);
	return true;
}

static int compare_matchers(const void *x, const void *y)
{
	const struct matcher *a = *(struct matcher *const *)x, *b = *(struct matcher *const *)y;
	int c = str_cmp(matcher_name(a), matcher_name(b));

	if (c == 0)
		c = (int)matcher_type(a) - (int)matcher_type(b);
	return c ? c : str_cmp(matcher_value(a), matcher_value(b));
}

/* Sorted by label, each once, without those that all series satisfy. *nothing is set when one
 * satisfies none. */
static struct matchers canonical(struct arena *a, struct matchers ms, bool *nothing)
{
	struct matcher **v = arena_alloc(a, ms.n * sizeof(struct matcher *));
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < ms.n; i++) {
		enum matcher_scope scope = matcher_scope(ms.v[i]);
		if (scope == MATCHES_NOTHING)
			*nothing = true;
		if (scope != MATCHES_ALL)
			v[n++] = ms.v[i];
	}
	if (n)
		qsort(v, n, sizeof(struct matcher *), compare_matchers);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || compare_matchers(&v[i - 1], &v[i]) != 0)
			v[kept++] = v[i];
	return (struct matchers){v, kept};
}

static size_t count_of_label(struct matchers ms, size_t from)
{
	size_t n = 1;

	while (from + n < ms.n && str_eq(matcher_name(ms.v[from]), matcher_name(ms.v[from + n])))
		n++;
	return n;
}

static void add_all_series(struct planner *p)
{
	struct postings_group g = {
	    .runs = ARENA_NEW(p->a, struct postings_run),
	    .n_runs = 1,
	    .values = ARENA_NEW(p->a, struct str),
	    .n_lists = 1,
	};

	g.runs[0] = (struct postings_run){index_postings_all(p->ip), 1};
	g.n_refs = refs_of(g.runs[0].range);
	ARENA_PUSH(p->a, &p->groups, g);
}

static int compare_groups(const void *x, const void *y)
{
	const struct postings_group *a = x, *b = y;

	if (a->subtract != b->subtract)
		return a->subtract - b->subtract;
	if (a->n_refs != b->n_refs)
		return a->n_refs < b->n_refs ? -1 : 1;
	return str_cmp(a->name, b->name);
}

static void measure(const struct planner *p, struct postings_plan *out)
{
	const struct index_toc *toc = index_postings_toc(p->ip);
	uint64_t end = index_toc_series_end(toc);

	out->n_series = refs_of(index_postings_all(p->ip));
	out->refs_end = toc->version == INDEX_V1 ? end : end / SERIES_ALIGNMENT + 1;
	out->entry_bytes = out->n_series ? (end - toc->series) / out->n_series : 0;
}

bool postings_plan_make(struct index_postings *ip, struct ctx *ctx, struct matchers matchers,
			struct arena *a, struct postings_plan *out, struct err *err)
{
	struct planner p = {.ip = ip, .ctx = ctx, .a = a};

	*out = (struct postings_plan){.nothing = index_postings_all(ip).end == 0};
	measure(&p, out);
	struct matchers ms = canonical(a, matchers, &out->nothing);
	for (size_t i = 0, n; i < ms.n && !out->nothing; i += n) {
		n = count_of_label(ms, i);
		if (!plan_label(&p, (struct matchers){ms.v + i, n}, out->n_series, &out->nothing,
				err))
			return false;
	}
	if (out->nothing)
		return true;
	if (p.groups.n)
		qsort(p.groups.v, p.groups.n, sizeof(*p.groups.v), compare_groups);
	if (p.groups.n == 0 || p.groups.v[0].subtract) {
		add_all_series(&p);
		qsort(p.groups.v, p.groups.n, sizeof(*p.groups.v), compare_groups);
	}
	out->groups = p.groups.v;
	out->n_groups = p.groups.n;
	return true;
}

/* --- leaving groups out -------------------------------------------------------------------- */

static uint64_t list_bytes(const struct postings_group *g)
{
	return g->n_lists * LIST_FRAME_BYTES + g->n_refs * REF_BYTES;
}

static uint64_t half_up(uint64_t n)
{
	return n - n / 2;
}

/* The series that reading the group is thought to spare; the rest stays in *left. */
static uint64_t spared_series(const struct postings_group *g, const struct postings_thrift *thrift,
			      uint64_t *left)
{
	if (!thrift->assumes_half)
		return *left;
	uint64_t spared = *left / 2;
	if (g->subtract)
		spared = half_up(g->n_refs < *left ? g->n_refs : *left);
	*left -= spared;
	return spared;
}

struct postings_deferral postings_plan_defer(struct postings_plan *plan,
					     const struct postings_thrift *thrift)
{
	struct postings_deferral out = {0};
	uint64_t first = plan->n_groups ? plan->groups[0].n_refs : 0, left = first;
	uint64_t series_bytes =
	    thrift->series_bytes > plan->entry_bytes ? thrift->series_bytes : plan->entry_bytes;

	for (size_t i = 1; i < plan->n_groups; i++) {
		struct postings_group *g = &plan->groups[i];
		bool too_many = thrift->assumes_half && thrift->max_lists_per_series > 0 &&
				(double)g->n_lists > (double)first * thrift->max_lists_per_series;
		g->deferred =
		    too_many || list_bytes(g) > series_bytes * spared_series(g, thrift, &left);
		out.n_for_lists += too_many;
		out.n_for_size += g->deferred && !too_many;
		out.size_bytes += g->deferred ? g->n_refs * REF_BYTES : 0;
	}
	return out;
}

struct matchers postings_plan_deferred(const struct postings_plan *plan, struct arena *a)
{
	struct {
		struct matcher **v;
		size_t n, cap;
	} all = {0};

	for (size_t i = 0; i < plan->n_groups; i++)
		for (size_t k = 0; plan->groups[i].deferred && k < plan->groups[i].matchers.n; k++)
			ARENA_PUSH(a, &all, plan->groups[i].matchers.v[k]);
	return (struct matchers){all.v, all.n};
}

/* --- reading ------------------------------------------------------------------------------- */

static int compare_reads(const void *x, const void *y)
{
	const struct postings_read *a = x, *b = y;

	return (a->range.start > b->range.start) - (a->range.start < b->range.start);
}

struct postings_read *postings_plan_reads(const struct postings_plan *plan, struct arena *a,
					  size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < plan->n_groups; i++)
		*n += plan->groups[i].deferred ? 0 : plan->groups[i].n_runs;
	struct postings_read *reads = arena_alloc(a, *n * sizeof(*reads));
	size_t at = 0;
	for (size_t i = 0; i < plan->n_groups; i++) {
		const struct postings_group *g = &plan->groups[i];
		for (size_t k = 0; !g->deferred && k < g->n_runs; k++)
			reads[at++] =
			    (struct postings_read){g->runs[k].range, (uint32_t)i, (uint32_t)k};
	}
	if (at)
		qsort(reads, at, sizeof(*reads), compare_reads);
	return reads;
}
