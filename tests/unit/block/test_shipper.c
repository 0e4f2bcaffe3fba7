#include "base/alloc.h"
#include "base/fs.h"
#include "block/meta.h"
#include "block/shipper.h"
#include "block/shipper_state.h"
#include "objstore/inmem.h"
#include "tests/lib/expect.h"
#include "tests/lib/fault_bucket.h"
#include "tests/lib/local_block.h"
#include "tests/lib/temp_dir.h"

#include <stdlib.h>
#include <sys/stat.h>

#define A "01AAAAAAAAAAAAAAAAAAAAAAAA"
#define B "01BBBBBBBBBBBBBBBBBBBBBBBB"
#define C "01CCCCCCCCCCCCCCCCCCCCCCCC"

struct fixture {
	char *dir;
	struct bucket *bucket;
	struct shipper_options options;
};

static int set_up(void **state)
{
	static struct fixture f;

	f.dir = temp_dir_new();
	f.bucket = inmem_bucket_new(&clock_system);
	f.options = (struct shipper_options){
	    .dir = f.dir,
	    .bucket = f.bucket,
	    .source = META_SOURCE_SIDECAR,
	    .clock = &clock_system,
	};
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	bucket_close(f->bucket);
	temp_dir_remove(f->dir);
	return 0;
}

static bool ship(const struct shipper_options *options, size_t *n, struct err *err)
{
	struct shipper *s auto_free(shipper_free) = shipper_new(options);

	shipper_set_labels(s, LABELS(LABEL("cluster", "eu"), LABEL("replica", "a")));
	return shipper_sync(s, NULL, n, err);
}

static size_t ship_ok(struct fixture *f)
{
	struct err err = ERR_INIT;
	size_t n;

	expect_ok(ship(&f->options, &n, &err), err);
	return n;
}

static void block(struct fixture *f, const char *ulid, int64_t min_t_ms, int64_t max_t_ms,
		  int level)
{
	local_block_make(f->dir, &(struct local_block){.ulid = ulid,
						       .min_t_ms = min_t_ms,
						       .max_t_ms = max_t_ms,
						       .level = level,
						       .n_segments = 2});
}

static bool in_bucket(struct fixture *f, const char *name)
{
	struct err err = ERR_INIT;
	bool exists;

	expect_ok(bucket_exists(f->bucket, NULL, str_of(name), &exists, &err), err);
	return exists;
}

static void expect_file(struct fixture *f, const char *name, const char *want)
{
	char *path auto_free(mem_free) = xasprintf("%s/%s", f->dir, name);
	struct buf got auto_done(buf_done) = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;

	expect_ok(fs_read(path, &got, &err), err);
	expect_str(buf_str(&got), want);
}

static bool local_exists(struct fixture *f, const char *name)
{
	char *path auto_free(mem_free) = xasprintf("%s/%s", f->dir, name);
	return fs_exists(path);
}

static void blocks_are_shipped_once_with_labels_and_source(void **state)
{
	struct fixture *f = *state;
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf text auto_done(buf_done) = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	struct meta m;

	block(f, B, 10, 20, 1);
	block(f, A, 20, 30, 1);
	assert_int_equal(ship_ok(f), 2);
	assert_int_equal(bucket_check_blocks(f->bucket), 2);
	assert_int_equal(ship_ok(f), 0);

	expect_ok(
	    bucket_get_bytes(f->bucket, NULL, STR(A "/meta.json"), 0, BUCKET_TO_END, &text, &err),
	    err);
	expect_ok(meta_parse(buf_str(&text), a, &m, &err), err);
	assert_true(labels_eq(m.labels, LABELS(LABEL("cluster", "eu"), LABEL("replica", "a"))));
	expect_str(m.source, "sidecar");
	assert_int_equal(m.n_segment_files, 2);
	expect_str(m.segment_files[1], "000002");
	/* The older one came first. */
	expect_file(f, SHIPPER_STATE_FILENAME,
		    "{\n\t\"version\": 1,\n\t\"uploaded\": [\n\t\t\"" B "\",\n\t\t\"" A
		    "\"\n\t]\n}\n");
	assert_false(local_exists(f, "thanos/upload"));
}

static void the_local_meta_stays_as_prometheus_wrote_it(void **state)
{
	struct fixture *f = *state;
	char *path auto_free(mem_free) = xasprintf("%s/" A "/meta.json", f->dir);
	struct buf before auto_done(buf_done) = BUF_INIT(1 << 20);
	struct err err = ERR_INIT;
	struct stat st;

	block(f, A, 0, 10, 1);
	expect_ok(fs_read(path, &before, &err), err);
	ship_ok(f);

	expect_file(f, A "/meta.json", buf_cstr(&before));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_nlink, 1);
}

