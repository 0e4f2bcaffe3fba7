/* sidecar.c - `athanor sidecar`: beside one Prometheus, serving what it has and shipping its
 * blocks. */
#include "base/alloc.h"
#include "base/clock.h"
#include "block/meta.h"
#include "block/shipper.h"
#include "cmd/commands.h"
#include "cmd/memory_limit.h"
#include "cmd/open_bucket.h"
#include "cmd/servers.h"
#include "net/http_client.h"
#include "promclient/prom_api.h"
#include "rpc/store_server.h"
#include "sidecar/heartbeat.h"
#include "sidecar/shipping.h"
#include "store/prometheus_store.h"

#include <stdlib.h>

struct prometheus_flags {
	const char *url;
	int64_t ready_timeout_ms;
	int64_t interval_ms;
	int64_t timeout_ms;
};

struct shipper_flags {
	struct flag_content objstore;
	const char *tsdb_path;
	const char *meta_file_name;
	int hash_func; /* enum block_hash */
	int64_t upload_concurrency;
	bool upload_compacted;
	bool ignore_unequal_block_size;
	bool allow_out_of_order_uploads;
	bool skip_corrupted_blocks;
};

struct sidecar_options {
	struct http_flags http;
	struct grpc_flags grpc;
	struct limit_flags limits;
	struct memory_flags memory;
	struct prometheus_flags prometheus;
	struct shipper_flags shipper;
	struct time_or_duration min_time;
	struct request_log_flags request_log;
	struct refused_flags refused;
};

static const struct flag_spec prometheus_specs[] = {
    {.name = "prometheus.url",
     FLAG_STRING(struct prometheus_flags, url),
     .default_text = "http://localhost:9090",
     .help = "URL at which to reach Prometheus's API. For better performance use local network."},
    {.name = "prometheus.ready_timeout",
     FLAG_DURATION(struct prometheus_flags, ready_timeout_ms),
     .default_text = "10m",
     .help = "Maximum time to wait for the Prometheus instance to start up"},
    {.name = "prometheus.get_config_interval",
     FLAG_DURATION(struct prometheus_flags, interval_ms),
     .default_text = "30s",
     .help = "How often to get Prometheus config"},
    {.name = "prometheus.get_config_timeout",
     FLAG_DURATION(struct prometheus_flags, timeout_ms),
     .default_text = "30s",
     .help = "Timeout for getting Prometheus config"},
};

static const struct flag_spec shipper_specs[] = {
    {.name = "objstore.config",
     FLAG_CONTENT(struct shipper_flags, objstore),
     .help = "YAML file that contains object store configuration."},
    {.name = "tsdb.path",
     FLAG_STRING(struct shipper_flags, tsdb_path),
     .default_text = "./data",
     .help = "Data directory of TSDB."},
    {.name = "shipper.upload-compacted",
     FLAG_BOOL(struct shipper_flags, upload_compacted),
     .help = "If true shipper will try to upload compacted blocks as well. Useful for migration "
	     "purposes. Works only if compaction is disabled on Prometheus."},
    {.name = "shipper.ignore-unequal-block-size",
     FLAG_BOOL(struct shipper_flags, ignore_unequal_block_size),
     .help = "If true shipper will not require prometheus min and max block size flags to be "
	     "set to the same value.",
     .attrs = FLAG_HIDDEN},
    {.name = "shipper.allow-out-of-order-uploads",
     FLAG_BOOL(struct shipper_flags, allow_out_of_order_uploads),
     .help = "If true, shipper will skip failed block uploads in the given iteration and retry "
	     "later.",
     .attrs = FLAG_HIDDEN},
    {.name = "shipper.skip-corrupted-blocks",
     FLAG_BOOL(struct shipper_flags, skip_corrupted_blocks),
     .help = "If true, shipper will skip corrupted blocks in the given iteration and retry "
	     "later.",
     .attrs = FLAG_HIDDEN},
    {.name = "hash-func",
     FLAG_ENUM(struct shipper_flags, hash_func),
     .choices = FLAG_CHOICES("", "SHA256"),
     .default_text = "",
     .help = "Specify which hash function to use when calculating the hashes of produced files."},
    {.name = "shipper.meta-file-name",
     FLAG_STRING(struct shipper_flags, meta_file_name),
     .default_text = "thanos.shipper.json",
     .help = "the file to store shipper metadata in"},
    {.name = "shipper.upload-concurrency",
     FLAG_INT(struct shipper_flags, upload_concurrency),
     .default_text = "0",
     .help = "Number of goroutines to use when uploading block files to object storage."},
};

