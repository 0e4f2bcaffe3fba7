/* tools_bucket_downsample.c - `athanor tools bucket downsample`: makes the downsampled blocks that
 * a bucket lacks, again and again. */
#include "base/alloc.h"
#include "block/fetcher.h"
#include "cmd/bucket_tool.h"
#include "cmd/open_bucket.h"
#include "cmd/servers.h"
#include "compaction/downsample_pass.h"
#include "telemetry/probes.h"

#include <stdlib.h>

struct downsample_flags {
	int64_t wait_interval_ms;
	uint64_t concurrency;
	uint64_t file_concurrency;
	const char *data_dir;
	int hash_func; /* enum block_hash */
};

struct downsample_options {
	struct objstore_flags objstore;
	struct http_flags http;
	struct downsample_flags own;
};

static const struct flag_spec downsample_specs[] = {
    {.name = "wait-interval",
     FLAG_DURATION(struct downsample_flags, wait_interval_ms),
     .default_text = "5m",
     .help = "Wait interval between downsample runs."},
    {.name = "downsample.concurrency",
     FLAG_UINT(struct downsample_flags, concurrency),
     .default_text = "1",
     .help = "Number of goroutines to use when downsampling blocks."},
    {.name = "block-files-concurrency",
     FLAG_UINT(struct downsample_flags, file_concurrency),
     .default_text = "1",
     .help = "Number of goroutines to use when fetching/uploading block files from object "
	     "storage."},
    {.name = "data-dir",
     FLAG_STRING(struct downsample_flags, data_dir),
     .default_text = "./data",
     .help = "Data directory in which to cache blocks and process downsamplings."},
    {.name = "hash-func",
     FLAG_ENUM(struct downsample_flags, hash_func),
     .choices = FLAG_CHOICES("", "SHA256"),
     .default_text = "",
     .help = "Specify which hash function to use when calculating the hashes of produced files. "
	     "If no function has been specified, it does not happen. This permits avoiding "
	     "downloading some files twice albeit at some performance cost. Possible values are: "
	     "\"\", \"SHA256\"."},
};

static const struct command_flags downsample_flags[] = {
    COMMAND_FLAGS(OBJSTORE_FLAGS, struct downsample_options, objstore),
    COMMAND_FLAGS(HTTP_FLAGS, struct downsample_options, http),
    COMMAND_FLAGS(downsample_specs, struct downsample_options, own),
};

/* --- its parts -------------------------------------------------------------------------------- */

struct downsampler {
	struct runtime *rt;
	const struct downsample_options *options;
	struct servers servers;
	struct bucket *bucket;
	struct duplicate_filter duplicates;
	struct block_filter *filters[1];
	struct fetcher *fetcher;
	struct downsample_metrics metrics;
	char *dir;
};

static void downsampler_done(struct downsampler *d)
{
	servers_stop(&d->servers);
	fetcher_free(d->fetcher);
	bucket_close(d->bucket);
	servers_done(&d->servers);
	free(d->dir);
}

static bool make_bucket(struct downsampler *d, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str yaml;

	return flag_content_load(&d->options->objstore.config, a, &yaml, err) &&
	       open_bucket(d->rt, yaml, loops_next(d->servers.loops), &d->bucket, err);
}

static void make_fetcher(struct downsampler *d)
{
	duplicate_filter_init(&d->duplicates);
	d->filters[0] = &d->duplicates.base;
	d->fetcher = fetcher_new(&(struct fetcher_options){
	    .bucket = d->bucket,
	    .filters = d->filters,
	    .n_filters = 1,
	    .metrics = d->rt->metrics,
	    .logger = d->rt->logger,
	});
}

/* --- running ---------------------------------------------------------------------------------- */

static bool run_pass(struct downsampler *d, const char *which, struct ctx *ctx, struct err *err)
{
	const struct downsample_flags *f = &d->options->own;
	struct block_view view auto_done(block_view_done) = {0};
	struct downsample_pass_options options = {
	    .bucket = d->bucket,
	    .dir = d->dir,
	    .concurrency = (unsigned)f->concurrency,
	    .file_concurrency = (unsigned)f->file_concurrency,
	    .hash = (enum block_hash)f->hash_func,
	    .metrics = d->metrics,
	    .clock = &clock_system,
	    .logger = d->rt->logger,
	};
	struct downsample_pass_result result;

	log_info(d->rt->logger, "start pass of downsampling", LOG_STR("pass", which));
	if (!fetcher_fetch(d->fetcher, ctx, &view, err))
		return err_wrap(err, "sync before %s pass of downsampling", which);
	if (view.n_failed > 0) {
		*err = view.failure;
		return err_wrap(err, "sync before %s pass of downsampling", which);
	}
	if (!downsample_pass(&options, ctx, &view, &result, err))
		return err_wrap(err, "downsampling failed");
	log_info(d->rt->logger, "pass of downsampling done", LOG_STR("pass", which),
		 LOG_UINT("blocks", result.n_done), LOG_UINT("marked", result.n_marked));
	return true;
}

/* Blocks that the first pass makes may be what the second one begins with. */
static bool run(void *arg, struct ctx *ctx, struct err *err)
{
	struct downsampler *d = arg;

	probes_set_ready(d->servers.probes);
	do {
		if (!run_pass(d, "first", ctx, err) || !run_pass(d, "second", ctx, err))
			return ctx_done(ctx);
	} while (ctx_sleep_ms(ctx, d->options->own.wait_interval_ms));
	return true;
}

static bool run_downsample(struct runtime *rt, const void *options, struct err *err)
{
	struct downsampler d auto_done(downsampler_done) = {.rt = rt, .options = options};

	d.dir = xasprintf("%s/downsample", d.options->own.data_dir);
	d.metrics = downsample_metrics_make(rt->metrics);
	if (!servers_init(
		&d.servers, rt,
		&(struct servers_options){.component = "downsample", .http = &d.options->http},
		err) ||
	    !make_bucket(&d, err))
		return false;
	make_fetcher(&d);
	servers_add_actors(&d.servers);
	runtime_add(rt, &(struct actor){"downsample", run, NULL, &d});
	log_info(rt->logger, "starting downsample node");
	return runtime_run(rt, err);
}

const struct command command_tools_bucket_downsample = {
    .name = "tools bucket downsample",
    .help = "Continuously downsamples blocks in an object store bucket.",
    .flags = downsample_flags,
    .n_flags = sizeof(downsample_flags) / sizeof(*downsample_flags),
    .options_bytes = sizeof(struct downsample_options),
    .run = run_downsample,
};
