#include "compaction/group_compaction.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "block/block_id.h"
#include "block/markers.h"
#include "block/new_block.h"
#include "block/upload.h"
#include "compaction/bucket_source.h"
#include "compaction/merge.h"
#include "compaction/meta_merge.h"

#include <inttypes.h>
#include <stdlib.h>

enum { MARK_TIMEOUT_MS = 5 * 60 * 1000, MAX_READERS = 8 };

/* One compaction under way. */
struct run {
	const struct group_compaction *c;
	struct ctx *ctx;
	const struct compaction_group *group;
	struct compaction_plan plan;
	const char *dir; /* of the group */
	struct source_block **sources;
	struct pool *pool; /* on which the sources read ahead */
	struct arena *a;
	struct compaction_result *result;
};

static bool fail_as(struct run *r, enum compaction_failure failure)
{
	r->result->failure = failure;
	return false;
}

static void blame(struct run *r, size_t i)
{
	r->result->has_bad_block = true;
	r->result->bad_block = r->plan.blocks[i]->id;
}

/* --- overlaps --------------------------------------------------------------------------------- */

static bool is_planned(const struct run *r, const struct meta *m)
{
	for (size_t i = 0; i < r->plan.n; i++)
		if (r->plan.blocks[i] == m)
			return true;
	return false;
}

static bool overlap(const struct meta *a, const struct meta *b)
{
	return a->min_t_ms < b->max_t_ms && b->min_t_ms < a->max_t_ms;
}

static bool fail_for_overlap(struct run *r, const struct meta *a, const struct meta *b,
			     struct err *err)
{
	err_set(err, ERR_CORRUPT,
		"blocks overlap: %s [%" PRId64 ", %" PRId64 ") and %s [%" PRId64 ", %" PRId64 ")",
		ulid_str(a->id), a->min_t_ms, a->max_t_ms, ulid_str(b->id), b->min_t_ms,
		b->max_t_ms);
	return fail_as(r, COMPACTION_MUST_HALT);
}

/* The blocks of a group, before it is compacted. */
static bool check_group(struct run *r, struct err *err)
{
	const struct compaction_group *g = r->group;
	const struct meta *last = NULL; /* the one that ends last so far */

	for (size_t i = 0; i < g->n; i++) {
		if (last && g->blocks[i]->min_t_ms < last->max_t_ms)
			return fail_for_overlap(r, last, g->blocks[i], err);
		if (!last || g->blocks[i]->max_t_ms > last->max_t_ms)
			last = g->blocks[i];
	}
	return true;
}

/* What was made, beside those that were not part of it. */
static bool check_result(struct run *r, const struct meta *made, struct err *err)
{
	for (size_t i = 0; i < r->group->n; i++) {
		const struct meta *m = r->group->blocks[i];
		if (!is_planned(r, m) && overlap(m, made))
			return fail_for_overlap(r, m, made, err);
	}
	return true;
}

/* --- merging ---------------------------------------------------------------------------------- */

/* What is broken needs a person; the bucket may answer next time. */
static enum compaction_failure failure_of(const struct err *err)
{
	switch ((int)err->code) {
	case ERR_UNAVAILABLE:
	case ERR_TIMEOUT:
	case ERR_NOT_FOUND:
		return COMPACTION_MAY_RETRY;
	case ERR_CORRUPT:
	case ERR_UNSUPPORTED:
	case ERR_INVALID:
		return COMPACTION_MUST_HALT;
	default:
		return COMPACTION_FAILED_OTHERWISE;
	}
}

static bool open_sources(struct run *r, struct err *err)
{
	for (size_t i = 0; i < r->plan.n; i++) {
		const struct meta *m = r->plan.blocks[i];
		const char *dir = arena_printf(r->a, "%s/%s", r->dir, ulid_str(m->id));
		r->sources[i] =
		    bucket_source_open(r->c->limits.bucket, r->ctx, m, dir, r->pool, err);
		if (!r->sources[i]) {
			blame(r, i);
			return fail_as(r, failure_of(err));
		}
	}
	return true;
}

static bool merge_sources(struct run *r, struct block_writer *to, const struct meta *meta,
			  struct err *err)
{
	struct merge_options options = {
	    .merger = r->c->merger,
	    .range = {meta->min_t_ms, meta->max_t_ms - 1},
	};
	size_t bad;

	if (merge_blocks(r->sources, r->plan.n, &options, r->ctx, to, &bad, err))
		return true;
	if (bad < r->plan.n)
		blame(r, bad);
	bool is_disorder =
	    bad < r->plan.n && source_block_fault(r->sources[bad]) == SOURCE_DISORDER;
	return fail_as(r, is_disorder ? COMPACTION_CHUNK_DISORDER : failure_of(err));
}

static struct meta describe(const struct run *r)
{
	struct meta m = meta_merge(r->plan.blocks, r->plan.n, r->a);

	m.labels = r->group->labels;
	m.resolution_ms = r->group->resolution_ms;
	m.source = STR(META_SOURCE_COMPACTOR);
	m.extensions = extensions_merge(r->group->blocks, r->group->n, r->a);
	return m;
}

