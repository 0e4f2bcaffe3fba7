#include "block/fetcher.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/lock.h"
#include "block/block_id.h"
#include "block/block_times.h"
#include "block/bucket_scan.h"
#include "block/label_pool.h"
#include "block/meta_cache.h"
#include "block/workers.h"

#include <stdlib.h>

/* What the last scan of all objects saw, for the next start. Beside the blocks' folders, which only
 * have ULIDs as names. */
#define MARKS_FILENAME "block-marks"

#define NEVER INT64_MIN

enum { DEFAULT_CONCURRENCY = 32 };

/* A block that was there at the last fetch. */
struct known {
	struct ulid id;
	struct meta *meta;   /* a reference */
	int64_t modified_ms; /* of meta.json; SCAN_UNKNOWN_TIME */
};

struct fetcher {
	struct fetcher_options options;
	struct meta_cache cache;
	struct label_pool *labels;
	VEC(struct known) known;      /* ascending by id */
	int64_t scanned_ms;           /* when all objects were listed; NEVER */
	bool was_cleaned;             /* the cache has no blocks that are not known */
	VEC(struct seen_mark) marked; /* at that time; ascending by id */

	struct mutex mu;
	VEC(struct ulid) suspects; /* guarded by mu */

	struct counter *base_syncs;
	struct counter *cache_busts;
	struct counter *syncs;
	struct counter *sync_failures;
	struct histogram_metric *sync_seconds;
	struct gauge *synced[BLOCK_STATE_N];
	struct gauge *replica_labels_removed;
};

/* --- metrics ------------------------------------------------------------------------------- */

static void register_metrics(struct fetcher *f, struct metrics *m)
{
	static const double seconds[] = {0.01, 1, 10, 100, 300, 600, 1000};

	if (!m)
		return;
	f->base_syncs =
	    metrics_counter(m, "thanos_blocks_meta_base_syncs_total",
			    "Total blocks metadata synchronization attempts by base Fetcher");
	f->cache_busts = metrics_counter(m, "thanos_blocks_meta_base_cache_busts_total",
					 "Total blocks metadata cache busts by base Fetcher");
	f->syncs = metrics_counter(m, "thanos_blocks_meta_syncs_total",
				   "Total blocks metadata synchronization attempts");
	f->sync_failures = metrics_counter(m, "thanos_blocks_meta_sync_failures_total",
					   "Total blocks metadata synchronization failures");
	f->sync_seconds = metrics_histogram(m, "thanos_blocks_meta_sync_duration_seconds",
					    "Duration of the blocks metadata synchronization in "
					    "seconds",
					    seconds, sizeof(seconds) / sizeof(*seconds));
	struct family *synced = metrics_gauges(m, "thanos_blocks_meta_synced",
					       "Number of block metadata synced", "state");
	for (enum block_state s = 0; s < BLOCK_STATE_N; s++)
		f->synced[s] = gauge_at(synced, block_state_name(s));
	struct family *modified =
	    metrics_gauges(m, "thanos_blocks_meta_modified",
			   "Number of blocks whose metadata changed", "modified");
	f->replica_labels_removed = gauge_at(modified, "replica-label-removed");
}

/* --- life ---------------------------------------------------------------------------------- */

static char *marks_path(const struct fetcher *f)
{
	return xasprintf("%s/" MARKS_FILENAME, f->options.data_dir);
}

/* What a process before this one saw. */
static void restore_marks(struct fetcher *f)
{
	struct block_times seen auto_done(block_times_done) = BLOCK_TIMES_INIT;
	struct err err = ERR_INIT;

	if (!f->options.data_dir || f->options.scan_interval_ms == 0)
		return;
	char *path auto_free(mem_free) = marks_path(f);
	if (!block_times_read(path, &seen, &err)) {
		if (err.code != ERR_NOT_FOUND)
			log_warn(f->options.logger,
				 "what was known of deletion marks cannot be read", LOG_ERR(&err));
		return;
	}
	f->scanned_ms = seen.at_ms;
	for (size_t i = 0; i < seen.v.n; i++)
		vec_push(&f->marked, (struct seen_mark){seen.v.v[i].id, seen.v.v[i].ms});
}

static void save_marks(const struct fetcher *f)
{
	struct block_times seen auto_done(block_times_done) = {.at_ms = f->scanned_ms};
	struct err err = ERR_INIT;

	if (!f->options.data_dir || f->options.scan_interval_ms == 0)
		return;
	for (size_t i = 0; i < f->marked.n; i++)
		vec_push(&seen.v,
			 (struct block_time){f->marked.v[i].id, f->marked.v[i].modified_ms});
	char *path auto_free(mem_free) = marks_path(f);
	if (!fs_mkdirs(f->options.data_dir, &err) || !block_times_write(&seen, path, &err))
		log_warn(f->options.logger, "what is known of deletion marks could not be saved",
			 LOG_ERR(&err));
}

