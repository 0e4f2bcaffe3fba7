#include "tools/bucket_verify.h"

#include "base/alloc.h"
#include "base/duration.h"
#include "base/fs.h"
#include "block/block_id.h"
#include "block/copy.h"
#include "block/delete.h"
#include "block/markers.h"
#include "block/overlap_groups.h"
#include "tools/bucket_view.h"
#include "tools/index_health.h"
#include "tools/progress.h"
#include "tsdb/byte_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const char *const BUCKET_ISSUE_NAMES[BUCKET_ISSUE_N] = {
    [ISSUE_OVERLAPPED_BLOCKS] = "overlapped_blocks",
    [ISSUE_INDEX_KNOWN_ISSUES] = "index_known_issues",
    [ISSUE_DUPLICATED_COMPACTION] = "duplicated_compaction",
};

struct verification {
	const struct bucket_verify_options *o;
	struct ctx *ctx;
	struct arena *a;
	struct block_view view;
};

/* Each issue sees the bucket as the one before has left it. */
static bool fetch(struct verification *v, struct err *err)
{
	struct deletion_mark_filter marks auto_done(deletion_mark_filter_done) = {0};
	struct block_filter *filters[] = {&marks.base};

	deletion_mark_filter_init(&marks, v->o->bucket, 0, BUCKET_VIEW_CONCURRENCY, v->o->clock,
				  v->o->logger);
	progress_say(v->o->progress, "reading the blocks' metadata");
	return bucket_view_fetch(v->o->bucket, v->ctx, filters, 1, v->o->logger, &v->view, err);
}

static bool refuse_ids(const struct verification *v, struct err *err)
{
	return !v->o->ids || err_set(err, ERR_INVALID, "id matching is not supported");
}

/* --- overlapped_blocks ----------------------------------------------------------------------- */

static void warn_overlap(const struct verification *v, const char *what, const struct overlap *o)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	overlap_format(o, &text);
	log_warn(v->o->logger, what, LOG_BYTES("group", o->group),
		 LOG_BYTES("overlap", buf_str(&text)));
}

static bool verify_overlaps(struct verification *v, struct err *err)
{
	if (!refuse_ids(v, err))
		return false;
	struct overlap_list list = overlap_groups(&v->view, v->a);
	for (size_t i = 0; i < list.n; i++)
		warn_overlap(v, "found overlapped blocks", &list.v[i]);
	return true;
}

/* --- index_known_issues ---------------------------------------------------------------------- */

static bool is_wanted(const struct verification *v, struct ulid id)
{
	for (size_t i = 0; i < v->o->n_ids; i++)
		if (ulid_cmp(v->o->ids[i], id) == 0)
			return true;
	return !v->o->ids;
}

/* An index is read in many small pieces: from a file. */
static bool read_health(struct verification *v, const struct meta *m, const char *path,
			struct index_health *out, struct err *err)
{
	if (!bucket_get_file(v->o->bucket, v->ctx, block_object(m->id, INDEX_FILENAME), path, err))
		return err_wrap(err, "download index file");
	struct byte_source *file = byte_source_open_file(path, INDEX_FILENAME, err);
	if (!file)
		return false;
	struct index_reader *ix auto_free(index_reader_close) =
	    index_reader_open(file, v->ctx, err);
	if (!ix)
		return err_wrap(err, "open index file");
	return index_health_read(ix, v->ctx, m->min_t_ms, m->max_t_ms, out, err);
}

/* What cannot be read is an issue too, but for the bucket's own failures. */
static bool verify_index(struct verification *v, const struct meta *m, const char *dir,
			 struct err *err)
{
	struct buf problems auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	char *path auto_free(mem_free) = xasprintf("%s/%s", dir, ulid_str(m->id));
	struct index_health health = {0};
	struct err why = ERR_INIT;

