#include "tsdb/postings_plan.h"

#include <stdlib.h>

/* Lists at most this far apart are read together, up to so many bytes at once. */
enum { READ_GAP_BYTES = 4 << 10, READ_MAX_BYTES = 1 << 20 };
/* How often a long walk asks about the memory limit and the deadline. */
enum { CHECK_EVERY = 256 };

struct planner {
	struct index_postings *ip;
	struct ctx *ctx;
	struct arena *a;
	struct {
		struct postings_key *v;
		size_t n, cap;
	} keys;
	struct {
		struct postings_group *v;
		size_t n, cap;
	} groups;
};

static void add_key(struct planner *p, struct str name, struct str value,
		    struct postings_range range)
{
	struct postings_key key = {name, arena_str(p->a, value), range};

	ARENA_PUSH(p->a, &p->keys, key);
}

static int compare_strs(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

/* The keys of those values that occur. */
static bool add_listed(struct planner *p, struct str name, const struct str *values, size_t n,
		       struct err *err)
{
	struct str *sorted = arena_alloc(p->a, n * sizeof(*sorted));
	struct postings_range *ranges = arena_alloc(p->a, n * sizeof(*ranges));

	memcpy(sorted, values, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_strs);
	if (!index_postings_find(p->ip, p->ctx, name, sorted, n, ranges, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (ranges[i].end && (i == 0 || !str_eq(sorted[i - 1], sorted[i])))
			add_key(p, name, sorted[i], ranges[i]);
	return true;
}

static bool check_limits(const struct planner *p, struct err *err)
{
	return ctx_check(p->ctx, err) && tracker_check(arena_tracker(p->a), err);
}

/* The keys of all values for which the matcher says `wanted`. They begin with `prefix`. */
static bool add_matching(struct planner *p, const struct matcher *m, bool wanted, struct str prefix,
			 struct err *err)
{
	struct str name = matcher_name(m), value;
	struct index_values *it = index_values_new(p->ip, p->ctx, name, prefix, p->a);
	struct postings_range range;

	for (size_t i = 0;; i++) {
		enum iter_result r = index_values_next(it, &value, &range, err);
		if (r == ITER_ERROR)
			return false;
		if (r == ITER_END || !str_starts(value, prefix))
			return true;
		if (matcher_matches(m, value) == wanted)
			add_key(p, name, value, range);
		if (i % CHECK_EVERY == 0 && !check_limits(p, err))
			return false;
	}
}

static bool is_any(const struct matcher *m)
{
	return str_is(matcher_value(m), ".*");
}

/* The lists whose series satisfy the matcher. */
static bool add_matched(struct planner *p, const struct matcher *m, struct err *err)
{
	struct str value = matcher_value(m);
	size_t n;

	if (matcher_type(m) == MATCH_EQ)
		return add_listed(p, matcher_name(m), &value, 1, err);
	const struct str *set = matcher_set(m, &n);
	if (set && matcher_type(m) == MATCH_RE)
		return add_listed(p, matcher_name(m), set, n, err);
	if (matcher_type(m) == MATCH_NRE && is_any(m))
		return true; /* there are none */
	struct str prefix = matcher_type(m) == MATCH_RE ? matcher_prefix(m) : (struct str){0};
	return add_matching(p, m, true, prefix, err);
}

/* The lists whose series do not satisfy the matcher. */
static bool add_unmatched(struct planner *p, const struct matcher *m, struct err *err)
{
	struct str name = matcher_name(m), value = matcher_value(m);

	if (matcher_type(m) == MATCH_NEQ)
		return add_listed(p, name, &value, 1, err);
	if (matcher_type(m) == MATCH_RE && is_any(m))
		return true; /* there are none */
	if (matcher_type(m) != MATCH_NRE)
		return add_matching(p, m, false, (struct str){0}, err);
	/* Its opposite may know a set or a prefix. */
	struct matcher *opposite auto_free(matcher_unref) = matcher_new(MATCH_RE, name, value, err);
	return opposite && add_matched(p, opposite, err);
}

/* Whether some matcher refuses series without the label. */
static bool must_be_set(struct matchers ms, struct str name)
{
	for (size_t i = 0; i < ms.n; i++)
		if (!matcher_matches_empty(ms.v[i]) && str_eq(matcher_name(ms.v[i]), name))
			return true;
	return false;
}

/* A matcher that an absent label satisfies can only be answered by taking away what does not
 * satisfy it; unless the label must be there anyway. Negative ones take away fewer lists than they
 * would add. */
static bool subtracts(struct matchers ms, const struct matcher *m)
{
	if (!must_be_set(ms, matcher_name(m)))
		return true;
	return matcher_matches_empty(m) &&
	       (matcher_type(m) == MATCH_NEQ || matcher_type(m) == MATCH_NRE);
}

static bool add_group(struct planner *p, const struct matcher *m, bool subtract, struct err *err)
{
	struct postings_group g = {.first_key = p->keys.n, .subtract = subtract};

	if (!(subtract ? add_unmatched(p, m, err) : add_matched(p, m, err)))
		return false;
	g.n_keys = p->keys.n - g.first_key;
	if (g.n_keys || !subtract)
		ARENA_PUSH(p->a, &p->groups, g);
	return true;
}

static void add_all_series(struct planner *p)
{
	struct postings_range all = index_postings_all(p->ip);
	struct postings_group g = {.first_key = p->keys.n, .n_keys = all.end != 0};

	if (all.end)
		add_key(p, STR(""), STR(""), all);
	ARENA_PUSH(p->a, &p->groups, g);
}

bool postings_plan_make(struct index_postings *ip, struct ctx *ctx, struct matchers matchers,
			struct arena *a, struct postings_plan *out, struct err *err)
{
	struct planner p = {.ip = ip, .ctx = ctx, .a = a};

	*out = (struct postings_plan){0};
	for (size_t i = 0; i < matchers.n && !out->nothing; i++) {
		if (subtracts(matchers, matchers.v[i]))
			continue;
		if (!add_group(&p, matchers.v[i], false, err))
			return false;
		out->nothing = p.groups.v[p.groups.n - 1].n_keys == 0;
	}
	if (p.groups.n == 0) {
		add_all_series(&p);
		out->nothing = p.keys.n == 0;
	}
	if (out->nothing)
		return true;
	for (size_t i = 0; i < matchers.n; i++)
		if (subtracts(matchers, matchers.v[i]) && !add_group(&p, matchers.v[i], true, err))
			return false;
	out->keys = p.keys.v;
	out->n_keys = p.keys.n;
	out->groups = p.groups.v;
	out->n_groups = p.groups.n;
	return true;
}

static int compare_lengths(const void *x, const void *y)
{
	size_t a = ((const struct postings *)x)->n, b = ((const struct postings *)y)->n;

	return (a > b) - (a < b);
}

bool postings_plan_run(const struct postings_plan *plan, const struct postings *lists,
		       struct arena *a, struct postings *out, struct err *err)
{
	struct postings *unions = arena_alloc(a, plan->n_groups * sizeof(*unions));
	struct tracker *tracker = arena_tracker(a);
	size_t n = 0;

	*out = (struct postings){0};
	if (plan->nothing)
		return true;
	for (; n < plan->n_groups && !plan->groups[n].subtract; n++) {
		const struct postings_group *g = &plan->groups[n];
		unions[n] = postings_union(a, lists + g->first_key, g->n_keys);
		if (!tracker_check(tracker, err))
			return false;
	}
	qsort(unions, n, sizeof(*unions), compare_lengths);
	struct postings result = unions[0];
	for (size_t i = 1; i < n && result.n; i++)
		result = postings_intersect(a, result, unions[i]);
	for (; n < plan->n_groups && result.n; n++) {
		const struct postings_group *g = &plan->groups[n];
		struct postings minus = postings_union(a, lists + g->first_key, g->n_keys);
		result = postings_without(a, result, minus);
		if (!tracker_check(tracker, err))
			return false;
	}
	*out = result;
	return true;
}

/* How many keys from `first` on lie close enough together for one read of *size bytes. */
static size_t near_keys(const struct postings_key *keys, size_t n, size_t *size)
{
	uint64_t start = keys[0].range.start, end = keys[0].range.end;
	size_t i = 1;

	for (; i < n; i++) {
		struct postings_range next = keys[i].range;
		if (next.start < end || next.start > end + READ_GAP_BYTES ||
		    next.end - start > READ_MAX_BYTES)
			break;
		end = next.end;
	}
	*size = end - start;
	return i;
}

static bool read_lists(struct byte_source *index, struct ctx *ctx, const struct postings_plan *plan,
		       struct arena *a, struct postings *lists, struct err *err)
{
	for (size_t i = 0; i < plan->n_keys;) {
		const struct postings_key *keys = plan->keys + i;
		size_t size, n = near_keys(keys, plan->n_keys - i, &size);
		if (!ctx_check(ctx, err) || !tracker_check(arena_tracker(a), err))
			return false;
		const uint8_t *p = byte_source_view(index, ctx, keys[0].range.start, size, a, err);
		if (!p)
			return false;
		for (size_t k = 0; k < n; k++) {
			struct postings_range r = keys[k].range;
			if (!postings_parse(p + (r.start - keys[0].range.start), r.end - r.start,
					    &lists[i + k], err))
				return err_wrap(err, "%s: at byte %lu", index->name, r.start);
		}
		i += n;
	}
	return true;
}

bool postings_for_matchers(struct byte_source *index, struct index_postings *ip, struct ctx *ctx,
			   struct matchers matchers, struct arena *a, struct postings *out,
			   struct err *err)
{
	struct postings_plan plan;

	if (!postings_plan_make(ip, ctx, matchers, a, &plan, err))
		return false;
	struct postings *lists = ARENA_ARRAY(a, struct postings, plan.n_keys);
	return read_lists(index, ctx, &plan, a, lists, err) &&
	       postings_plan_run(&plan, lists, a, out, err);
}
