#include "sidecar/shipping.h"

#include "block/meta.h"
#include "block/shipper.h"
#include "objstore/inmem.h"
#include "sidecar/heartbeat.h"
#include "store/prometheus_store.h"
#include "telemetry/probes.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_prometheus.h"
#include "tests/lib/local_block.h"
#include "tests/lib/temp_dir.h"
#include "tests/lib/wait.h"

#define BLOCK "01AAAAAAAAAAAAAAAAAAAAAAAA"

struct fixture {
	struct fake_prometheus prometheus;
	struct prometheus_store *store;
	struct probes *probes;
	struct heartbeat *heartbeat;
	char *dir;
	struct bucket *bucket;
	struct shipper *shipper;
	struct ctx *ctx;
	struct shipping_options options;
	bool ok;
	struct err err;
};

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){0};
	fake_prometheus_start(&f.prometheus);
	fake_prometheus_defaults(&f.prometheus);
	f.store = prometheus_store_new(f.prometheus.client, "sidecar");
	f.probes = probes_new("sidecar", NULL, NULL);
	f.heartbeat = heartbeat_new(&(struct heartbeat_options){.client = f.prometheus.client,
								.store = f.store,
								.probes = f.probes,
								.interval_ms = 10,
								.timeout_ms = 5000});
	f.dir = temp_dir_new();
	f.bucket = inmem_bucket_new(&clock_system);
	f.shipper = shipper_new(&(struct shipper_options){.dir = f.dir,
							  .bucket = f.bucket,
							  .source = META_SOURCE_SIDECAR,
							  .clock = &clock_system});
	f.ctx = ctx_new(NULL, CTX_NO_DEADLINE);
	f.options = (struct shipping_options){
	    .shipper = f.shipper, .heartbeat = f.heartbeat, .ready_timeout_ms = 50};
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	ctx_free(f->ctx);
	shipper_free(f->shipper);
	bucket_close(f->bucket);
	temp_dir_remove(f->dir);
	heartbeat_free(f->heartbeat);
	probes_free(f->probes);
	prometheus_store_free(f->store);
	fake_prometheus_stop(&f->prometheus);
	return 0;
}

static void *run(void *arg)
{
	struct fixture *f = arg;

	f->ok = shipping_run(&f->options, f->ctx, &f->err);
	return NULL;
}

static bool bucket_has(struct fixture *f, const char *text)
{
	struct buf all auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);

	bucket_dump(f->bucket, &all);
	return strstr(buf_cstr(&all), text) != NULL;
}

static void without_external_labels_it_gives_up_in_time(void **state)
{
	struct fixture *f = *state;

	expect_err(shipping_run(&f->options, f->ctx, &f->err), f->err, ERR_TIMEOUT,
		   "aborting as no external labels found after waiting 50ms");
}

static void blocks_are_shipped_with_the_external_labels(void **state)
{
	struct fixture *f = *state;
	pthread_t thread;

	local_block_make(f->dir, &(struct local_block){.ulid = BLOCK, .max_t_ms = 7200000});
	expect_ok(heartbeat_begin(f->heartbeat, f->ctx, &f->err), f->err);
	pthread_create(&thread, NULL, run, f);
	wait_until(bucket_has(f, BLOCK "/meta.json"));
	assert_true(bucket_has(f, "\"cluster\""));
	assert_int_equal(bucket_check_blocks(f->bucket), 1);
	ctx_cancel(f->ctx, ERR_CANCELED, "enough");
	pthread_join(thread, NULL);
	expect_ok(f->ok, f->err);
}

static void the_end_of_the_context_is_no_failure(void **state)
{
	struct fixture *f = *state;

	ctx_cancel(f->ctx, ERR_CANCELED, "enough");
	expect_ok(shipping_run(&f->options, f->ctx, &f->err), f->err);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(without_external_labels_it_gives_up_in_time),
	    TEST(blocks_are_shipped_with_the_external_labels),
	    TEST(the_end_of_the_context_is_no_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