struct fetcher *fetcher_new(const struct fetcher_options *options)
{
	struct fetcher *f = NEW(struct fetcher);

	f->options = *options;
	if (f->options.concurrency == 0)
		f->options.concurrency = DEFAULT_CONCURRENCY;
	if (!f->options.clock)
		f->options.clock = &clock_system;
	f->scanned_ms = NEVER;
	f->labels = label_pool_new();
	mutex_init(&f->mu, RANK_LEAF);
	meta_cache_init(&f->cache, options->data_dir, options->logger);
	restore_marks(f);
	register_metrics(f, options->metrics);
	return f;
}

void fetcher_free(struct fetcher *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->known.n; i++)
		meta_unref(f->known.v[i].meta);
	vec_done(&f->known);
	vec_done(&f->marked);
	vec_done(&f->suspects);
	label_pool_free(f->labels);
	meta_cache_done(&f->cache);
	mutex_done(&f->mu);
	free(f);
}

void fetcher_suspect(struct fetcher *f, struct ulid id)
{
	MUTEX_HOLD(&f->mu);
	vec_push(&f->suspects, id);
}

static int known_by_id(const void *key, const void *entry)
{
	return ulid_cmp(*(const struct ulid *)key, ((const struct known *)entry)->id);
}

static const struct known *find_known(const struct fetcher *f, struct ulid id)
{
	return f->known.n ? bsearch(&id, f->known.v, f->known.n, sizeof(*f->known.v), known_by_id)
			  : NULL;
}

/* --- what is to be found out --------------------------------------------------------------- */

enum finding {
	FOUND_FOLDER, /* whether it is a block is to be found out */
	FOUND_DOUBT,  /* it was a block, and may be none any more */
	FOUND_META,
	FOUND_NOTHING, /* a folder without a meta.json */
	FOUND_GONE,    /* no folder either */
	FOUND_CORRUPT,
	FOUND_FAILURE,
};

struct found {
	struct ulid id;
	enum finding what;
	bool has_folder;
	int64_t modified_ms;
	struct meta *meta; /* with FOUND_FAILURE, too, where it was known before */
};

struct fetch {
	struct fetcher *fetcher;
	struct ctx *ctx;
	bool is_scan; /* all objects were listed */
	struct bucket_scan scan;
	VEC(struct found) found; /* ascending by id, each once */
	_Atomic size_t next;
	struct mutex mu;
	struct err failure; /* guarded by mu; the first one */
};

static bool is_scan_due(const struct fetcher *f)
{
	int64_t now_ms = clock_wall_ms(f->options.clock);

	return f->options.discovery == BLOCK_DISCOVERY_RECURSIVE || f->scanned_ms == NEVER ||
	       now_ms < f->scanned_ms || now_ms - f->scanned_ms >= f->options.scan_interval_ms;
}

static enum finding first_guess(const struct fetch *fetch, const struct seen_folder *folder)
{
	bool is_known = find_known(fetch->fetcher, folder->id) != NULL;

	if (!fetch->is_scan)
		return is_known ? FOUND_META : FOUND_FOLDER;
	if (folder->has_meta)
		return FOUND_META;
	return is_known ? FOUND_DOUBT : FOUND_NOTHING;
}

/* The folders of the listing, and between them the blocks that were known and are not in it. */
static void merge_known(struct fetch *fetch, const struct bucket_scan *scan)
{
	const struct fetcher *f = fetch->fetcher;
	size_t k = 0;

	for (size_t i = 0; i <= scan->folders.n; i++) {
		const struct seen_folder *folder = i < scan->folders.n ? &scan->folders.v[i] : NULL;
		for (; k < f->known.n; k++) {
			int c = folder ? ulid_cmp(f->known.v[k].id, folder->id) : -1;
			if (c > 0)
				break;
			if (c < 0)
				vec_push(&fetch->found, (struct found){.id = f->known.v[k].id,
								       .what = FOUND_DOUBT});
		}
		if (folder)
			vec_push(&fetch->found, (struct found){.id = folder->id,
							       .what = first_guess(fetch, folder),
							       .has_folder = true,
							       .modified_ms = folder->modified_ms});
	}
}

static int found_by_id(const void *key, const void *entry)
{
	return ulid_cmp(*(const struct ulid *)key, ((const struct found *)entry)->id);
}

static void doubt_suspects(struct fetch *fetch)
{
	struct fetcher *f = fetch->fetcher;

	MUTEX_HOLD(&f->mu);
	for (size_t i = 0; i < f->suspects.n && fetch->found.n; i++) {
		struct found *found = bsearch(&f->suspects.v[i], fetch->found.v, fetch->found.n,
					      sizeof(*fetch->found.v), found_by_id);
		if (found && found->what == FOUND_META && !fetch->is_scan)
			found->what = FOUND_DOUBT;
	}
	vec_clear(&f->suspects);
}