/* The names of the segments are known when the block is there. */
static bool tell_segments(struct run *r, const char *dir, struct meta *m, struct err *err)
{
	struct fs_names names auto_done(fs_names_done) = {0};
	char *chunks auto_free(mem_free) = xasprintf("%s/" CHUNKS_DIRNAME, dir);

	if (!fs_list(chunks, &names, err))
		return false;
	m->segment_files = ARENA_ARRAY(r->a, struct str, names.n);
	m->n_segment_files = names.n;
	for (size_t i = 0; i < names.n; i++)
		m->segment_files[i] = arena_str(r->a, str_of(names.v[i]));
	return meta_write_file(m, dir, err);
}

/* A new block in the group's folder. */
static bool make_block(struct run *r, struct ulid id, struct meta *out, struct err *err)
{
	struct new_block *b auto_free(new_block_close) =
	    new_block_open(r->dir, id, &(struct block_writer_options){0}, err);

	*out = describe(r);
	if (!b)
		return false;
	return merge_sources(r, new_block_writer(b), out, err) &&
	       new_block_commit(b, r->ctx, out, err);
}

/* --- the bucket ------------------------------------------------------------------------------- */

bool mark_for_deletion(struct bucket *b, struct clock *clock, struct ulid id, const char *details,
		       struct counter *n_marked, struct err *err)
{
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, MARK_TIMEOUT_MS);
	struct err why = ERR_INIT;
	struct block_mark mark = {
	    .id = id,
	    .time_s = clock_wall_ms(clock) / 1000,
	    .details = str_of(details),
	};

	if (mark_write(b, ctx, MARK_DELETION, &mark, &why)) {
		counter_inc(n_marked);
		return true;
	}
	*err = why;
	return why.code == ERR_EXISTS || err_wrap(err, "mark block %s for deletion", ulid_str(id));
}

/* The sources; when nothing came of them only those that say themselves that they are empty. */
static bool mark_sources(struct run *r, bool only_empty, struct err *err)
{
	const struct group_compaction *c = r->c;

	for (size_t i = 0; i < r->plan.n; i++) {
		const struct meta *m = r->plan.blocks[i];
		if (only_empty && m->stats.n_samples > 0)
			continue;
		if (!mark_for_deletion(c->limits.bucket, c->limits.clock, m->id,
				       "source of compacted block", c->n_marked_for_deletion, err))
			return fail_as(r, COMPACTION_MAY_RETRY);
		r->result->is_done = true;
	}
	return true;
}

static bool upload(struct run *r, const char *dir, struct err *err)
{
	struct block_upload_options options = {
	    .hash = r->c->hash,
	    .concurrency = r->c->block_files_concurrency,
	    .clock = r->c->limits.clock,
	};

	return block_upload(r->c->limits.bucket, r->ctx, dir, &options, err) ||
	       fail_as(r, COMPACTION_MAY_RETRY);
}

static bool publish(struct run *r, const char *dir, struct meta *made, struct err *err)
{
	if (made->stats.n_samples == 0) {
		log_info(r->c->limits.logger, "nothing was left of the blocks of a plan",
			 LOG_BYTES("group", r->group->key), LOG_UINT("blocks", r->plan.n));
		return mark_sources(r, true, err);
	}
	if (!tell_segments(r, dir, made, err) ||
	    (!r->c->may_overlap && !check_result(r, made, err)) || !upload(r, dir, err))
		return false;
	r->result->has_new_block = true;
	r->result->new_block = made->id;
	log_info(r->c->limits.logger, "blocks were compacted", LOG_BYTES("group", r->group->key),
		 LOG_UINT("blocks", r->plan.n), LOG_STR("new", ulid_str(made->id)),
		 LOG_INT("level", made->compaction.level));
	return mark_sources(r, false, err);
}

/* --- from plan to block ------------------------------------------------------------------------
 */

static bool carry_out(struct run *r, struct err *err)
{
	struct ulid id = ulid_new(clock_wall_ms(r->c->limits.clock));
	const char *dir = arena_printf(r->a, "%s/%s", r->dir, ulid_str(id));
	struct meta made;

	return open_sources(r, err) && make_block(r, id, &made, err) && publish(r, dir, &made, err);
}

static bool run_plan(struct run *r, struct err *err)
{
	struct pool *pool auto_free(pool_free) = pool_new(&(struct pool_options){
	    .name = "read-ahead", .max_threads = MAX_READERS, .max_backlog = r->plan.n});

	r->pool = pool;
	r->sources = ARENA_ARRAY(r->a, struct source_block *, r->plan.n);
	r->result->was_vertical = compaction_plan_overlaps(&r->plan);
	bool ok = carry_out(r, err);
	for (size_t i = 0; i < r->plan.n; i++)
		source_block_close(r->sources[i]);
	return ok;
}

bool group_compact(const struct group_compaction *c, struct ctx *ctx,
		   const struct compaction_group *g, struct compaction_result *out, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct run r = {.c = c, .ctx = ctx, .group = g, .a = a, .result = out};

	*out = (struct compaction_result){0};
	r.dir = arena_printf(a, "%s/%.*s", c->dir, STR_FMT(g->key));
	bool ok = (c->may_overlap || check_group(&r, err)) &&
		  plan_within_limits(&c->limits, ctx, g, a, &r.plan, err);
	if (ok && r.plan.n > 0)
		ok = fs_mkdirs(r.dir, err) && run_plan(&r, err);
	if (!ok)
		return err_wrap(err, "group %.*s", STR_FMT(g->key));
	/* What was fetched is of use again only after a failure. */
	return fs_remove_tree(r.dir, err);
}
