#include "tools/block_folders.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "block/block_id.h"
#include "tests/lib/expect.h"
#include "tests/lib/local_block.h"
#include "tests/lib/temp_dir.h"

#define FIRST  "01M82TCRCVG0WXFBF1KSFDD8E0"
#define SECOND "01M82TCRCVG0WXFBF1KSFDD8E1"

static int set_up(void **state)
{
	*state = temp_dir_new();
	local_block_make(*state, &(struct local_block){.ulid = FIRST, .max_t_ms = 1000});
	local_block_make(*state, &(struct local_block){.ulid = SECOND, .max_t_ms = 1000});
	return 0;
}

static int tear_down(void **state)
{
	temp_dir_remove(*state);
	return 0;
}

static char *below(void **state, const char *name)
{
	return xasprintf("%s/%s", (const char *)*state, name);
}

static bool add_name(const struct bucket_entry *entry, void *arg, struct err *err)
{
	(void)err;
	return buf_printf(arg, "%.*s\n", STR_FMT(entry->name));
}

static void expect_listing(struct bucket *b, const char *prefix, const char *want)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;

	expect_ok(bucket_list(b, NULL, str_of(prefix), LIST_DIRECTORY, add_name, &out, &err), err);
	expect_str(buf_str(&out), want);
}

static void a_data_directory_shows_its_blocks_and_nothing_else(void **state)
{
	struct block_folders *f = block_folders_new();
	struct err err = ERR_INIT;
	char *wal auto_free(mem_free) = below(state, "wal");

	expect_ok(fs_mkdirs(wal, &err), err);
	expect_ok(block_folders_add_all(f, *state, &err), err);
	assert_int_equal(block_folders_count(f), 2);
	struct bucket *b auto_free(bucket_close) = block_folders_bucket(f);

	expect_listing(b, "", FIRST "/\n" SECOND "/\n");
	expect_listing(b, FIRST "/chunks", FIRST "/chunks/000001\n");
	expect_listing(b, "01M82TCRCVG0WXFBF1KSFDD8E9", "");
}

static void a_block_is_found_under_its_ulid_whatever_its_folder_is_called(void **state)
{
	struct block_folders *f = block_folders_new();
	char *from auto_free(mem_free) = below(state, FIRST),
		   *to auto_free(mem_free) = below(state, "copy");
	struct buf index auto_done(buf_done) = BUF_INIT(1000);
	struct object_attrs attrs;
	struct err err = ERR_INIT;

	expect_ok(fs_rename(from, to, &err), err);
	expect_ok(block_folders_add(f, to, &err), err);
	expect_ok(block_folders_add(f, to, &err), err);
	assert_int_equal(block_folders_count(f), 1);
	struct bucket *b auto_free(bucket_close) = block_folders_bucket(f);

	expect_listing(b, "", FIRST "/\n");
	expect_ok(bucket_attrs(b, NULL, STR(FIRST "/index"), &attrs, &err), err);
	expect_ok(bucket_get_bytes(b, NULL, STR(FIRST "/index"), 0, BUCKET_TO_END, &index, &err),
		  err);
	assert_int_equal(index.n, attrs.size_bytes);
	expect_err(bucket_attrs(b, NULL, STR(SECOND "/index"), &attrs, &err), err, ERR_NOT_FOUND,
		   SECOND "/index is in none of the folders");
	expect_err(bucket_get_bytes(b, NULL, STR("index"), 0, BUCKET_TO_END, &index, &err), err,
		   ERR_NOT_FOUND, "index is in none of the folders");
}

static void folders_without_a_block_are_refused(void **state)
{
	struct block_folders *f auto_free(block_folders_free) = block_folders_new();
	char *empty auto_free(mem_free) = below(state, "empty");
	struct err err = ERR_INIT;

	expect_ok(fs_mkdirs(empty, &err), err);
	expect_err(block_folders_add(f, empty, &err), err, ERR_NOT_FOUND, "empty/meta.json");
	expect_err(block_folders_add_all(f, empty, &err), err, ERR_NOT_FOUND, "no blocks in ");
	expect_err(block_folders_add_all(f, "/nosuch", &err), err, ERR_NOT_FOUND, "/nosuch");
}

static void nothing_can_be_written(void **state)
{
	struct bucket *b auto_free(bucket_close) = block_folders_bucket(block_folders_new());
	struct err err = ERR_INIT;
	(void)state;

	expect_err(bucket_put(b, NULL, STR("x"), PUT_REPLACE, &err), err, ERR_UNSUPPORTED,
		   "only read");
	expect_err(bucket_remove(b, NULL, STR("x"), &err), err, ERR_UNSUPPORTED, "only read");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	    TEST(a_data_directory_shows_its_blocks_and_nothing_else),
	    TEST(a_block_is_found_under_its_ulid_whatever_its_folder_is_called),
	    TEST(folders_without_a_block_are_refused),
	    TEST(nothing_can_be_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
