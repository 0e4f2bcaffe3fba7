#include "block/fetcher.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/map.h"
#include "block/block_id.h"
#include "block/workers.h"

#include <stdlib.h>

enum { DEFAULT_CONCURRENCY = 32 };

#define UNKNOWN_TIME INT64_MIN

/* A meta.json read once. */
struct cached {
	struct ulid id;
	struct meta *meta;   /* a reference */
	int64_t modified_ms; /* of the object; UNKNOWN_TIME */
};

struct fetcher {
	struct fetcher_options options;
	char *cache_dir;           /* NULL: none */
	VEC(struct cached) cached; /* ascending by id */

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

struct fetcher *fetcher_new(const struct fetcher_options *options)
{
	struct fetcher *f = NEW(struct fetcher);

	f->options = *options;
	if (f->options.concurrency == 0)
		f->options.concurrency = DEFAULT_CONCURRENCY;
	if (options->data_dir)
		f->cache_dir = xasprintf("%s/meta-syncer", options->data_dir);
	register_metrics(f, options->metrics);
	return f;
}

static void forget_all(struct fetcher *f)
{
	for (size_t i = 0; i < f->cached.n; i++)
		meta_unref(f->cached.v[i].meta);
	vec_done(&f->cached);
}

void fetcher_free(struct fetcher *f)
{
	if (!f)
		return;
	forget_all(f);
	free(f->cache_dir);
	free(f);
}

/* --- finding ------------------------------------------------------------------------------- */

enum finding { FOUND_FOLDER, FOUND_META, FOUND_NOTHING, FOUND_CORRUPT, FOUND_FAILURE };

/* A folder of the bucket with a block's name. */
struct found {
	struct ulid id;
	enum finding what; /* FOUND_FOLDER: its meta.json has to be looked for */
	int64_t modified_ms;
	struct meta *meta;
};

struct fetch {
	struct fetcher *fetcher;
	struct ctx *ctx;
	VEC(struct found) found; /* ascending by id, each once */
	_Atomic size_t next;
	struct mutex mu;
	struct err failure; /* guarded by mu; the first one */
};

static bool add_folder(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct fetch *fetch = arg;
	struct ulid id;
	(void)err;

	if (block_id_of(entry->name, &id))
		vec_push(&fetch->found, (struct found){.id = id, .modified_ms = UNKNOWN_TIME});
	return true;
}

/* Objects below "<ULID>/": without a meta.json among them the folder is FOUND_NOTHING. */
static bool add_object(const struct bucket_entry *entry, void *arg, struct err *err)
{
	struct fetch *fetch = arg;
	struct str folder, rest = str_split(entry->name, '/', &folder);
	struct found found = {.what = FOUND_NOTHING, .modified_ms = UNKNOWN_TIME};
	(void)err;

	if (!rest.p || !ulid_parse(folder, &found.id))
		return true;
	if (str_is(rest, META_FILENAME)) {
		found.what = FOUND_META;
		if (entry->has_attrs)
			found.modified_ms = entry->attrs.modified_ms;
	} else if (fetch->found.n && ulid_cmp(vec_last(&fetch->found).id, found.id) == 0) {
		return true; /* one entry per folder says enough */
	}
	vec_push(&fetch->found, found);
	return true;
}

/* By id, the one with a meta.json first. */
static int by_id(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int c = ulid_cmp(x->id, y->id);

	return c ? c : (y->what == FOUND_META) - (x->what == FOUND_META);
}

static bool find_blocks(struct fetch *fetch, struct err *err)
{
	bool recursive = fetch->fetcher->options.discovery == BLOCK_DISCOVERY_RECURSIVE;
	size_t n = 0;

	if (!bucket_list(fetch->fetcher->options.bucket, fetch->ctx, STR(""),
			 recursive ? LIST_RECURSIVE : LIST_DIRECTORY,
			 recursive ? add_object : add_folder, fetch, err))
		return err_wrap(err, "list the blocks of the bucket");
	if (fetch->found.n == 0)
		return true;
	qsort(fetch->found.v, fetch->found.n, sizeof(*fetch->found.v), by_id);
	for (size_t i = 0; i < fetch->found.n; i++)
		if (n == 0 || ulid_cmp(fetch->found.v[n - 1].id, fetch->found.v[i].id) != 0)
			fetch->found.v[n++] = fetch->found.v[i];
	fetch->found.n = n;
	return true;
}

/* --- reading ------------------------------------------------------------------------------- */

static int cached_cmp(const void *key, const void *entry)
{
	return ulid_cmp(*(const struct ulid *)key, ((const struct cached *)entry)->id);
}

static const struct cached *find_cached(const struct fetcher *f, struct ulid id)
{
	return f->cached.n
		   ? bsearch(&id, f->cached.v, f->cached.n, sizeof(*f->cached.v), cached_cmp)
		   : NULL;
}

static char *cache_path(const struct fetcher *f, struct ulid id)
{
	return xasprintf("%s/%s", f->cache_dir, ulid_str(id));
}

static void forget_on_disk(const struct fetcher *f, struct ulid id)
{
	char *dir auto_free(mem_free) = cache_path(f, id);
	struct err err = ERR_INIT;

	if (!fs_remove_tree(dir, &err))
		log_warn(f->options.logger, "removing a cached meta.json failed", LOG_ERR(&err));
}

static struct meta *read_cache(const struct fetcher *f, struct ulid id)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct meta m;

