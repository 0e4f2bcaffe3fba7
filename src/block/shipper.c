#include "block/shipper.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/lock.h"
#include "block/block_id.h"
#include "block/meta.h"
#include "block/overlap.h"
#include "block/shipper_state.h"
#include "block/upload.h"

#include <stdlib.h>

#define UPLOAD_DIRNAME "thanos/upload"

struct shipper {
	struct shipper_options options;
	char *state_path;
	struct mutex mu;
	struct arena *labels_arena; /* guarded by mu, like labels */
	struct labels labels;

	struct counter *dir_syncs;
	struct counter *dir_sync_failures;
	struct counter *uploads;
	struct counter *upload_failures;
	struct counter *corrupted_blocks;
	struct gauge *upload_compacted_done;
};

/* One sync. */
struct sync {
	struct shipper *shipper;
	struct ctx *ctx;
	struct arena *arena;
	struct labels labels;       /* copied for it */
	struct shipper_state known; /* as the file had it */
	struct shipper_state state; /* as it will be */
	struct {
		struct meta *v;
		size_t n, cap;
	} blocks; /* by min time */
	size_t n_corrupted;
	size_t n_failed;
	size_t n_uploaded;
	struct overlap_check *overlaps;
};

static void register_metrics(struct shipper *s, struct metrics *m)
{
	if (!m)
		return;
	s->dir_syncs =
	    metrics_counter(m, "thanos_shipper_dir_syncs_total", "Total number of dir syncs");
	s->dir_sync_failures = metrics_counter(m, "thanos_shipper_dir_sync_failures_total",
					       "Total number of failed dir syncs");
	s->uploads =
	    metrics_counter(m, "thanos_shipper_uploads_total", "Total number of uploaded blocks");
	s->upload_failures = metrics_counter(m, "thanos_shipper_upload_failures_total",
					     "Total number of block upload failures");
	s->corrupted_blocks = metrics_counter(m, "thanos_shipper_corrupted_blocks_total",
					      "Total number of corrupted blocks");
	s->upload_compacted_done =
	    metrics_gauge(m, "thanos_shipper_upload_compacted_done",
			  "If 1 it means shipper uploaded all compacted blocks from the "
			  "filesystem.");
}

struct shipper *shipper_new(const struct shipper_options *options)
{
	struct shipper *s = NEW(struct shipper);
	const char *state = options->state_filename;

	s->options = *options;
	s->state_path = xasprintf("%s/%s", options->dir, state ? state : SHIPPER_STATE_FILENAME);
	s->labels_arena = arena_new(NULL);
	mutex_init(&s->mu, RANK_BLOCK);
	register_metrics(s, options->metrics);
	return s;
}

void shipper_free(struct shipper *s)
{
	if (!s)
		return;
	mutex_done(&s->mu);
	arena_free(s->labels_arena);
	free(s->state_path);
	free(s);
}

void shipper_set_labels(struct shipper *s, struct labels labels)
{
	mutex_lock(&s->mu);
	arena_clear(s->labels_arena);
	s->labels = labels_copy(s->labels_arena, labels);
	mutex_unlock(&s->mu);
}

static struct labels copy_labels(struct shipper *s, struct arena *a)
{
	mutex_lock(&s->mu);
	struct labels labels = labels_copy(a, s->labels);
	mutex_unlock(&s->mu);
	return labels;
}

/* --- the blocks of the folder -------------------------------------------------------------- */

static bool read_block(struct sync *y, const char *name, struct err *err)
{
	const struct shipper_options *o = &y->shipper->options;
	char *dir = arena_printf(y->arena, "%s/%s", o->dir, name);
	struct fs_info info;
	struct meta m;

	bool ok = fs_stat(dir, &info, err);
	if (ok && info.kind != FS_DIRECTORY)
		return true;
	ok = ok && meta_read_file(dir, y->arena, &m, err);
	if (ok) {
		ARENA_PUSH(y->arena, &y->blocks, m);
		return true;
	}
	if (!o->skip_corrupted_blocks)
		return err_wrap(err, "read metadata of block %s", dir);
	log_error(o->logger, "block is corrupted, it is skipped", LOG_STR("block", dir),
		  LOG_ERR(err));
	y->n_corrupted++;
	return true;
}