static const struct flag_spec own_specs[] = {
    {.name = "min-time",
     FLAG_TIME(struct sidecar_options, min_time),
     .default_text = "0000-01-01T00:00:00Z",
     .help = "Start of time range limit to serve. Thanos sidecar will serve only metrics, which "
	     "happened later than this value. Option can be a constant time in RFC3339 format "
	     "or time duration relative to current time, such as -1d or 2h45m. Valid duration "
	     "units are ms, s, m, h, d, w, y."},
    REFUSED_TEXT(struct sidecar_options, "prometheus.http-client"),
    REFUSED_TEXT(struct sidecar_options, "prometheus.http-client-file"),
    REFUSED_TEXT(struct sidecar_options, "reloader.config-file"),
    REFUSED_TEXT(struct sidecar_options, "reloader.config-envsubst-file"),
    REFUSED_LIST(struct sidecar_options, "reloader.rule-dir"),
    REFUSED_TEXT(struct sidecar_options, "reloader.watch-interval"),
    REFUSED_TEXT(struct sidecar_options, "reloader.retry-interval"),
    REFUSED_TEXT(struct sidecar_options, "reloader.method"),
    REFUSED_TEXT(struct sidecar_options, "reloader.process-name"),
};

static const struct command_flags sidecar_flags[] = {
    COMMAND_FLAGS(HTTP_FLAGS, struct sidecar_options, http),
    COMMAND_FLAGS(GRPC_FLAGS, struct sidecar_options, grpc),
    COMMAND_FLAGS(LIMIT_FLAGS, struct sidecar_options, limits),
    COMMAND_FLAGS(MEMORY_FLAGS, struct sidecar_options, memory),
    COMMAND_FLAGS(prometheus_specs, struct sidecar_options, prometheus),
    COMMAND_FLAGS(shipper_specs, struct sidecar_options, shipper),
    COMMAND_FLAGS(REQUEST_LOG_FLAGS, struct sidecar_options, request_log),
    {.specs = own_specs, .n = sizeof(own_specs) / sizeof(*own_specs), .offset = 0},
};

/* --- its parts -------------------------------------------------------------------------------- */

struct sidecar {
	struct tracker memory; /* of all requests */
	struct runtime *rt;
	const struct sidecar_options *options;
	struct servers servers;
	struct http_client *http;
	struct prom_client *prometheus;
	struct prometheus_store *store;
	struct store_server *store_server;
	struct heartbeat *heartbeat;
	struct bucket *bucket; /* NULL: nothing is shipped */
	struct shipper *shipper;
	char *shipper_file;
};

static void sidecar_done(struct sidecar *s)
{
	servers_stop(&s->servers);
	shipper_free(s->shipper);
	bucket_close(s->bucket);
	heartbeat_free(s->heartbeat);
	store_server_free(s->store_server);
	prometheus_store_free(s->store);
	prom_client_free(s->prometheus);
	http_client_free(s->http);
	free(s->shipper_file);
	servers_done(&s->servers);
}

static bool make_bucket(struct sidecar *s, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str yaml;

	if (!flag_content_load(&s->options->shipper.objstore, a, &yaml, err))
		return err_wrap(err, "getting object store config");
	if (yaml.n == 0) {
		log_info(s->rt->logger,
			 "no supported bucket was configured, uploads will be disabled");
		return true;
	}
	return open_bucket(s->rt, yaml, loops_next(s->servers.loops), &s->bucket, err);
}

static void make_shipper(struct sidecar *s)
{
	const struct shipper_flags *f = &s->options->shipper;

	if (!s->bucket)
		return;
	s->shipper = shipper_new(&(struct shipper_options){
	    .dir = f->tsdb_path,
	    .bucket = s->bucket,
	    .source = META_SOURCE_SIDECAR,
	    .state_filename = f->meta_file_name,
	    .upload_compacted = f->upload_compacted,
	    .allow_out_of_order_uploads = f->allow_out_of_order_uploads,
	    .skip_corrupted_blocks = f->skip_corrupted_blocks,
	    .hash = (enum block_hash)f->hash_func,
	    .upload_concurrency = (unsigned)f->upload_concurrency,
	    .clock = &clock_system,
	    .metrics = s->rt->metrics,
	    .logger = s->rt->logger,
	});
}