	if (!f->cache_dir)
		return NULL;
	char *dir auto_free(mem_free) = cache_path(f, id);
	if (meta_read_file(dir, a, &m, &err))
		return meta_new(&m);
	if (err.code != ERR_NOT_FOUND) {
		log_warn(f->options.logger, "a cached meta.json cannot be read and is removed",
			 LOG_ERR(&err));
		forget_on_disk(f, id);
	}
	return NULL;
}

/* The cache only saves reading from the bucket: without it all goes well too. */
static void write_cache(const struct fetcher *f, struct ulid id, const struct meta *m)
{
	struct err err = ERR_INIT;

	if (!f->cache_dir)
		return;
	char *dir auto_free(mem_free) = cache_path(f, id);
	if (!fs_mkdirs(dir, &err) || !meta_write_file(m, dir, &err))
		log_warn(f->options.logger, "caching a meta.json failed", LOG_ERR(&err));
}

static void fail_fetch(struct fetch *fetch, const struct err *err)
{
	mutex_lock(&fetch->mu);
	if (fetch->failure.code == ERR_OK)
		fetch->failure = *err;
	mutex_unlock(&fetch->mu);
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
	write_cache(f, found->id, &m);
	found->meta = meta_new(&m);
	return FOUND_META;
}

static enum finding look_for_meta(struct fetch *fetch, struct ulid id)
{
	struct err err = ERR_INIT;
	bool exists;

	if (bucket_exists(fetch->fetcher->options.bucket, fetch->ctx,
			  block_object(id, META_FILENAME), &exists, &err))
		return exists ? FOUND_META : FOUND_NOTHING;
	fail_fetch(fetch, &err);
	return FOUND_FAILURE;
}

static bool was_replaced(const struct cached *c, const struct found *found)
{
	return c && c->modified_ms != UNKNOWN_TIME && found->modified_ms != UNKNOWN_TIME &&
	       c->modified_ms != found->modified_ms;
}

static void read_block(struct fetch *fetch, struct found *found)
{
	struct fetcher *f = fetch->fetcher;
	const struct cached *cached = find_cached(f, found->id);

	if (found->what == FOUND_FOLDER)
		found->what = look_for_meta(fetch, found->id);
	if (found->what != FOUND_META)
		return;
	if (was_replaced(cached, found)) {
		counter_inc(f->cache_busts);
		if (f->cache_dir)
			forget_on_disk(f, found->id);
		cached = NULL;
	}
	found->meta = cached ? meta_ref(cached->meta) : read_cache(f, found->id);
	if (!found->meta)
		found->what = read_bucket(fetch, found);
}

static void read_blocks(void *arg)
{
	struct fetch *fetch = arg;

	for (;;) {
		size_t i = fetch->next++;
		if (i >= fetch->found.n)
			return;
		read_block(fetch, &fetch->found.v[i]);
	}
}

/* --- the result ---------------------------------------------------------------------------- */

static void fill_view(const struct fetch *fetch, struct block_view *view)
{
	for (size_t i = 0; i < fetch->found.n; i++) {
		const struct found *found = &fetch->found.v[i];
		switch (found->what) {
		case FOUND_META:
			vec_push(&view->metas, meta_ref(found->meta));
			break;
		case FOUND_NOTHING:
		case FOUND_CORRUPT: {
			bool corrupt = found->what == FOUND_CORRUPT;
			vec_push(&view->partial, (struct partial_block){found->id, corrupt});
			view->n_in_state[corrupt ? BLOCK_CORRUPTED_META : BLOCK_NO_META]++;
			break;
		}
		case FOUND_FOLDER:
		case FOUND_FAILURE:
			view->n_failed++;
			break;
		}
	}
	view->n_in_state[BLOCK_FAILED] = view->n_failed;
	view->failure = fetch->failure;
}

/* Only a complete view tells what is not needed any more. */
static void replace_cache(struct fetcher *f, const struct fetch *fetch)
{
	forget_all(f);
	for (size_t i = 0; i < fetch->found.n; i++) {
		const struct found *found = &fetch->found.v[i];
		if (found->meta)
			vec_push(&f->cached, (struct cached){found->id, meta_ref(found->meta),
							     found->modified_ms});
	}
}

static void clean_disk(const struct fetcher *f)
{
	struct fs_names names auto_done(fs_names_done) = {0};
	struct err err = ERR_INIT;
	struct ulid id;

	if (!f->cache_dir || !fs_list(f->cache_dir, &names, &err))
		return;
	for (size_t i = 0; i < names.n; i++)
		if (ulid_parse(str_of(names.v[i]), &id) && !find_cached(f, id))
			forget_on_disk(f, id);
}

static void fetch_done(struct fetch *fetch)
{
	for (size_t i = 0; i < fetch->found.n; i++)
		meta_unref(fetch->found.v[i].meta);
	vec_done(&fetch->found);
	mutex_done(&fetch->mu);
}

static bool fetch_view(struct fetch *fetch, struct block_view *view, struct err *err)
{
	struct fetcher *f = fetch->fetcher;

	counter_inc(f->base_syncs);
	if (!find_blocks(fetch, err))
		return false;
	block_workers_run(f->options.concurrency, fetch->found.n, read_blocks, fetch);
	if (!ctx_check(fetch->ctx, err))
		return false;
	fill_view(fetch, view);
	if (view->n_failed == 0) {
		replace_cache(f, fetch);
		clean_disk(f);
	}
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
