#include "compaction/downsample_plan.h"

#include <inttypes.h>

/* The sources of all blocks of one resolution, ascending. */
struct sources {
	VEC(struct ulid) ids;
};

static int compare(const void *a, const void *b)
{
	return ulid_cmp(*(const struct ulid *)a, *(const struct ulid *)b);
}

static void add_sources(struct sources *s, const struct meta *m)
{
	for (size_t i = 0; i < m->compaction.n_sources; i++)
		vec_push(&s->ids, m->compaction.sources[i]);
}

static bool has_all(const struct sources *s, const struct meta *m)
{
	for (size_t i = 0; i < m->compaction.n_sources; i++)
		if (s->ids.n == 0 || !bsearch(&m->compaction.sources[i], s->ids.v, s->ids.n,
					      sizeof(*s->ids.v), compare))
			return false;
	return true;
}

static const struct level {
	int64_t from_ms;
	int64_t to_ms;
	int64_t min_reach_ms;
} levels[] = {
    {RESOLUTION_RAW_MS, RESOLUTION_5M_MS, DOWNSAMPLE_MIN_RAW_MS},
    {RESOLUTION_5M_MS, RESOLUTION_1H_MS, DOWNSAMPLE_MIN_5M_MS},
};

enum { N_LEVELS = sizeof(levels) / sizeof(levels[0]) };

static bool gather(const struct block_view *view, struct sources done[N_LEVELS], struct err *err)
{
	for (size_t i = 0; i < view->metas.n; i++) {
		const struct meta *m = view->metas.v[i];
		if (m->resolution_ms == RESOLUTION_RAW_MS)
			continue;
		size_t k = 0;
		while (k < N_LEVELS && levels[k].to_ms != m->resolution_ms)
			k++;
		if (k == N_LEVELS)
			return err_set(err, ERR_UNSUPPORTED,
				       "block %s: unexpected downsampling resolution %" PRId64,
				       ulid_str(m->id), m->resolution_ms);
		add_sources(&done[k], m);
	}
	for (size_t k = 0; k < N_LEVELS; k++)
		if (done[k].ids.n)
			qsort(done[k].ids.v, done[k].ids.n, sizeof(*done[k].ids.v), compare);
	return true;
}

static void plan_block(const struct meta *m, const struct sources done[N_LEVELS],
		       struct downsample_plan *out)
{
	for (size_t k = 0; k < N_LEVELS; k++)
		if (m->resolution_ms == levels[k].from_ms && !has_all(&done[k], m) &&
		    m->max_t_ms - m->min_t_ms >= levels[k].min_reach_ms)
			vec_push(&out->tasks, (struct downsample_task){m, levels[k].to_ms});
}

bool downsample_plan_make(const struct block_view *view, struct downsample_plan *out,
			  struct err *err)
{
	struct sources done[N_LEVELS] = {0};

	bool ok = gather(view, done, err);
	for (size_t i = 0; ok && i < view->metas.n; i++)
		plan_block(view->metas.v[i], done, out);
	for (size_t k = 0; k < N_LEVELS; k++)
		vec_done(&done[k].ids);
	return ok;
}

void downsample_plan_done(struct downsample_plan *plan)
{
	vec_done(&plan->tasks);
}