	bool ok = read_health(v, m, path, &health, &why);
	remove(path);
	if (!ok && why.code != ERR_CORRUPT && why.code != ERR_UNSUPPORTED &&
	    why.code != ERR_NOT_FOUND) {
		*err = why;
		return err_wrap(err, "block %s", ulid_str(m->id));
	}
	if (!ok)
		log_warn(v->o->logger, "detected issue", LOG_STR("id", ulid_str(m->id)),
			 LOG_ERR(&why));
	else if (index_health_problems(&health, &problems))
		log_warn(v->o->logger, "detected issue", LOG_STR("id", ulid_str(m->id)),
			 LOG_BYTES("err", buf_str(&problems)));
	return true;
}

static bool verify_indexes_in(struct verification *v, const char *dir, struct err *err)
{
	for (size_t i = 0; i < v->view.metas.n; i++) {
		const struct meta *m = v->view.metas.v[i];
		progress_count(v->o->progress, i, v->view.metas.n);
		if (is_wanted(v, m->id) && !verify_index(v, m, dir, err))
			return false;
	}
	return true;
}

static char *make_temp_dir(struct err *err)
{
	const char *parent = getenv("TMPDIR");
	char *dir = xasprintf("%s/index-issue-XXXXXX", parent && *parent ? parent : "/tmp");

	if (mkdtemp(dir))
		return dir;
	err_set_errno(err, errno, "make a temporary directory %s", dir);
	free(dir);
	return NULL;
}

static bool verify_indexes(struct verification *v, struct err *err)
{
	struct err ignored = ERR_INIT;

	if (v->o->repair)
		return err_set(err, ERR_UNSUPPORTED, "repair is not supported yet");
	char *dir auto_free(mem_free) = make_temp_dir(err);
	if (!dir)
		return false;
	progress_say(v->o->progress, "verifying indexes");
	bool ok = verify_indexes_in(v, dir, err);
	if (!fs_remove_tree(dir, &ignored))
		log_warn(v->o->logger, "failed to delete dir", LOG_ERR(&ignored));
	return ok;
}

/* --- duplicated_compaction ------------------------------------------------------------------- */

static bool have_same_sources(const struct meta *x, const struct meta *y)
{
	if (x->compaction.n_sources != y->compaction.n_sources)
		return false;
	for (size_t i = 0; i < x->compaction.n_sources; i++)
		if (ulid_cmp(x->compaction.sources[i], y->compaction.sources[i]) != 0)
			return false;
	return true;
}

static bool have_same_stats(const struct meta_stats *x, const struct meta_stats *y)
{
	return x->n_samples == y->n_samples && x->n_series == y->n_series &&
	       x->n_chunks == y->n_chunks && x->n_tombstones == y->n_tombstones &&
	       x->n_float_samples == y->n_float_samples &&
	       x->n_histogram_samples == y->n_histogram_samples;
}

static bool are_duplicates(const struct meta *x, const struct meta *y)
{
	return x->min_t_ms == y->min_t_ms && x->max_t_ms == y->max_t_ms &&
	       x->compaction.level == y->compaction.level && have_same_sources(x, y) &&
	       have_same_stats(&x->stats, &y->stats);
}

struct ulid_list {
	struct ulid *v;
	size_t n, cap;
};

static bool has_id(const struct ulid_list *list, struct ulid id)
{
	for (size_t i = 0; i < list->n; i++)
		if (ulid_cmp(list->v[i], id) == 0)
			return true;
	return false;
}

/* Of blocks that are the same the first one stays. */
static void find_duplicates(struct verification *v, const struct overlap *o, struct ulid_list *kill)
{
	bool found = false;

	for (size_t i = 1; i < o->n; i++) {
		size_t first = 0;
		while (!are_duplicates(o->metas[first], o->metas[i]))
			first++;
		if (first == i)
			continue;
		found = true;
		log_warn(v->o->logger, "found duplicated blocks", LOG_BYTES("group", o->group),
			 LOG_STR("keep", ulid_str(o->metas[first]->id)),
			 LOG_STR("kill", ulid_str(o->metas[i]->id)));
		if (!has_id(kill, o->metas[i]->id))
			ARENA_PUSH(v->a, kill, o->metas[i]->id);
	}
	if (!found)
		warn_overlap(v,
			     "found overlapped blocks, but all of the blocks are unique. Seems "
			     "like unrelated issue. Ignoring overlap",
			     o);
}

