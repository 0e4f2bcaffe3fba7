#include "compaction/plan_limits.h"

#include "block/block_id.h"

#include <inttypes.h>

/* An index of several may be larger than all of them together. */
enum { HEADROOM_PERCENT = 85 };

struct limited_plan {
	const struct plan_limits *limits;
	struct ctx *ctx;
	struct planned_block *blocks;
	size_t n;
	struct arena *a;
	struct compaction_plan plan;
};

bool mark_no_compact(const struct plan_limits *l, struct ctx *ctx, struct ulid id,
		     const char *reason, const char *details, struct err *err)
{
	struct block_mark mark = {
	    .id = id,
	    .time_s = clock_wall_ms(l->clock) / 1000,
	    .details = str_of(details),
	    .reason = str_of(reason),
	};
	struct err why = ERR_INIT;

	if (!mark_write(l->bucket, ctx, MARK_NO_COMPACT, &mark, &why)) {
		*err = why;
		return why.code == ERR_EXISTS || err_wrap(err, "mark block %s", ulid_str(id));
	}
	counter_inc(counter_at(l->marked, mark_filename(MARK_NO_COMPACT), reason));
	log_info(l->logger, "a block will not be compacted any more",
		 LOG_STR("block", ulid_str(id)), LOG_STR("reason", reason));
	return true;
}

static bool exclude(struct limited_plan *p, const struct meta *m, const char *reason,
		    const char *details, struct err *err)
{
	if (!mark_no_compact(p->limits, p->ctx, m->id, reason, details, err))
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (p->blocks[i].meta == m)
			p->blocks[i].is_excluded = true;
	return true;
}

static bool index_size(struct limited_plan *p, const struct meta *m, int64_t *out, struct err *err)
{
	struct object_attrs attrs;

	*out = meta_file_size(m, STR(INDEX_FILENAME));
	if (*out > 0)
		return true;
	if (!bucket_attrs(p->limits->bucket, p->ctx, block_object(m->id, INDEX_FILENAME), &attrs,
			  err))
		return err_wrap(err, "size of the index of block %s", ulid_str(m->id));
	*out = attrs.size_bytes;
	return true;
}

/* The first blocks of the plan that together are too large: *biggest of them, or NULL. */
static bool find_too_large(struct limited_plan *p, const struct meta **biggest, struct err *err)
{
	int64_t total = 0, max = -1, size,
		limit = p->limits->max_index_bytes / 100 * HEADROOM_PERCENT;
	const struct meta *found = NULL;

	*biggest = NULL;
	for (size_t i = 0; i < p->plan.n; i++) {
		if (!index_size(p, p->plan.blocks[i], &size, err))
			return false;
		if (size > max) {
			max = size;
			found = p->plan.blocks[i];
		}
		total += size;
		if (total >= limit) {
			*biggest = found;
			return true;
		}
	}
	return true;
}

/* Plans anew as long as the indexes are too large. */
static bool plan_small_enough(struct limited_plan *p, struct err *err)
{
	const struct plan_limits *l = p->limits;
	const struct meta *biggest;

	for (;;) {
		p->plan = compaction_plan_make(p->blocks, p->n, l->ranges_ms, l->n_ranges, p->a);
		if (!find_too_large(p, &biggest, err))
			return false;
		if (!biggest)
			return true;
		const char *details =
		    arena_printf(p->a,
				 "largeTotalIndexSizeFilter: Total compacted block's index size "
				 "could exceed: %" PRId64 " with this block. See "
				 "https://github.com/thanos-io/thanos/issues/1424",
				 l->max_index_bytes);
		if (!exclude(p, biggest, "index-size-exceeding", details, err))
			return false;
	}
}

/* Aggregates that overlap cannot be merged. */
static bool exclude_downsampled(struct limited_plan *p, size_t *n, struct err *err)
{
	*n = 0;
	if (!compaction_plan_overlaps(&p->plan))
		return true;
	for (size_t i = 0; i < p->plan.n; i++) {
		const struct meta *m = p->plan.blocks[i];
		if (m->resolution_ms == 0)
			continue;
		if (!exclude(p, m, "downsample-vertical-compaction",
			     "verticalCompactionDownsampleFilter: Downsampled block, see "
			     "https://github.com/thanos-io/thanos/issues/6775",
			     err))
			return false;
		*n += 1;
	}
	return true;
}

bool plan_within_limits(const struct plan_limits *l, struct ctx *ctx,
			const struct compaction_group *g, struct arena *a,
			struct compaction_plan *out, struct err *err)
{
	struct limited_plan p = {.limits = l, .ctx = ctx, .n = g->n, .a = a};
	size_t n_excluded;

	p.blocks = ARENA_ARRAY(a, struct planned_block, g->n);
	for (size_t i = 0; i < g->n; i++)
		p.blocks[i] = (struct planned_block){
		    g->blocks[i], gathered_marks_has(l->no_compact, g->blocks[i]->id)};
	do
		if (!plan_small_enough(&p, err) || !exclude_downsampled(&p, &n_excluded, err))
			return false;
	while (n_excluded);
	*out = p.plan;
	return true;
}
