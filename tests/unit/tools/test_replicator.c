#include "base/alloc.h"
#include "block/block_id.h"
#include "block/markers.h"
#include "block/upload.h"
#include "objstore/inmem.h"
#include "tests/lib/expect.h"
#include "tests/lib/fault_bucket.h"
#include "tests/lib/local_block.h"
#include "tests/lib/temp_dir.h"
#include "tools/replicator.h"

#define OLD   "01AAAAAAAAAAAAAAAAAAAAAAAA"
#define YOUNG "01BBBBBBBBBBBBBBBBBBBBBBBB"
#define BIG   "01CCCCCCCCCCCCCCCCCCCCCCCC"
#define BARE  "01DDDDDDDDDDDDDDDDDDDDDDDD"

static const int64_t all_resolutions[] = {0, 300000, 3600000};
static const int64_t all_levels[] = {1, 2, 3, 4};

struct fixture {
	char *dir;
	struct bucket *from, *to;
	struct metrics *metrics;
	struct replicator_options options;
};

static void ship(struct fixture *f, const struct local_block *block)
{
	char *path auto_free(mem_free) = xasprintf("%s/%s", f->dir, block->ulid);
	struct block_upload_options how = {.clock = &clock_system};
	struct err err = ERR_INIT;

	local_block_make(f->dir, block);
	expect_ok(block_upload(f->from, NULL, path, &how, &err), err);
}

#define THANOS(cluster, resolution)                                                                \
	"\"labels\":{\"cluster\":\"" cluster "\"},\"downsample\":{\"resolution\":" resolution      \
	"},\"source\":\"sidecar\""

static int set_up(void **state)
{
	static struct fixture f;
	struct err err = ERR_INIT;

	f = (struct fixture){.dir = temp_dir_new(),
			     .from = inmem_bucket_new(&clock_system),
			     .to = inmem_bucket_new(&clock_system),
			     .metrics = metrics_new()};
	ship(&f, &(struct local_block){
		     .ulid = YOUNG, .min_t_ms = 200, .max_t_ms = 300, .thanos = THANOS("us", "0")});
	ship(&f, &(struct local_block){.ulid = OLD,
				       .min_t_ms = 100,
				       .max_t_ms = 200,
				       .n_segments = 3,
				       .thanos = THANOS("eu", "0")});
	ship(&f, &(struct local_block){.ulid = BIG,
				       .min_t_ms = 100,
				       .max_t_ms = 300,
				       .level = 3,
				       .thanos = THANOS("eu", "300000")});
	expect_ok(bucket_put_bytes(f.from, NULL, STR(BARE "/index"), STR("x"), PUT_REPLACE, &err),
		  err);
	f.options = (struct replicator_options){
	    .from = f.from,
	    .to = f.to,
	    .resolutions_ms = all_resolutions,
	    .n_resolutions = 3,
	    .levels = all_levels,
	    .n_levels = 4,
	    .clock = &clock_system,
	    .metrics = f.metrics,
	};
	expect_ok(time_or_duration_parse(STR("9999-12-31T23:59:59Z"), &f.options.max_time, &err),
		  err);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bucket_close(f->from);
	bucket_close(f->to);
	metrics_free(f->metrics);
	temp_dir_remove(f->dir);
	return 0;
}

static void run(struct fixture *f)
{
	struct replicator *r auto_free(replicator_free) = replicator_new(&f->options);
	struct err err = ERR_INIT;

	expect_ok(replicator_run(r, NULL, &err), err);
}

static bool has_block(struct bucket *b, const char *ulid)
{
	struct ulid id;
	struct err err = ERR_INIT;
	bool exists;

	assert_true(ulid_parse(str_of(ulid), &id));
	expect_ok(bucket_exists(b, NULL, block_object(id, "meta.json"), &exists, &err), err);
	return exists;
}

/* The first letters behind "01" of the blocks that were copied. */
static void expect_copied(struct fixture *f, const char *want)
{
	static const char *const ids[] = {OLD, YOUNG, BIG, BARE};
	char got[8] = "";

	run(f);
	for (size_t i = 0; i < 4; i++)
		if (has_block(f->to, ids[i]))
			strncat(got, ids[i] + 2, 1);
	assert_string_equal(got, want);
}

static double counted(struct fixture *f, const char *name)
{
	return counter_value(metrics_counter(f->metrics, name, ""));
}

#define ALREADY "thanos_replicate_blocks_already_replicated_total"
#define BLOCKS  "thanos_replicate_blocks_replicated_total"
#define OBJECTS "thanos_replicate_objects_replicated_total"

static void blocks_are_copied_byte_for_byte_and_partial_ones_are_not(void **state)
{
	struct fixture *f = *state;
	struct buf from auto_done(buf_done) = BUF_INIT(1 << 20),
			to auto_done(buf_done) = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;

	expect_copied(f, "ABC");
	expect_ok(bucket_remove(f->from, NULL, STR(BARE "/index"), &err), err);
	bucket_dump(f->from, &from);
	bucket_dump(f->to, &to);
	expect_str(buf_str(&to), buf_cstr(&from));
	assert_int_equal(counted(f, BLOCKS), 3);
	assert_int_equal(counted(f, OBJECTS), 3 + 1 + 1 + 3); /* meta.json is not counted */
	assert_int_equal(counted(f, ALREADY), 0);
}

static void a_second_run_copies_nothing(void **state)
{
	struct fixture *f = *state;

	run(f);
	run(f);
	assert_int_equal(counted(f, BLOCKS), 3);
	assert_int_equal(counted(f, ALREADY), 3);
}