/* A backup that was cut off is gone on with; another block of that id is left alone. */
static bool back_up(struct verification *v, struct ulid id, struct err *err)
{
	struct block_copied copied;
	bool exists;

	if (!bucket_exists(v->o->backup, v->ctx, block_object(id, META_FILENAME), &exists, err))
		return false;
	if (exists)
		return err_set(err, ERR_EXISTS,
			       "%s dir seems to exists in backup bucket. Remove this block "
			       "manually if you are sure it is safe to do",
			       ulid_str(id));
	return block_copy(v->o->bucket, v->o->backup, v->ctx, id, &copied, err) ||
	       err_wrap(err, "upload to backup");
}

static bool remove_block(struct verification *v, struct ulid id, struct err *err)
{
	struct block_mark mark = {.id = id,
				  .time_s = clock_wall_ms(v->o->clock) / MS_PER_S,
				  .details = STR("manual verify-repair")};

	if (!back_up(v, id, err))
		return false;
	return v->o->delete_delay_ms == 0
		   ? block_delete(v->o->bucket, v->ctx, id, err)
		   : mark_write(v->o->bucket, v->ctx, MARK_DELETION, &mark, err);
}

static bool verify_duplicates(struct verification *v, struct err *err)
{
	struct ulid_list kill = {0};

	if (!refuse_ids(v, err))
		return false;
	struct overlap_list list = overlap_groups(&v->view, v->a);
	for (size_t i = 0; i < list.n; i++)
		find_duplicates(v, &list.v[i], &kill);
	if (list.n > 0)
		log_warn(v->o->logger, "Found duplicated blocks that are ok to be removed",
			 LOG_UINT("num", kill.n));
	progress_say(v->o->progress, "removing duplicated blocks");
	for (size_t i = 0; v->o->repair && i < kill.n; i++) {
		progress_count(v->o->progress, i, kill.n);
		if (!remove_block(v, kill.v[i], err))
			return false;
		log_info(v->o->logger, "Removed duplicated block",
			 LOG_STR("id", ulid_str(kill.v[i])));
	}
	return true;
}

/* --- all of them ----------------------------------------------------------------------------- */

typedef bool verify_fn(struct verification *v, struct err *err);

static bool verify_issue(struct verification *v, enum bucket_issue issue, struct err *err)
{
	static verify_fn *const functions[BUCKET_ISSUE_N] = {
	    [ISSUE_OVERLAPPED_BLOCKS] = verify_overlaps,
	    [ISSUE_INDEX_KNOWN_ISSUES] = verify_indexes,
	    [ISSUE_DUPLICATED_COMPACTION] = verify_duplicates,
	};

	log_info(v->o->logger, "started verifying issue",
		 LOG_STR("verifier", BUCKET_ISSUE_NAMES[issue]),
		 LOG_BOOL("with-repair", v->o->repair));
	if (!fetch(v, err))
		return false;
	bool ok = functions[issue](v, err);
	progress_say(v->o->progress, NULL);
	block_view_done(&v->view);
	v->view = (struct block_view){0};
	return ok || err_wrap(err, "verify %s", BUCKET_ISSUE_NAMES[issue]);
}

bool bucket_verify(const struct bucket_verify_options *o, struct ctx *ctx, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct verification v = {.o = o, .ctx = ctx, .a = a};

	for (size_t i = 0; i < o->n_issues; i++)
		if (!verify_issue(&v, o->issues[i], err))
			return false;
	return true;
}
