/* compact.c - `athanor compact`: the compactor, once or as long as it is let. */
#include "base/clock.h"
#include "cmd/compact_flags.h"
#include "cmd/open_bucket.h"
#include "cmd/servers.h"
#include "compactor/compactor.h"
#include "model/relabel.h"
#include "telemetry/probes.h"

/* --- its parts -------------------------------------------------------------------------------- */

struct compact_command {
	struct runtime *rt;
	const struct compact_options *options;
	struct servers servers;
	struct bucket *bucket;
	struct relabel *selector;
	struct arena *a;
	struct compactor *compactor;
};

static void compact_done(struct compact_command *c)
{
	servers_stop(&c->servers);
	compactor_free(c->compactor);
	bucket_close(c->bucket);
	relabel_free(c->selector);
	servers_done(&c->servers);
	arena_free(c->a);
}

static bool make_bucket(struct compact_command *c, struct err *err)
{
	struct str yaml;

	return flag_content_load(&c->options->own.objstore, c->a, &yaml, err) &&
	       open_bucket(c->rt, yaml, loops_next(c->servers.loops), &c->bucket, err);
}

static void make_compactor(struct compact_command *c)
{
	const struct compact_flags *f = &c->options->own;
	size_t n_replica_labels;
	struct str *replica_labels = flag_names(&f->replica_labels, c->a, &n_replica_labels);

	c->compactor = compactor_new(&(struct compactor_options){
	    .bucket = c->bucket,
	    .data_dir = f->data_dir,
	    .discovery = (enum block_discovery)f->discovery,
	    .fetch_concurrency = (unsigned)f->fetch_concurrency,
	    .min_time = f->min_time,
	    .max_time = f->max_time,
	    .selector = c->selector,
	    .consistency_delay_ms = f->consistency_delay_ms,
	    .replica_labels = replica_labels,
	    .n_replica_labels = n_replica_labels,
	    .dedup_by_penalty = f->dedup == COMPACT_DEDUP_PENALTY,
	    .may_overlap = f->may_overlap,
	    .max_level = (unsigned)f->max_level,
	    .max_index_bytes = f->max_index_bytes,
	    .skip_disorder = f->skip_disorder,
	    .no_downsampling = f->no_downsampling,
	    .compaction_concurrency = (unsigned)f->compaction_concurrency,
	    .downsample_concurrency = (unsigned)f->downsample_concurrency,
	    .block_files_concurrency = (unsigned)f->block_files_concurrency,
	    .hash = (enum block_hash)f->hash,
	    .retention = {f->retention_raw_ms, f->retention_5m_ms, f->retention_1h_ms},
	    .delete_delay_ms = f->delete_delay_ms,
	    .clock = &clock_system,
	    .metrics = c->rt->metrics,
	    .logger = c->rt->logger,
	});
}

/* --- running ---------------------------------------------------------------------------------- */

/* A person has to look: everything stays as it is until the process is ended. */
static bool halt(struct compact_command *c, struct ctx *ctx, const struct err *err)
{
	log_error(c->rt->logger, "critical error detected; halting", LOG_ERR(err));
	compactor_note_halt(c->compactor);
	while (ctx_sleep_ms(ctx, INT64_C(3600) * 1000))
		;
	return true;
}

/* After a failure: is there a next iteration? If not, *result is how this one ends. */
static bool go_on_after(struct compact_command *c, struct ctx *ctx, enum compaction_failure failure,
			bool *result, struct err *err)
{
	const struct compact_flags *f = &c->options->own;

	*result = false;
	if (ctx_done(ctx))
		*result = true;
	else if (!f->wait)
		err_wrap(err, "error executing compaction");
	else if (failure == COMPACTION_MUST_HALT && f->halt_on_error)
		*result = halt(c, ctx, err);
	else if (failure == COMPACTION_MUST_HALT)
		err_wrap(err, "critical error detected");
	else if (failure != COMPACTION_MAY_RETRY)
		err_wrap(err, "error executing compaction");
	else {
		log_error(c->rt->logger, "retriable error", LOG_ERR(err));
		compactor_note_retry(c->compactor);
		return true;
	}
	return false;
}

static bool run_iterations(void *arg, struct ctx *ctx, struct err *err)
{
	struct compact_command *c = arg;
	const struct compact_flags *f = &c->options->own;
	enum compaction_failure failure = COMPACTION_FAILED_OTHERWISE;
	bool result;

	probes_set_ready(c->servers.probes);
	do {
		if (!compactor_iterate(c->compactor, ctx, &failure, err) &&
		    !go_on_after(c, ctx, failure, &result, err))
			return result;
	} while (f->wait && ctx_sleep_ms(ctx, f->wait_interval_ms));
	return true;
}

/* A failure is no end: the next time may go better. */
static bool run_cleaner(void *arg, struct ctx *ctx, struct err *err)
{
	struct compact_command *c = arg;
	struct err why = ERR_INIT;
	(void)err;

	while (ctx_sleep_ms(ctx, c->options->own.cleanup_interval_ms))
		if (!compactor_clean(c->compactor, ctx, &why) && !ctx_done(ctx)) {
			log_error(c->rt->logger, "retriable error", LOG_ERR(&why));
			compactor_note_retry(c->compactor);
		}
	return true;
}

static bool compact_run(struct runtime *rt, const void *options, struct err *err)
{
	struct compact_command c auto_done(compact_done) = {.rt = rt, .options = options};

	c.a = arena_new(NULL);
	if (!compact_flags_check(&c.options->own, err) ||
	    !selector_rules(&c.options->selector, &c.selector, err) ||
	    !servers_init(
		&c.servers, rt,
		&(struct servers_options){.component = "compact", .http = &c.options->http}, err) ||
	    !make_bucket(&c, err))
		return false;
	viewer_flags_warn(&c.options->viewer, rt->logger);
	make_compactor(&c);
	servers_add_actors(&c.servers);
	runtime_add(rt, &(struct actor){"compact", run_iterations, NULL, &c});
	if (c.options->own.wait && c.options->own.cleanup_interval_ms > 0)
		runtime_add(rt, &(struct actor){"cleaner", run_cleaner, NULL, &c});
	log_info(rt->logger, "starting compact node");
	return runtime_run(rt, err);
}

const struct command command_compact = {
    .name = "compact",
    .help = "Continuously compacts blocks in an object store bucket.",
    .flags = COMPACT_FLAGS,
    .n_flags = N_COMPACT_FLAGS,
    .options_bytes = sizeof(struct compact_options),
    .run = compact_run,
};
