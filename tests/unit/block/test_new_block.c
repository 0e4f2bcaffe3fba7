#include "block/new_block.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "codec/xor_chunk.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"
#include "tsdb/block_reader.h"
#include "tsdb/tombstones.h"

#define ID "01HZX0000000000000000000AB"

static int set_up(void **state)
{
	*state = temp_dir_new();
	return 0;
}

static int tear_down(void **state)
{
	temp_dir_remove(*state);
	return 0;
}

static struct new_block *open_block(const char *dir)
{
	struct block_writer_options options = {0};
	struct err err = ERR_INIT;
	struct ulid id;

	assert_true(ulid_parse(STR(ID), &id));
	struct new_block *b = new_block_open(dir, id, &options, &err);
	if (!b)
		fail_msg("%s", err.msg);
	return b;
}

/* {a="b"} with one sample at 5 s. */
static void add_series(struct new_block *b)
{
	struct buf bytes auto_done(buf_done) = BUF_INIT(100);
	struct chunk_meta meta = {.min_t_ms = 5000, .max_t_ms = 5000};
	struct symbol_pair label = {0, 1};
	struct index_series series = {&label, 1, &meta, 1};
	struct xor_encoder e;
	struct err err = ERR_INIT;

	xor_encoder_init(&e, &bytes);
	xor_encoder_append(&e, 5000, 42);
	struct chunk_data chunk = {(const uint8_t *)bytes.p, (uint32_t)bytes.n, CHUNK_XOR, 0};
	expect_ok(block_writer_add_symbol(new_block_writer(b), STR("a"), &err), err);
	expect_ok(block_writer_add_symbol(new_block_writer(b), STR("b"), &err), err);
	expect_ok(block_writer_add_series(new_block_writer(b), &series, &chunk, &err), err);
}

static void expect_names(const char *dir, size_t n, const char *first)
{
	struct fs_names names auto_done(fs_names_done) = {0};
	struct err err = ERR_INIT;

	expect_ok(fs_list(dir, &names, &err), err);
	assert_int_equal(names.n, n);
	if (n)
		assert_string_equal(names.v[0], first);
}

static void a_block_appears_when_it_is_complete(void **state)
{
	struct new_block *b auto_free(new_block_close) = open_block(*state);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	char *dir auto_free(mem_free) = xasprintf("%s/" ID, (char *)*state);
	char *deleted auto_free(mem_free) = xasprintf("%s/" ID "/tombstones", (char *)*state);
	struct meta meta = {.min_t_ms = 0, .max_t_ms = 7200000, .compaction.level = 1}, got;
	struct err err = ERR_INIT;

	add_series(b);
	expect_names(*state, 1, ID ".tmp-for-creation");
	expect_ok(new_block_commit(b, NULL, &meta, &err), err);

	expect_names(*state, 1, ID);
	expect_ok(meta_read_file(dir, a, &got, &err), err);
	assert_string_equal(ulid_str(got.id), ID);
	assert_int_equal(got.max_t_ms, 7200000);
	assert_int_equal(got.stats.n_series, 1);
	assert_int_equal(got.stats.n_samples, 1);
	struct block_reader *reader auto_free(block_reader_close) = block_reader_open(dir, &err);
	assert_non_null(reader);
	struct tombstones *none auto_free(tombstones_free) = tombstones_load(deleted, &err);
	assert_non_null(none);
	assert_int_equal(tombstones_count(none), 0);
	assert_true(fs_exists(deleted));
}

static void what_is_given_up_leaves_nothing(void **state)
{
	struct new_block *b = open_block(*state);

	add_series(b);
	new_block_close(b);

	expect_names(*state, 0, NULL);
}

static void what_a_crash_left_is_overwritten(void **state)
{
	char *left auto_free(mem_free) =
	    xasprintf("%s/" ID ".tmp-for-creation/chunks/000007", (char *)*state);
	char *dir auto_free(mem_free) = xasprintf("%s/" ID "/chunks", (char *)*state);
	struct meta meta = {.max_t_ms = 7200000, .compaction.level = 1};
	struct err err = ERR_INIT;

	expect_ok(fs_mkdirs(left, &err), err);
	struct new_block *b auto_free(new_block_close) = open_block(*state);
	add_series(b);
	expect_ok(new_block_commit(b, NULL, &meta, &err), err);

	expect_names(dir, 1, "000001");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_block_appears_when_it_is_complete, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_is_given_up_leaves_nothing, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_a_crash_left_is_overwritten, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