static void empty_and_compacted_blocks_and_other_folders_stay(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	block(f, A, 0, 10, 2);
	local_block_make(f->dir, &(struct local_block){.ulid = B, .is_empty = true});
	char *wal auto_free(mem_free) = xasprintf("%s/wal", f->dir);
	expect_ok(fs_mkdirs(wal, &err), err);

	assert_int_equal(ship_ok(f), 0);
	expect_file(f, SHIPPER_STATE_FILENAME, "{\n\t\"version\": 1,\n\t\"uploaded\": null\n}\n");
}

static void the_state_forgets_blocks_that_are_gone(void **state)
{
	struct fixture *f = *state;
	char *path auto_free(mem_free) = xasprintf("%s/" A, f->dir);
	struct err err = ERR_INIT;

	block(f, A, 0, 10, 1);
	block(f, B, 10, 20, 1);
	ship_ok(f);
	expect_ok(fs_remove_tree(path, &err), err);
	ship_ok(f);

	expect_file(f, SHIPPER_STATE_FILENAME,
		    "{\n\t\"version\": 1,\n\t\"uploaded\": [\n\t\t\"" B "\"\n\t]\n}\n");
}

static void what_the_state_lists_is_not_uploaded_again(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	block(f, A, 0, 10, 1);
	ship_ok(f);
	/* The compactor took it. */
	expect_ok(bucket_remove(f->bucket, NULL, STR(A "/meta.json"), &err), err);

	assert_int_equal(ship_ok(f), 0);
	assert_false(in_bucket(f, A "/meta.json"));
}

static void a_broken_state_file_is_made_anew_from_the_bucket(void **state)
{
	struct fixture *f = *state;
	char *path auto_free(mem_free) = xasprintf("%s/" SHIPPER_STATE_FILENAME, f->dir);
	struct err err = ERR_INIT;

	block(f, A, 0, 10, 1);
	ship_ok(f);
	expect_ok(fs_write_atomic(path, STR("{\"version\": 1, \"uploaded\": [\"tru"), 0644, &err),
		  err);

	assert_int_equal(ship_ok(f), 0);
	expect_file(f, SHIPPER_STATE_FILENAME,
		    "{\n\t\"version\": 1,\n\t\"uploaded\": [\n\t\t\"" A "\"\n\t]\n}\n");
}

static void compacted_blocks_are_shipped_on_request_unless_they_overlap(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	size_t n;

	f->options.upload_compacted = true;
	block(f, A, 0, 10, 1);
	ship_ok(f);
	block(f, B, 10, 30, 2);
	assert_int_equal(ship_ok(f), 1);

	block(f, C, 0, 20, 2);
	expect_err(ship(&f->options, &n, &err), err, ERR_EXISTS,
		   "shipping compacted block " C " is blocked; overlap spotted: block");
	assert_false(in_bucket(f, C "/meta.json"));

	f->options.allow_out_of_order_uploads = true;
	assert_int_equal(ship_ok(f), 1);
}

static void blocks_with_other_labels_do_not_count_as_overlapping(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	expect_ok(
	    bucket_put_bytes(f->bucket, NULL, STR(C "/meta.json"),
			     STR("{\"ulid\":\"" C "\",\"minTime\":0,\"maxTime\":100,"
				 "\"version\":1,\"thanos\":{\"labels\":{\"cluster\":\"us\"}}}"),
			     PUT_REPLACE, &err),
	    err);
	expect_ok(
	    bucket_put_bytes(f->bucket, NULL, STR(B "/index"), STR("cut off"), PUT_REPLACE, &err),
	    err);
	f->options.upload_compacted = true;
	block(f, A, 0, 10, 2);

	assert_int_equal(ship_ok(f), 1);
}

static void a_corrupted_block_stops_the_sync_unless_it_may_be_skipped(void **state)
{
	struct fixture *f = *state;
	char *path auto_free(mem_free) = xasprintf("%s/" A "/meta.json", f->dir);
	struct err err = ERR_INIT;
	size_t n;

	block(f, A, 0, 10, 1);
	block(f, B, 10, 20, 1);
	expect_ok(fs_write_atomic(path, STR("{"), 0644, &err), err);

	expect_err(ship(&f->options, &n, &err), err, ERR_CORRUPT, "read metadata of block");
	assert_int_equal(n, 0);
	f->options.skip_corrupted_blocks = true;
	expect_err(ship(&f->options, &n, &err), err, ERR_UNAVAILABLE,
		   "0 blocks failed to upload, 1 are corrupted");
	assert_int_equal(n, 1);
	assert_true(in_bucket(f, B "/meta.json"));
}

