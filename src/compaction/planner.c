#include "compaction/planner.h"

#define HOUR_MS (INT64_C(3600) * 1000)

const int64_t COMPACTION_RANGES_MS[COMPACTION_N_RANGES] = {HOUR_MS, 2 * HOUR_MS, 8 * HOUR_MS,
							   48 * HOUR_MS, 14 * 24 * HOUR_MS};

/* Some of the blocks, without a gap. */
struct run {
	const struct planned_block *v;
	size_t n;
};

static struct compaction_plan plan_of(struct run run, struct arena *a)
{
	struct compaction_plan plan = {.n = run.n};

	plan.blocks = arena_alloc(a, run.n * sizeof(*plan.blocks));
	for (size_t i = 0; i < run.n; i++)
		plan.blocks[i] = run.v[i].meta;
	return plan;
}

static struct run without_excluded(const struct planned_block *blocks, size_t n, struct arena *a)
{
	struct planned_block *v = ARENA_ARRAY(a, struct planned_block, n);
	struct run run = {v, 0};

	for (size_t i = 0; i < n; i++)
		if (!blocks[i].is_excluded)
			v[run.n++] = blocks[i];
	return run;
}

/* --- overlaps --------------------------------------------------------------------------------- */

/* The first blocks that overlap, directly or by way of others. */
static struct run find_overlap(struct run all)
{
	int64_t max_t_ms = all.n ? all.v[0].meta->max_t_ms : 0;
	struct run found = {0};

	for (size_t i = 1; i < all.n; i++) {
		const struct meta *m = all.v[i].meta;
		if (m->min_t_ms < max_t_ms) {
			if (found.n == 0)
				found = (struct run){all.v + i - 1, 1};
			found.n++;
		} else if (found.n) {
			break;
		}
		max_t_ms = m->max_t_ms > max_t_ms ? m->max_t_ms : max_t_ms;
	}
	return found;
}

bool compaction_plan_overlaps(const struct compaction_plan *plan)
{
	int64_t max_t_ms = INT64_MIN;

	for (size_t i = 0; i < plan->n; i++) {
		if (plan->blocks[i]->min_t_ms < max_t_ms)
			return true;
		if (plan->blocks[i]->max_t_ms > max_t_ms)
			max_t_ms = plan->blocks[i]->max_t_ms;
	}
	return false;
}

/* --- ranges ----------------------------------------------------------------------------------- */

static int64_t range_start(int64_t t_ms, int64_t range_ms)
{
	int64_t rest = t_ms % range_ms;

	return t_ms - (rest < 0 ? rest + range_ms : rest);
}

/* The next blocks within one aligned range; those that reach over its end are passed over. */
static struct run next_part(struct run *rest, int64_t range_ms)
{
	while (rest->n) {
		int64_t end = range_start(rest->v[0].meta->min_t_ms, range_ms) + range_ms;
		struct run part = {rest->v, 0};
		while (part.n < rest->n && part.v[part.n].meta->max_t_ms <= end)
			part.n++;
		size_t skip = part.n ? part.n : 1;
		rest->v += skip;
		rest->n -= skip;
		if (part.n)
			return part;
	}
	return (struct run){0};
}

static bool has_failed(struct run part)
{
	for (size_t i = 0; i < part.n; i++)
		if (part.v[i].meta->compaction.has_failed)
			return true;
	return false;
}

/* It fills the range, or newer blocks are there: no other block of the range is to be expected. */
static bool is_complete(struct run part, int64_t range_ms, int64_t newest_t_ms)
{
	int64_t min_t_ms = part.v[0].meta->min_t_ms, max_t_ms = part.v[part.n - 1].meta->max_t_ms;

	return max_t_ms - min_t_ms == range_ms || max_t_ms <= newest_t_ms;
}

/* The first two or more blocks between those that are excluded. */
static struct run between_excluded(struct run part)
{
	struct run run = {part.v, 0};

	for (size_t i = 0; i <= part.n; i++) {
		if (i < part.n && !part.v[i].is_excluded) {
			run.n++;
			continue;
		}
		if (run.n > 1)
			return run;
		run = (struct run){part.v + i + 1, 0};
	}
	return (struct run){0};
}

static struct run find_in_ranges(struct run all, const int64_t *ranges_ms, size_t n_ranges)
{
	for (size_t i = 1; i < n_ranges; i++) {
		struct run rest = all, part;
		while ((part = next_part(&rest, ranges_ms[i])).n) {
			if (part.n < 2 || has_failed(part) ||
			    !is_complete(part, ranges_ms[i], all.v[all.n - 1].meta->min_t_ms))
				continue;
			struct run found = between_excluded(part);
			if (found.n)
				return found;
		}
	}
	return (struct run){0};
}

/* --- deletions -------------------------------------------------------------------------------- */

/* The newest large block of which more than every twentieth series has a deletion. */
static struct run find_deleted(struct run all, int64_t large_ms)
{
	for (size_t i = all.n; i-- > 0;) {
		const struct meta *m = all.v[i].meta;
		if (m->max_t_ms - m->min_t_ms < large_ms)
			break;
		if ((double)m->stats.n_tombstones / (double)(m->stats.n_series + 1) > 0.05)
			return (struct run){&all.v[i], 1};
	}
	return (struct run){0};
}

struct compaction_plan compaction_plan_make(const struct planned_block *blocks, size_t n,
					    const int64_t *ranges_ms, size_t n_ranges,
					    struct arena *a)
{
	struct run allowed = without_excluded(blocks, n, a), found = find_overlap(allowed);

	if (found.n == 0 && n > 1)
		found = find_in_ranges((struct run){blocks, n - 1}, ranges_ms, n_ranges);
	if (n && !blocks[n - 1].is_excluded)
		allowed.n--;
	if (found.n == 0)
		found = find_deleted(allowed, ranges_ms[n_ranges / 2]);
	return plan_of(found, a);
}