static void an_object_of_another_size_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	expect_ok(bucket_put_bytes(f->to, NULL, STR(OLD "/index"), STR("half"), PUT_REPLACE, &err),
		  err);
	run(f);
	assert_int_equal(bucket_check_blocks(f->to), 3);
}

static void blocks_are_chosen_by_labels_resolution_level_time_and_mark(void **state)
{
	static const int64_t raw[] = {0}, first[] = {1};
	struct fixture *f = *state;
	struct block_mark mark = {.time_s = 1};
	struct err err = ERR_INIT;
	struct matcher *eu = matcher_new(MATCH_EQ, STR("cluster"), STR("eu"), &err);

	f->options.matchers = (struct matchers){&eu, 1};
	f->options.resolutions_ms = raw;
	f->options.n_resolutions = 1;
	expect_copied(f, "A");
	f->options.matchers.n = 0;
	assert_true(ulid_parse(STR(YOUNG), &mark.id));
	expect_ok(mark_write(f->from, NULL, MARK_DELETION, &mark, &err), err);
	f->options.ignore_marked = true;
	expect_copied(f, "A");
	f->options.ignore_marked = false;
	expect_copied(f, "AB");
	f->options.resolutions_ms = all_resolutions;
	f->options.n_resolutions = 3;
	f->options.levels = first;
	f->options.n_levels = 1;
	expect_copied(f, "AB");
	f->options.levels = all_levels;
	f->options.n_levels = 4;
	f->options.min_time = (struct time_or_duration){.ms = 301};
	expect_copied(f, "AB");
	f->options.min_time.ms = 300;
	expect_copied(f, "ABC");
	matcher_unref(eu);
}

static void blocks_named_by_id_are_copied_whatever_they_are(void **state)
{
	struct fixture *f = *state;
	struct ulid id;

	assert_true(ulid_parse(STR(BIG), &id));
	f->options.ids = &id;
	f->options.n_ids = 1;
	f->options.n_levels = 0;
	expect_copied(f, "C");
}

static void a_block_without_labels_is_passed_over(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	expect_ok(
	    bucket_put_bytes(f->from, NULL, STR(BARE "/meta.json"),
			     STR("{\"ulid\":\"" BARE "\",\"minTime\":0,\"maxTime\":9,\"version\":1,"
				 "\"compaction\":{\"level\":1}}"),
			     PUT_REPLACE, &err),
	    err);
	expect_copied(f, "ABC");
}

/* Cut off at every operation on either bucket: what has a meta.json is complete, and the next run
 * finishes. */
static void a_run_that_is_cut_off_leaves_only_complete_blocks(void **state)
{
	struct fixture *f = *state;
	static const enum fault faults[] = {FAULT_CRASH, FAULT_REQUEST_LOST, FAULT_ANSWER_LOST};

	for (size_t k = 0; k < sizeof(faults) / sizeof(*faults); k++) {
		for (size_t at = 0;; at++) {
			struct bucket *to auto_free(bucket_close) = inmem_bucket_new(&clock_system);
			struct fault_bucket *faulty = fault_bucket_new(to, faults[k], at);
			struct err err = ERR_INIT;
			f->options.to = &faulty->base;
			struct replicator *r auto_free(replicator_free) =
			    replicator_new(&f->options);
			bool ok = replicator_run(r, NULL, &err);
			bool more = faulty->n_operations > at;
			/* the lost answer may have been "not found", and so was not missed */
			assert_true(ok == !more || (ok && faults[k] == FAULT_ANSWER_LOST));
			bucket_close(&faulty->base);
			bucket_check_blocks(to);

			f->options.to = to;
			run(f);
			assert_int_equal(bucket_check_blocks(to), 3);
			if (!more)
				break;
		}
	}
}

static void a_bucket_that_cannot_be_read_is_a_failure(void **state)
{
	struct fixture *f = *state;

	for (size_t at = 0;; at++) {
		struct fault_bucket *faulty = fault_bucket_new(f->from, FAULT_REQUEST_LOST, at);
		struct err err = ERR_INIT;
		f->options.from = &faulty->base;
		struct bucket *to auto_free(bucket_close) = inmem_bucket_new(&clock_system);
		f->options.to = to;
		struct replicator *r auto_free(replicator_free) = replicator_new(&f->options);
		bool ok = replicator_run(r, NULL, &err);
		bool more = faulty->n_operations > at;
		bucket_close(&faulty->base);
		assert_true(ok == !more);
		bucket_check_blocks(to);
		if (!more)
			break;
	}
}

static void repeated_runs_are_counted_until_the_end(void **state)
{
	struct fixture *f = *state;
	struct replicator *r auto_free(replicator_free) = replicator_new(&f->options);
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(NULL, 300);

	replicator_repeat(r, ctx);
	struct family *runs =
	    metrics_counters(f->metrics, "thanos_replicate_replication_runs_total", "", "result");
	assert_int_equal(counter_value(counter_at(runs, "success")), 1);
	assert_int_equal(counter_value(counter_at(runs, "error")), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(blocks_are_copied_byte_for_byte_and_partial_ones_are_not),
	    TEST(a_second_run_copies_nothing),
	    TEST(an_object_of_another_size_is_replaced),
	    TEST(blocks_are_chosen_by_labels_resolution_level_time_and_mark),
	    TEST(blocks_named_by_id_are_copied_whatever_they_are),
	    TEST(a_block_without_labels_is_passed_over),
	    TEST(a_run_that_is_cut_off_leaves_only_complete_blocks),
	    TEST(a_bucket_that_cannot_be_read_is_a_failure),
	    TEST(repeated_runs_are_counted_until_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