static int by_min_time(const void *a, const void *b)
{
	const struct meta *x = a, *y = b;

	if (x->min_t_ms != y->min_t_ms)
		return x->min_t_ms < y->min_t_ms ? -1 : 1;
	return ulid_cmp(x->id, y->id);
}

static bool read_blocks(struct sync *y, struct err *err)
{
	struct fs_names names auto_done(fs_names_done) = {0};
	struct ulid id;

	if (!fs_list(y->shipper->options.dir, &names, err))
		return false;
	for (size_t i = 0; i < names.n; i++)
		if (block_id_of(str_of(names.v[i]), &id) && !read_block(y, names.v[i], err))
			return false;
	if (y->blocks.n)
		qsort(y->blocks.v, y->blocks.n, sizeof(*y->blocks.v), by_min_time);
	return true;
}

/* --- one block ----------------------------------------------------------------------------- */

static bool link_files(const char *from, const char *to, struct err *err)
{
	struct fs_names names auto_done(fs_names_done) = {0};

	if (!fs_list(from, &names, err))
		return false;
	for (size_t i = 0; i < names.n; i++) {
		char *old auto_free(mem_free) = xasprintf("%s/%s", from, names.v[i]);
		char *new auto_free(mem_free) = xasprintf("%s/%s", to, names.v[i]);
		if (!fs_link(old, new, err))
			return false;
	}
	return true;
}

static void add_thanos_section(struct sync *y, struct meta *m, const struct fs_names *segments)
{
	m->labels = labels_merge(y->arena, m->labels, y->labels);
	m->source = str_of(y->shipper->options.source);
	m->n_segment_files = segments->n;
	m->segment_files = ARENA_ARRAY(y->arena, struct str, segments->n);
	for (size_t i = 0; i < segments->n; i++)
		m->segment_files[i] = arena_str(y->arena, str_of(segments->v[i]));
}

/* The folder to upload: the block's files as hard links, and a meta.json of its own. */
static bool prepare(struct sync *y, struct meta *m, const char *dir, struct err *err)
{
	char *block = arena_printf(y->arena, "%s/%s", y->shipper->options.dir, ulid_str(m->id));
	char *from = arena_printf(y->arena, "%s/" CHUNKS_DIRNAME, block);
	char *to = arena_printf(y->arena, "%s/" CHUNKS_DIRNAME, dir);
	struct fs_names segments auto_done(fs_names_done) = {0};

	if (!fs_remove_tree(dir, err) || !fs_mkdirs(to, err) || !link_files(from, to, err) ||
	    !fs_link(arena_printf(y->arena, "%s/" INDEX_FILENAME, block),
		     arena_printf(y->arena, "%s/" INDEX_FILENAME, dir), err) ||
	    !fs_list(to, &segments, err))
		return false;
	add_thanos_section(y, m, &segments);
	return meta_write_file(m, dir, err);
}

static bool upload(struct sync *y, struct meta *m, struct err *err)
{
	const struct shipper_options *o = &y->shipper->options;
	char *dir = arena_printf(y->arena, "%s/" UPLOAD_DIRNAME "/%s", o->dir, ulid_str(m->id));
	struct block_upload_options how = {
	    .hash = o->hash, .concurrency = o->upload_concurrency, .clock = o->clock};
	struct err ignored = ERR_INIT;

	log_info(o->logger, "upload new block", LOG_STR("id", ulid_str(m->id)));
	bool ok = prepare(y, m, dir, err) && block_upload(o->bucket, y->ctx, dir, &how, err);
	if (!fs_remove_tree(dir, &ignored))
		log_error(o->logger, "failed to clean upload directory", LOG_ERR(&ignored));
	return ok;
}

static bool check_overlap(struct sync *y, const struct meta *m, struct err *err)
{
	if (m->compaction.level <= 1 || y->shipper->options.allow_out_of_order_uploads)
		return true;
	if (!y->overlaps)
		y->overlaps = overlap_check_new(y->shipper->options.bucket, y->ctx, y->labels, err);
	return y->overlaps && overlap_check(y->overlaps, m, err);
}

