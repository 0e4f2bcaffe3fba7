#include "gateway/gateway.h"

#include "objstore/inmem.h"
#include "tests/lib/expect.h"
#include "tests/lib/golden_block.h"
#include "tests/lib/temp_dir.h"

#define RAW   "01AAAAAAAAAAAAAAAAAAAAAAAA"
#define FRESH "01BBBBBBBBBBBBBBBBBBBBBBBB"

struct fixture {
	char *dir;
	struct bucket *bucket;
	struct gateway_options options;
	struct arena *a;
};

static int set_up(void **state)
{
	static struct fixture f;
	struct err err = ERR_INIT;

	f = (struct fixture){
	    .dir = temp_dir_new(), .bucket = inmem_bucket_new(&clock_system), .a = arena_new(NULL)};
	f.options = (struct gateway_options){
	    .bucket = f.bucket,
	    .data_dir = f.dir,
	    .fetch_concurrency = 2,
	    .sync_concurrency = 2,
	    .clock = &clock_system,
	};
	expect_ok(time_or_duration_parse(STR("9999-12-31T23:59:59Z"), &f.options.max_time, &err),
		  err);
	golden_block_put(f.bucket, &(struct golden_block){.ulid = RAW});
	golden_block_put(f.bucket,
			 &(struct golden_block){.ulid = FRESH, .labels = "{\"cluster\":\"us\"}"});
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	arena_free(f->a);
	bucket_close(f->bucket);
	temp_dir_remove(f->dir);
	return 0;
}

/* The clusters whose blocks a gateway with these options serves. */
static const char *clusters(struct fixture *f)
{
	struct gateway *g auto_free(gateway_free) = gateway_new(&f->options);
	struct label_request req = {
	    .label = STR("cluster"), .min_t_ms = INT64_MIN, .max_t_ms = INT64_MAX};
	struct str_list values = {0};
	struct err err = ERR_INIT;

	expect_ok(bucket_store_initial_sync(gateway_store(g), NULL, 10, 1000, &err), err);
	expect_ok(store_label_values(bucket_store_api(gateway_store(g)), NULL, &req, NULL, f->a,
				     &values, &err),
		  err);
	const char *text = "";
	for (size_t i = 0; i < values.n; i++)
		text = arena_printf(f->a, "%s%.*s ", text, STR_FMT(values.v[i]));
	return text;
}

static void all_blocks_of_the_bucket_are_served(void **state)
{
	assert_string_equal(clusters(*state), "eu us ");
}

static void blocks_outside_of_the_times_are_not(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	expect_ok(time_or_duration_parse(STR("2020-01-01T00:00:00Z"), &f->options.max_time, &err),
		  err);
	assert_string_equal(clusters(f), "");
}

static void blocks_marked_for_deletion_are_not(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	expect_ok(bucket_put_bytes(f->bucket, NULL, STR(FRESH "/deletion-mark.json"),
				   STR("{\"id\":\"" FRESH "\",\"version\":1,\"deletion_time\":1}"),
				   PUT_REPLACE, &err),
		  err);
	assert_string_equal(clusters(f), "eu ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void blocks_that_relabelling_drops_are_not_served(void **state)
{
	struct fixture *f = *state;
	struct relabel *selector auto_free(relabel_free) = NULL;
	struct err err = ERR_INIT;

	expect_ok(relabel_parse(STR("[{source_labels: [cluster], regex: us, action: drop}]"),
				RELABEL_SELECTOR, &selector, &err),
		  err);
	f->options.selector = selector;
	assert_string_equal(clusters(f), "eu ");
	f->options.selector = NULL;
}

/* The block reaches into one day, and does not fill it. */
static void blocks_of_days_that_parquet_does_not_cover_are_served(void **state)
{
	struct fixture *f = *state;
	struct bucket *parquet auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct err err = ERR_INIT;

	expect_ok(bucket_put_bytes(parquet, NULL, STR("2023/11/14/meta.pb"),
				   STR("\x32\x1a" RAW "\x32\x1a" FRESH), PUT_REPLACE, &err),
		  err);
	f->options.parquet_bucket = parquet;
	assert_string_equal(clusters(f), "eu us ");
	f->options.parquet_bucket = NULL;
}

static void converted_blocks_are_not_served(void **state)
{
	enum { DAY_MS = 86400000 };
	struct fixture *f = *state;
	struct bucket *parquet auto_free(bucket_close) = inmem_bucket_new(&clock_system);
	struct err err = ERR_INIT;
	int64_t day = GOLDEN_PLAIN_MIN_T_MS - GOLDEN_PLAIN_MIN_T_MS % DAY_MS;

	golden_block_put(f->bucket, &(struct golden_block){
					.ulid = RAW, .min_t_ms = day, .max_t_ms = day + DAY_MS});
	expect_ok(bucket_put_bytes(parquet, NULL, STR("2023/11/14/meta.pb"), STR("\x32\x1a" RAW),
				   PUT_REPLACE, &err),
		  err);
	f->options.parquet_bucket = parquet;
	assert_string_equal(clusters(f), "us ");
	f->options.parquet_bucket = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(all_blocks_of_the_bucket_are_served),
	    TEST(blocks_outside_of_the_times_are_not),
	    TEST(blocks_marked_for_deletion_are_not),
	    cmocka_unit_test_setup_teardown(blocks_that_relabelling_drops_are_not_served, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(blocks_of_days_that_parquet_does_not_cover_are_served,
					    set_up, tear_down),
	    TEST(converted_blocks_are_not_served),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
