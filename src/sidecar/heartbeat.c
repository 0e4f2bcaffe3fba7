#include "sidecar/heartbeat.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/metric.h"
#include "promclient/prom_api.h"
#include "store/prometheus_store.h"
#include "telemetry/probes.h"

#include <stdlib.h>

struct heartbeat {
	struct heartbeat_options options;
	struct gauge *up;
	char *version;
	pthread_mutex_t mu;
	struct arena *arena;  /* guarded by mu; of labels */
	struct labels labels; /* guarded by mu */
};

struct heartbeat *heartbeat_new(const struct heartbeat_options *options)
{
	struct heartbeat *h = NEW(struct heartbeat);

	h->options = *options;
	h->arena = arena_new(NULL);
	pthread_mutex_init(&h->mu, NULL);
	if (options->metrics)
		h->up = metrics_gauge(
		    options->metrics, "thanos_sidecar_prometheus_up",
		    "Boolean indicator whether the sidecar can reach its Prometheus peer.");
	return h;
}

void heartbeat_free(struct heartbeat *h)
{
	if (!h)
		return;
	pthread_mutex_destroy(&h->mu);
	arena_free(h->arena);
	free(h->version);
	free(h);
}

struct labels heartbeat_labels(struct heartbeat *h, struct arena *a)
{
	pthread_mutex_lock(&h->mu);
	struct labels labels = labels_copy(a, h->labels);
	pthread_mutex_unlock(&h->mu);
	return labels;
}

/* --- steps ------------------------------------------------------------------------------------ */

/* With its compaction delayed until we have shipped, Prometheus may compact; but it must wait for
 * the file that we write. */
static bool check_delay_file(const struct heartbeat *h, const char *waits_for, struct err *err)
{
	char *theirs auto_free(mem_free) = fs_clean_path(waits_for);
	char *ours auto_free(mem_free) = fs_clean_path(h->options.shipper_file);

	return strcmp(theirs, ours) == 0 ||
	       err_set(err, ERR_INVALID,
		       "found that Prometheus and Thanos use different paths for tracking block "
		       "uploads. Prometheus uses --storage.tsdb.delay-compact-file.path=%s while "
		       "Thanos will write to %s, they must both use the same path.",
		       waits_for, h->options.shipper_file);
}

static bool check_equal_sizes(const struct heartbeat *h, const struct prom_flags *flags,
			      struct err *err)
{
	int64_t min_ns = flags->min_block_ms * NS_PER_MS, max_ns = flags->max_block_ms * NS_PER_MS;

	if (min_ns == max_ns)
		return true;
	if (!h->options.ignores_unequal_block_size)
		return err_set(
		    err, ERR_INVALID,
		    "found that TSDB Max time is %s and Min time is %s. Compaction needs "
		    "to be disabled (storage.tsdb.min-block-duration = "
		    "storage.tsdb.max-block-duration)",
		    duration_str(max_ns), duration_str(min_ns));
	log_warn(h->options.logger,
		 "Prometheus may compact blocks before they are shipped: its min and max block "
		 "duration differ, and the flag to ignore that is set");
	return true;
}

static bool check_block_sizes(const struct heartbeat *h, const struct prom_flags *flags,
			      struct err *err)
{
	bool ok = *flags->delay_compact_file ? check_delay_file(h, flags->delay_compact_file, err)
					     : check_equal_sizes(h, flags, err);

	if (ok && flags->min_block_ms != 2 * MS_PER_H)
		log_warn(h->options.logger,
			 "found that TSDB block duration is not 2h. Only 2h block time is "
			 "recommended",
			 LOG_DURATION_MS("block-time", flags->min_block_ms));
	return ok;
}

static bool check_flags(struct heartbeat *h, struct ctx *ctx, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct prom_flags flags;
	bool known;

	if (!prom_get_flags(h->options.client, ctx, a, &flags, &known, err))
		return false;
	if (!known) {
		log_warn(h->options.logger, "failed to check Prometheus flags, because it does not "
					    "tell them: no extra validation is done");
		return true;
	}
	return check_block_sizes(h, &flags, err);
}

static bool get_version(struct heartbeat *h, struct ctx *ctx, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	const char *version;

	if (!prom_get_version(h->options.client, ctx, a, &version, err))
		return false;
	free(h->version);
	h->version = xstrdup(version);
	return true;
}