static bool find_blocks(struct fetch *fetch, struct err *err)
{
	struct fetcher *f = fetch->fetcher;

	fetch->is_scan = is_scan_due(f);
	if (!(fetch->is_scan ? bucket_scan_all : bucket_scan_root)(f->options.bucket, fetch->ctx,
								   &fetch->scan, err))
		return false;
	merge_known(fetch, &fetch->scan);
	doubt_suspects(fetch);
	return true;
}

/* --- finding out --------------------------------------------------------------------------- */

static void fail_fetch(struct fetch *fetch, const struct err *err)
{
	mutex_lock(&fetch->mu);
	if (fetch->failure.code == ERR_OK)
		fetch->failure = *err;
	mutex_unlock(&fetch->mu);
}

static struct meta *keep_meta(struct fetcher *f, struct meta *m)
{
	if (!f->options.keeps_little)
		return meta_new(m);
	struct shared_labels *labels = label_pool_get(f->labels, m->labels);
	meta_drop_details(m);
	return meta_new_shared(m, labels);
}

static enum finding read_bucket(struct fetch *fetch, struct found *found)
{
	struct fetcher *f = fetch->fetcher;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf text auto_done(buf_done) = BUF_INIT(META_MAX_BYTES);
	struct err err = ERR_INIT;
	struct meta m;

	if (!bucket_get_bytes(f->options.bucket, fetch->ctx, block_object(found->id, META_FILENAME),
			      0, BUCKET_TO_END, &text, &err)) {
		if (err.code == ERR_NOT_FOUND)
			return FOUND_NOTHING;
		fail_fetch(fetch, &err);
		return FOUND_FAILURE;
	}
	if (!meta_parse(buf_str(&text), a, &m, &err)) {
		err_wrap(&err, "meta.json of block %s", ulid_str(found->id));
		if (err.code == ERR_CORRUPT) {
			log_warn(f->options.logger, "a meta.json is corrupted", LOG_ERR(&err));
			return FOUND_CORRUPT;
		}
		fail_fetch(fetch, &err);
		return FOUND_FAILURE;
	}
	m.id = found->id; /* objects are found by the folder's name, whatever the file says */
	meta_cache_put(&f->cache, found->id, &m);
	found->meta = keep_meta(f, &m);
	return FOUND_META;
}

static enum finding read_new(struct fetch *fetch, struct found *found)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct fetcher *f = fetch->fetcher;
	struct meta m;

	if (!meta_cache_get(&f->cache, found->id, a, &m))
		return read_bucket(fetch, found);
	m.id = found->id;
	found->meta = keep_meta(f, &m);
	return FOUND_META;
}

/* Ask for the meta.json of a block that was known: for its attributes, because that it exists may
 * be what a caching bucket remembers from hours ago. */
static enum finding resolve_doubt(struct fetch *fetch, struct found *found)
{
	struct err err = ERR_INIT;
	struct object_attrs attrs;

	if (bucket_attrs(fetch->fetcher->options.bucket, fetch->ctx,
			 block_object(found->id, META_FILENAME), &attrs, &err))
		return FOUND_META;
	if (err.code != ERR_NOT_FOUND) {
		fail_fetch(fetch, &err);
		return FOUND_FAILURE;
	}
	return found->has_folder ? FOUND_NOTHING : FOUND_GONE;
}

static bool was_replaced(const struct known *k, const struct found *found)
{
	return k && k->modified_ms != SCAN_UNKNOWN_TIME &&
	       found->modified_ms != SCAN_UNKNOWN_TIME && k->modified_ms != found->modified_ms;
}

static void find_out(struct fetch *fetch, struct found *found)
{
	struct fetcher *f = fetch->fetcher;
	const struct known *known = find_known(f, found->id);

	if (fetch->is_scan && found->what == FOUND_META && was_replaced(known, found)) {
		counter_inc(f->cache_busts);
		meta_cache_forget(&f->cache, found->id);
		known = NULL;
	}
	if (found->what == FOUND_DOUBT)
		found->what = resolve_doubt(fetch, found);
	else if (found->what == FOUND_FOLDER || (found->what == FOUND_META && !known))
		found->what = read_new(fetch, found);
	if (known && (found->what == FOUND_NOTHING || found->what == FOUND_GONE))
		meta_cache_forget(&f->cache, found->id);
	if (known && !found->meta && (found->what == FOUND_META || found->what == FOUND_FAILURE)) {
		found->meta = meta_ref(known->meta);
		if (!fetch->is_scan || !found->has_folder)
			found->modified_ms = known->modified_ms;
	}
}