/* Uploads the block if it is to be; what fails and may be passed over is counted. */
static bool ship(struct sync *y, struct meta *m, struct err *err)
{
	const struct shipper_options *o = &y->shipper->options;
	struct err why = ERR_INIT;
	bool exists = false;

	if (shipper_state_has(&y->known, m->id)) {
		vec_push(&y->state.uploaded, m->id);
		return true;
	}
	if (m->stats.n_samples == 0 || (m->compaction.level > 1 && !o->upload_compacted))
		return true;
	if (!bucket_exists(o->bucket, y->ctx, block_object(m->id, META_FILENAME), &exists, err))
		return false;
	if (!exists && !check_overlap(y, m, err))
		return false;
	if (!exists && !upload(y, m, &why)) {
		if (!o->allow_out_of_order_uploads) {
			*err = why;
			return false;
		}
		log_error(o->logger, "shipping failed", LOG_STR("block", ulid_str(m->id)),
			  LOG_ERR(&why));
		y->n_failed++;
		return true;
	}
	vec_push(&y->state.uploaded, m->id);
	if (!exists) {
		y->n_uploaded++;
		counter_inc(y->shipper->uploads);
	}
	return true;
}

/* --- all of them --------------------------------------------------------------------------- */

static void read_state(struct sync *y)
{
	struct shipper *s = y->shipper;
	struct err err = ERR_INIT;

	if (shipper_state_read(s->state_path, &y->known, &err))
		return;
	if (err.code == ERR_NOT_FOUND)
		log_info(s->options.logger,
			 "no shipper state yet, the bucket is asked for each block");
	else
		log_error(s->options.logger, "shipper state is not usable, it is made anew",
			  LOG_ERR(&err));
}

/* Links that a sync which was cut off left behind would keep deleted blocks on the disk. */
static void clean_up(struct sync *y)
{
	struct shipper *s = y->shipper;
	char *dir = arena_printf(y->arena, "%s/" UPLOAD_DIRNAME, s->options.dir);
	struct err err = ERR_INIT;

	if (!fs_remove_tree(dir, &err))
		log_warn(s->options.logger, "failed to clean upload directory", LOG_ERR(&err));
}

static bool ship_all(struct sync *y, struct err *err)
{
	struct shipper *s = y->shipper;
	struct err why = ERR_INIT;

	clean_up(y);
	read_state(y);
	if (!read_blocks(y, err))
		return false;
	for (size_t i = 0; i < y->blocks.n; i++) {
		if (s->options.on_block)
			s->options.on_block(s->options.on_block_arg, i, y->blocks.n);
		if (!ship(y, &y->blocks.v[i], err))
			return false;
	}
	if (!shipper_state_write(s->state_path, &y->state, &why))
		log_warn(s->options.logger, "updating the shipper state failed", LOG_ERR(&why));
	return true;
}

/* A sync that went through all blocks is done, even if some of them failed. */
static bool count_results(struct sync *y, struct err *err)
{
	struct shipper *s = y->shipper;

	counter_inc(s->dir_syncs);
	if (y->n_failed || y->n_corrupted) {
		counter_add(s->upload_failures, (double)y->n_failed);
		counter_add(s->corrupted_blocks, (double)y->n_corrupted);
		return err_set(err, ERR_UNAVAILABLE,
			       "%zu blocks failed to upload, %zu are corrupted", y->n_failed,
			       y->n_corrupted);
	}
	gauge_set(s->upload_compacted_done, s->options.upload_compacted);
	return true;
}

bool shipper_sync(struct shipper *s, struct ctx *ctx, size_t *n_uploaded, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct sync y = {.shipper = s, .ctx = ctx, .arena = a, .labels = copy_labels(s, a)};

	bool ok = ship_all(&y, err);
	*n_uploaded = y.n_uploaded;
	if (ok)
		ok = count_results(&y, err);
	else
		counter_inc(s->dir_sync_failures);
	overlap_check_free(y.overlaps);
	shipper_state_done(&y.known);
	shipper_state_done(&y.state);
	return ok || err_wrap(err, "ship blocks of %s", s->options.dir);
}
