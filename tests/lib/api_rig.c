#include "tests/lib/api_rig.h"

#include "codec/xor_chunk.h"
#include "tests/lib/cmocka.h"

static struct chunk *make_chunk(struct arena *a)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(4096);
	struct chunk *chunk = ARENA_NEW(a, struct chunk);
	struct xor_encoder encoder;

	xor_encoder_init(&encoder, &bytes);
	for (int i = 0; i <= 10; i++)
		xor_encoder_append(&encoder, i * 10000, i);
	*chunk = (struct chunk){
	    .max_t_ms = 100000,
	    .raw = {.data = (const uint8_t *)arena_str(a, buf_str(&bytes)).p,
		    .size_bytes = (uint32_t)bytes.n,
		    .encoding = CHUNK_XOR},
	};
	return chunk;
}

static struct series make_series(struct arena *a, const char *job, const char *replica)
{
	struct label labels[] = {
	    LABEL("__name__", "up"), {STR("job"), str_of(job)}, {STR("replica"), str_of(replica)}};

	return (struct series){
	    .labels = labels_copy(a, (struct labels){labels, 3}),
	    .chunks = make_chunk(a),
	    .n_chunks = 1,
	};
}

static struct store_api *dial(void *arg, const char *address)
{
	struct api_rig *rig = arg;

	return &rig->stores[address[0] - 'a'].base;
}

static const struct endpoint_spec specs[] = {{"a:10901", false}, {"b:10901", false}};

void api_rig_init(struct api_rig *rig)
{
	*rig = (struct api_rig){
	    .fan_out = pool_new(&(struct pool_options){.name = "fan-out", .max_threads = 4})};
	web_rig_init(&rig->web);
	fake_clock_init(&rig->clock, 100000);
	for (int i = 0; i < 2; i++) {
		rig->series[i][0] = make_series(rig->web.arena, i ? "y" : "x", i ? "b" : "a");
		rig->series[i][1] = make_series(rig->web.arena, "z", i ? "b" : "a");
		fake_store_init(&rig->stores[i], rig->series[i], 2);
		/* It is the proxy that drops them. */
		rig->stores[i].info.supports_without_replica_labels = false;
	}
	rig->options = (struct querier_options){
	    .endpoints = {.specs = specs,
			  .n_specs = 2,
			  .dial = dial,
			  .dial_arg = rig,
			  .info_timeout_ms = 5000,
			  .unhealthy_timeout_ms = 300000,
			  .pool = rig->fan_out,
			  .clock = &rig->clock.base},
	    .query = {.evaluator = {.engine.parser = PARSER_OPTIONS_DEFAULT,
				    .clock = &rig->clock.base,
				    .dedup = DEDUP_PENALTY,
				    .timeout_ms = 10000},
		      .tenancy = {.header = TENANT_HEADER, .default_tenant = STR(TENANT_DEFAULT)},
		      .partial_response = true,
		      .default_step_ms = 1000},
	    .route_prefix = "",
	};
}

void api_rig_start(struct api_rig *rig)
{
	struct ctx *once = ctx_new(NULL, CTX_NO_DEADLINE);

	rig->querier = querier_new(&rig->options);
	querier_add_routes(rig->querier, rig->web.router);
	web_rig_start(&rig->web);
	/* One round, and no wait for the next. */
	ctx_cancel(once, ERR_CANCELED, "once is enough");
	querier_refresh(rig->querier, once);
	ctx_free(once);
}

void api_rig_stop(struct api_rig *rig)
{
	web_rig_stop(&rig->web);
	querier_free(rig->querier);
	pool_free(rig->fan_out);
}

const char *api_rig_get(struct api_rig *rig, int status, const char *path)
{
	struct web_answer got = web_get(&rig->web, path);

	if (got.status != status)
		fail_msg("%s: got %d %s, want %d", path, got.status, got.body, status);
	return got.body;
}