static void a_failed_block_stops_the_sync_unless_order_does_not_matter(void **state)
{
	struct fixture *f = *state;
	char *index auto_free(mem_free) = xasprintf("%s/" A "/index", f->dir);
	struct err err = ERR_INIT;
	size_t n;

	block(f, A, 0, 10, 1);
	block(f, B, 10, 20, 1);
	expect_ok(fs_remove(index, &err), err);

	expect_err(ship(&f->options, &n, &err), err, ERR_NOT_FOUND, A "/index");
	assert_false(in_bucket(f, B "/meta.json"));
	assert_false(local_exists(f, SHIPPER_STATE_FILENAME));
	f->options.allow_out_of_order_uploads = true;
	expect_err(ship(&f->options, &n, &err), err, ERR_UNAVAILABLE,
		   "1 blocks failed to upload, 0 are corrupted");
	assert_true(in_bucket(f, B "/meta.json"));
	assert_false(in_bucket(f, A "/meta.json"));
}

static void syncs_are_counted(void **state)
{
	struct fixture *f = *state;
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct err err = ERR_INIT;
	size_t n;

	f->options.metrics = m;
	f->options.upload_compacted = true;
	block(f, A, 0, 10, 1);
	expect_ok(ship(&f->options, &n, &err), err);

	assert_int_equal(counter_value(metrics_counter(m, "thanos_shipper_uploads_total",
						       "Total number of uploaded blocks")),
			 1);
	assert_int_equal(counter_value(metrics_counter(m, "thanos_shipper_dir_syncs_total",
						       "Total number of dir syncs")),
			 1);
	assert_int_equal(
	    gauge_value(metrics_gauge(m, "thanos_shipper_upload_compacted_done",
				      "If 1 it means shipper uploaded all compacted blocks from "
				      "the filesystem.")),
	    1);
}

static void a_sync_cut_off_anywhere_is_finished_by_the_next(void **state)
{
	struct fixture *f = *state;
	char *state_path auto_free(mem_free) = xasprintf("%s/" SHIPPER_STATE_FILENAME, f->dir);
	struct shipper_options options = f->options;

	block(f, A, 0, 10, 1);
	block(f, B, 10, 20, 1);
	block(f, C, 20, 40, 2);
	options.upload_compacted = true;
	for (enum fault fault = FAULT_REQUEST_LOST; fault <= FAULT_CRASH; fault++) {
		bool more = true;
		for (size_t at = 0; more; at++) {
			struct bucket *b auto_free(bucket_close) = inmem_bucket_new(&clock_system);
			struct fault_bucket *faults = fault_bucket_new(b, fault, at);
			struct err err = ERR_INIT;
			size_t n;

			options.bucket = &faults->base;
			bool ok = ship(&options, &n, &err);
			more = faults->n_operations > at;
			bucket_close(&faults->base);
			assert_int_equal(ok, !more);
			bucket_check_blocks(b);

			options.bucket = b;
			expect_ok(ship(&options, &n, &err), err);
			assert_int_equal(bucket_check_blocks(b), 3);
			expect_ok(fs_remove(state_path, &err), err);
		}
	}
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(blocks_are_shipped_once_with_labels_and_source),
	    TEST(the_local_meta_stays_as_prometheus_wrote_it),
	    TEST(empty_and_compacted_blocks_and_other_folders_stay),
	    TEST(the_state_forgets_blocks_that_are_gone),
	    TEST(what_the_state_lists_is_not_uploaded_again),
	    TEST(a_broken_state_file_is_made_anew_from_the_bucket),
	    TEST(compacted_blocks_are_shipped_on_request_unless_they_overlap),
	    TEST(blocks_with_other_labels_do_not_count_as_overlapping),
	    TEST(a_corrupted_block_stops_the_sync_unless_it_may_be_skipped),
	    TEST(a_failed_block_stops_the_sync_unless_order_does_not_matter),
	    TEST(syncs_are_counted),
	    TEST(a_sync_cut_off_anywhere_is_finished_by_the_next),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