/* What changes while Prometheus runs: times and labels. */
static bool get_facts(struct heartbeat *h, struct ctx *ctx, struct err *err)
{
	struct arena *a = arena_new(NULL);
	struct prometheus_facts facts = {.version = h->version};
	int64_t limit_ms = time_or_duration_at(h->options.min_time, clock_wall_ms(&clock_system));

	if (!prom_get_lowest_time(h->options.client, ctx, &facts.min_t_ms, err) ||
	    !prom_get_external_labels(h->options.client, ctx, a, &facts.external_labels, err)) {
		arena_free(a);
		return false;
	}
	if (facts.min_t_ms < limit_ms)
		facts.min_t_ms = limit_ms;

	pthread_mutex_lock(&h->mu);
	struct arena *old = h->arena;
	h->arena = a;
	h->labels = facts.external_labels;
	pthread_mutex_unlock(&h->mu);
	arena_free(old);
	if (facts.external_labels.n > 0)
		prometheus_store_update(h->options.store, &facts);
	return true;
}

/* --- the beginning ---------------------------------------------------------------------------- */

struct step {
	bool (*run)(struct heartbeat *h, struct ctx *ctx, struct err *err);
	const char *failed;
	const char *succeeded;
	bool only_with_checks;
};

static const struct step STEPS[] = {
    {check_flags, "failed to validate prometheus flags. Is Prometheus running? Retrying",
     "successfully validated prometheus flags", true},
    {get_version, "failed to fetch prometheus version. Is Prometheus running? Retrying",
     "successfully loaded prometheus version", false},
    {get_facts, "failed to fetch initial external labels. Is Prometheus running? Retrying",
     "successfully loaded prometheus external labels", false},
};

static bool run_step(struct heartbeat *h, const struct step *step, struct ctx *ctx, struct err *err)
{
	for (;;) {
		struct ctx *round auto_free(ctx_free) =
		    ctx_new_timeout_ms(ctx, h->options.timeout_ms);
		if (step->run(h, round, err)) {
			log_info(h->options.logger, step->succeeded);
			return true;
		}
		if (ctx_done(ctx))
			return ctx_check(ctx, err);
		log_warn(h->options.logger, step->failed, LOG_ERR(err));
		if (!ctx_sleep_ms(ctx, h->options.interval_ms))
			return ctx_check(ctx, err);
	}
}

static void set_up(struct heartbeat *h, const struct err *why_not)
{
	gauge_set(h->up, why_not ? 0 : 1);
	if (why_not) {
		probes_set_not_ready(h->options.probes, why_not);
		prometheus_store_set_not_ready(h->options.store);
	} else {
		probes_set_ready(h->options.probes);
	}
}

/* Blocks and series without external labels could be anybody's. */
static bool check_labels(const struct heartbeat *h, struct err *err)
{
	return h->labels.n > 0 ||
	       err_set(err, ERR_INVALID,
		       "no external labels configured on Prometheus server at %s, uniquely "
		       "identifying external labels must be configured",
		       prom_client_url(h->options.client));
}

bool heartbeat_begin(struct heartbeat *h, struct ctx *ctx, struct err *err)
{
	for (size_t i = 0; i < sizeof(STEPS) / sizeof(*STEPS); i++)
		if ((h->options.checks_flags || !STEPS[i].only_with_checks) &&
		    !run_step(h, &STEPS[i], ctx, err))
			return false;
	if (!check_labels(h, err))
		return false;
	set_up(h, NULL);
	return true;
}

void heartbeat_go_on(struct heartbeat *h, struct ctx *ctx)
{
	while (ctx_sleep_ms(ctx, h->options.interval_ms)) {
		struct ctx *round auto_free(ctx_free) =
		    ctx_new_timeout_ms(ctx, h->options.timeout_ms);
		struct err err = ERR_INIT;

		bool ok = get_facts(h, round, &err) && check_labels(h, &err);
		if (ctx_done(ctx))
			return;
		if (!ok)
			log_warn(h->options.logger, "updating labels and timestamps failed",
				 LOG_ERR(&err));
		set_up(h, ok ? NULL : &err);
	}
}