static bool make_prometheus(struct sidecar *s, struct err *err)
{
	s->http = http_client_new(
	    loops_next(s->servers.loops),
	    &(struct http_client_options){.redirects = HTTP_REDIRECTS_FOLLOWED}, err);
	if (!s->http)
		return false;
	s->prometheus = prom_client_new(s->http, s->options->prometheus.url, err);
	if (!s->prometheus)
		return false;
	s->store = prometheus_store_new(s->prometheus, "sidecar");
	s->store_server = store_server_new(&(struct store_server_options){
	    .store = prometheus_store_api(s->store),
	    .tracker = &s->memory,
	    .max_series = s->options->limits.request_series,
	    .max_samples = s->options->limits.request_samples,
	    .metrics = s->rt->metrics,
	});
	store_server_register(s->store_server, s->servers.grpc);
	return true;
}

static void make_heartbeat(struct sidecar *s)
{
	const struct prometheus_flags *p = &s->options->prometheus;
	const struct shipper_flags *f = &s->options->shipper;

	s->shipper_file = xasprintf("%s/%s", f->tsdb_path, f->meta_file_name);
	s->heartbeat = heartbeat_new(&(struct heartbeat_options){
	    .client = s->prometheus,
	    .store = s->store,
	    .probes = s->servers.probes,
	    .metrics = s->rt->metrics,
	    .logger = s->rt->logger,
	    .interval_ms = p->interval_ms,
	    .timeout_ms = p->timeout_ms,
	    .min_time = s->options->min_time,
	    .checks_flags = s->bucket != NULL,
	    .shipper_file = s->shipper_file,
	    .ignores_unequal_block_size = f->ignore_unequal_block_size,
	});
}

/* --- running ---------------------------------------------------------------------------------- */

static bool run_heartbeat(void *arg, struct ctx *ctx, struct err *err)
{
	struct sidecar *s = arg;

	if (!heartbeat_begin(s->heartbeat, ctx, err))
		return ctx_done(ctx);
	servers_start_grpc(&s->servers);
	heartbeat_go_on(s->heartbeat, ctx);
	return true;
}

static bool run_shipping(void *arg, struct ctx *ctx, struct err *err)
{
	struct sidecar *s = arg;

	return shipping_run(
	    &(struct shipping_options){
		.shipper = s->shipper,
		.heartbeat = s->heartbeat,
		.logger = s->rt->logger,
		.ready_timeout_ms = s->options->prometheus.ready_timeout_ms,
	    },
	    ctx, err);
}

static bool sidecar_run(struct runtime *rt, const void *options, struct err *err)
{
	struct sidecar s auto_done(sidecar_done) = {.rt = rt, .options = options};

	memory_budget_init(&s.memory, "the sidecar", "--store.max-memory",
			   s.options->memory.max_memory_bytes, rt->memory_ratio);
	if (!servers_init(&s.servers, rt,
			  &(struct servers_options){
			      .component = "sidecar",
			      .http = &s.options->http,
			      .grpc = &s.options->grpc,
			      .request_log = &s.options->request_log,
			      .request_log_scope = REQUEST_LOG_GRPC_ONLY,
			      .tracker = &s.memory,
			  },
			  err) ||
	    !make_bucket(&s, err) || !make_prometheus(&s, err))
		return false;
	make_shipper(&s);
	make_heartbeat(&s);
	servers_add_actors(&s.servers);
	runtime_add(rt, &(struct actor){"heartbeat", run_heartbeat, NULL, &s});
	if (s.shipper)
		runtime_add(rt, &(struct actor){"shipper", run_shipping, NULL, &s});
	log_info(rt->logger, "starting sidecar");
	return runtime_run(rt, err);
}

const struct command command_sidecar = {
    .name = "sidecar",
    .help = "Sidecar for Prometheus server.",
    .flags = sidecar_flags,
    .n_flags = sizeof(sidecar_flags) / sizeof(*sidecar_flags),
    .options_bytes = sizeof(struct sidecar_options),
    .run = sidecar_run,
};