static void find_out_all(void *arg)
{
	struct fetch *fetch = arg;

	for (;;) {
		size_t i = fetch->next++;
		if (i >= fetch->found.n)
			return;
		find_out(fetch, &fetch->found.v[i]);
	}
}

/* --- the result ---------------------------------------------------------------------------- */

static void add_partial(struct block_view *view, const struct found *found)
{
	bool corrupt = found->what == FOUND_CORRUPT;

	vec_push(&view->partial, (struct partial_block){found->id, corrupt});
	view->n_in_state[corrupt ? BLOCK_CORRUPTED_META : BLOCK_NO_META]++;
}

static void fill_view(const struct fetch *fetch, struct block_view *view)
{
	const struct fetcher *f = fetch->fetcher;

	for (size_t i = 0; i < fetch->found.n; i++) {
		const struct found *found = &fetch->found.v[i];
		if (found->meta)
			vec_push(&view->metas, meta_ref(found->meta));
		if (found->what == FOUND_NOTHING || found->what == FOUND_CORRUPT)
			add_partial(view, found);
		view->n_failed += found->what == FOUND_FAILURE;
	}
	view->n_in_state[BLOCK_FAILED] = view->n_failed;
	view->failure = fetch->failure;
	view->shows_marks = true;
	for (size_t i = 0; i < f->marked.n; i++)
		vec_push(&view->marked, f->marked.v[i]);
}

static bool is_known(void *arg, struct ulid id)
{
	return find_known(arg, id) != NULL;
}

static void take_marks(struct fetcher *f, const struct bucket_scan *scan)
{
	f->scanned_ms = clock_wall_ms(f->options.clock);
	vec_clear(&f->marked);
	for (size_t i = 0; i < scan->marked.n; i++)
		vec_push(&f->marked, scan->marked.v[i]);
	save_marks(f);
}

/* Blocks that were known and are not in the view have proved to be gone. */
static void remember(struct fetcher *f, const struct fetch *fetch, const struct block_view *view)
{
	for (size_t i = 0; i < f->known.n; i++)
		meta_unref(f->known.v[i].meta);
	vec_clear(&f->known);
	for (size_t i = 0; i < fetch->found.n; i++) {
		const struct found *found = &fetch->found.v[i];
		if (found->meta)
			vec_push(&f->known, (struct known){found->id, meta_ref(found->meta),
							   found->modified_ms});
		if (found->meta && found->what == FOUND_FAILURE)
			fetcher_suspect(f, found->id); /* it is still in doubt */
	}
	label_pool_sweep(f->labels);
	if (view->n_failed == 0 && !f->was_cleaned) {
		meta_cache_clean(&f->cache, is_known, f);
		f->was_cleaned = true;
	}
}

static void fetch_done(struct fetch *fetch)
{
	for (size_t i = 0; i < fetch->found.n; i++)
		meta_unref(fetch->found.v[i].meta);
	vec_done(&fetch->found);
	bucket_scan_done(&fetch->scan);
	mutex_done(&fetch->mu);
}

static bool fetch_view(struct fetch *fetch, struct block_view *view, struct err *err)
{
	struct fetcher *f = fetch->fetcher;

	counter_inc(f->base_syncs);
	if (!find_blocks(fetch, err))
		return false;
	block_workers_run(f->options.concurrency, fetch->found.n, find_out_all, fetch);
	if (!ctx_check(fetch->ctx, err))
		return false;
	if (fetch->is_scan)
		take_marks(f, &fetch->scan);
	fill_view(fetch, view);
	remember(f, fetch, view);
	for (size_t i = 0; i < f->options.n_filters; i++) {
		struct block_filter *filter = f->options.filters[i];
		if (!filter->apply(filter, fetch->ctx, view, err))
			return err_wrap(err, "filter blocks");
	}
	view->n_in_state[BLOCK_LOADED] = view->metas.n;
	return true;
}

bool fetcher_fetch(struct fetcher *f, struct ctx *ctx, struct block_view *out, struct err *err)
{
	int64_t start_ns = clock_monotonic_ns(&clock_system);
	struct fetch fetch = {.fetcher = f, .ctx = ctx};
	struct block_view view = {0};

	mutex_init(&fetch.mu, RANK_LEAF);
	counter_inc(f->syncs);
	bool ok = fetch_view(&fetch, &view, err);
	fetch_done(&fetch);
	histogram_metric_observe(f->sync_seconds,
				 (double)(clock_monotonic_ns(&clock_system) - start_ns) / 1e9);
	if (!ok || view.n_failed)
		counter_inc(f->sync_failures);
	for (enum block_state s = 0; s < BLOCK_STATE_N; s++)
		gauge_set(f->synced[s], (double)view.n_in_state[s]);
	gauge_set(f->replica_labels_removed, (double)view.n_replica_labels_removed);
	if (ok)
		*out = view;
	else
		block_view_done(&view);
	return ok;
}
