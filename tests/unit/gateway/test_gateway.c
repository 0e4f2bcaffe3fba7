#include "gateway/gateway.h"

#include "block/markers.h"
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

/* --- one gateway, sync after sync ----------------------------------------------------------- */

static const char *served_clusters(struct fixture *f, struct gateway *g)
{
	struct store_info info;
	struct err err = ERR_INIT;

	expect_ok(bucket_store_initial_sync(gateway_store(g), NULL, 0, 0, &err), err);
	expect_ok(store_info(bucket_store_api(gateway_store(g)), NULL, f->a, &info, &err), err);
	const char *text = "";
	for (size_t i = 0; i < info.n_label_sets; i++)
		text = arena_printf(f->a, "%s%.*s ", text,
				    STR_FMT(labels_get(info.label_sets[i], STR("cluster"))));
	return text;
}

static void a_mark_counts_after_its_delay_and_not_before(void **state)
{
	struct fixture *f = *state;
	struct fake_clock clock;
	struct ulid id;
	struct err err = ERR_INIT;

	fake_clock_init(&clock, GOLDEN_PLAIN_MAX_T_MS - 1);
	f->options.clock = &clock.base;
	f->options.ignore_deletion_marks_delay_ms = 60000;
	struct gateway *g auto_free(gateway_free) = gateway_new(&f->options);
	assert_string_equal(served_clusters(f, g), "eu us ");
	assert_true(ulid_parse(STR(FRESH), &id));
	struct block_mark mark = {.id = id, .time_s = clock.now_ms / 1000};
	expect_ok(mark_write(f->bucket, NULL, MARK_DELETION, &mark, &err), err);
	for (int age_s = 0; age_s <= 60; age_s += 10) {
		assert_string_equal(served_clusters(f, g), "eu us ");
		fake_clock_advance(&clock, 10000);
	}
	assert_string_equal(served_clusters(f, g), "eu ");

	/* It is taken away again, and seen by the next scan. */
	expect_ok(mark_remove(f->bucket, NULL, MARK_DELETION, id, &err), err);
	fake_clock_advance(&clock, 60000 / 4);
	assert_string_equal(served_clusters(f, g), "eu us ");
}

static void without_a_delay_a_mark_counts_at_once(void **state)
{
	struct fixture *f = *state;
	struct fake_clock clock;
	struct ulid id;
	struct err err = ERR_INIT;

	fake_clock_init(&clock, GOLDEN_PLAIN_MAX_T_MS);
	f->options.clock = &clock.base;
	struct gateway *g auto_free(gateway_free) = gateway_new(&f->options);
	assert_string_equal(served_clusters(f, g), "eu us ");
	assert_true(ulid_parse(STR(FRESH), &id));
	struct block_mark mark = {.id = id, .time_s = clock.now_ms / 1000 - 1};
	expect_ok(mark_write(f->bucket, NULL, MARK_DELETION, &mark, &err), err);
	assert_string_equal(served_clusters(f, g), "eu ");
}

static void fresh_blocks_wait_for_the_consistency_delay(void **state)
{
	struct fixture *f = *state;
	struct fake_clock clock;
	struct ulid raw, fresh;

	assert_true(ulid_parse(STR(RAW), &raw) && ulid_parse(STR(FRESH), &fresh));
	fake_clock_init(&clock, ulid_time_ms(raw) + 59999);
	f->options.clock = &clock.base;
	f->options.consistency_delay_ms = 60000;
	struct gateway *g auto_free(gateway_free) = gateway_new(&f->options);
	assert_string_equal(served_clusters(f, g), "");
	fake_clock_advance(&clock, 1);
	assert_string_equal(served_clusters(f, g), "eu ");
	clock.now_ms = ulid_time_ms(fresh) + 60000;
	assert_string_equal(served_clusters(f, g), "eu us ");
}

static void what_is_announced_is_cut_to_the_times_that_are_served(void **state)
{
	struct fixture *f = *state;
	struct store_info info;
	struct err err = ERR_INIT;

	f->options.min_time.ms = GOLDEN_PLAIN_MIN_T_MS + 1000;
	f->options.max_time.ms = GOLDEN_PLAIN_MAX_T_MS - 1000;
	struct gateway *g auto_free(gateway_free) = gateway_new(&f->options);
	assert_string_equal(served_clusters(f, g), "eu us ");
	expect_ok(store_info(bucket_store_api(gateway_store(g)), NULL, f->a, &info, &err), err);
	assert_int_equal(info.min_t_ms, GOLDEN_PLAIN_MIN_T_MS + 1000);
	assert_int_equal(info.max_t_ms, GOLDEN_PLAIN_MAX_T_MS - 1000);
	assert_int_equal(info.n_tsdbs, 2); /* as Thanos, whole blocks */
	assert_int_equal(info.tsdbs[0].min_t_ms, GOLDEN_PLAIN_MIN_T_MS);
	assert_int_equal(info.tsdbs[0].max_t_ms, GOLDEN_PLAIN_MAX_T_MS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(all_blocks_of_the_bucket_are_served),
	    TEST(blocks_outside_of_the_times_are_not),
	    TEST(blocks_marked_for_deletion_are_not),
	    TEST(blocks_that_relabelling_drops_are_not_served),
	    TEST(blocks_of_days_that_parquet_does_not_cover_are_served),
	    TEST(converted_blocks_are_not_served),
	    TEST(a_mark_counts_after_its_delay_and_not_before),
	    TEST(without_a_delay_a_mark_counts_at_once),
	    TEST(fresh_blocks_wait_for_the_consistency_delay),
	    TEST(what_is_announced_is_cut_to_the_times_that_are_served),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
