#include "base/alloc.h"
#include "base/fs.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

static char *below(void **state, const char *name)
{
	return xasprintf("%s/%s", (char *)*state, name);
}

static void what_was_written_is_read_and_replaced_whole(void **state)
{
	char *path auto_free(mem_free) = below(state, "f");
	char *tmp auto_free(mem_free) = below(state, "f.tmp");
	struct buf got auto_done(buf_done) = BUF_INIT(100);
	struct err err = ERR_INIT;
	struct fs_info info;

	expect_ok(fs_write_atomic(path, STR("first and longer"), 0644, &err), err);
	expect_ok(fs_write_atomic(path, STR("second"), 0644, &err), err);

	expect_ok(fs_read(path, &got, &err), err);
	expect_str(buf_str(&got), "second");
	assert_false(fs_exists(tmp));
	expect_ok(fs_stat(path, &info, &err), err);
	assert_int_equal(info.kind, FS_FILE);
	assert_int_equal(info.size_bytes, 6);
	assert_true(info.modified_ms > INT64_C(1600000000000));
}

static void a_file_larger_than_its_limit_is_refused(void **state)
{
	char *path auto_free(mem_free) = below(state, "f");
	struct buf exact auto_done(buf_done) = BUF_INIT(6), small auto_done(buf_done) = BUF_INIT(5);
	struct err err = ERR_INIT;

	expect_ok(fs_write_atomic(path, STR("sixsix"), 0644, &err), err);

	expect_ok(fs_read(path, &exact, &err), err);
	expect_err(fs_read(path, &small, &err), err, ERR_LIMIT, "more than the 5 bytes allowed");
}

static void errors_name_the_path(void **state)
{
	char *path auto_free(mem_free) = below(state, "absent/f");
	struct buf got auto_done(buf_done) = BUF_INIT(5);
	struct err err = ERR_INIT;
	struct fs_names names;
	struct fs_info info;

	expect_err(fs_read(path, &got, &err), err, ERR_NOT_FOUND, "/absent/f: No such file");
	expect_err(fs_write_atomic(path, STR("x"), 0644, &err), err, ERR_NOT_FOUND,
		   "/absent/f.tmp: No such file");
	expect_err(fs_remove(path, &err), err, ERR_NOT_FOUND, "remove ");
	expect_err(fs_list(path, &names, &err), err, ERR_NOT_FOUND, "list ");
	expect_err(fs_stat(path, &info, &err), err, ERR_NOT_FOUND, "stat ");
	assert_false(fs_exists(path));
}

static void directories_are_made_with_their_parents(void **state)
{
	char *path auto_free(mem_free) = below(state, "a//b/c");
	char *file auto_free(mem_free) = below(state, "a/f");
	char *under_file auto_free(mem_free) = below(state, "a/f/g");
	struct err err = ERR_INIT;
	struct fs_info info;

	expect_ok(fs_mkdirs(path, &err), err);
	expect_ok(fs_mkdirs(path, &err), err);
	expect_ok(fs_stat(path, &info, &err), err);
	assert_int_equal(info.kind, FS_DIRECTORY);

	expect_ok(fs_write_atomic(file, STR(""), 0644, &err), err);
	expect_err(fs_mkdirs(under_file, &err), err, ERR_EXISTS, "create directory ");
}

static void removing_a_tree_does_not_follow_links(void **state)
{
	char *outside auto_free(mem_free) = below(state, "outside");
	char *kept auto_free(mem_free) = below(state, "outside/kept");
	char *deep auto_free(mem_free) = below(state, "tree/a/b");
	char *file auto_free(mem_free) = below(state, "tree/a/f");
	char *link auto_free(mem_free) = below(state, "tree/a/link");
	char *tree auto_free(mem_free) = below(state, "tree");
	struct err err = ERR_INIT;

	expect_ok(fs_mkdirs(outside, &err), err);
	expect_ok(fs_write_atomic(kept, STR("x"), 0644, &err), err);
	expect_ok(fs_mkdirs(deep, &err), err);
	expect_ok(fs_write_atomic(file, STR("x"), 0644, &err), err);
	assert_int_equal(symlink(outside, link), 0);

	expect_ok(fs_remove_tree(tree, &err), err);
	expect_ok(fs_remove_tree(tree, &err), err);

	assert_false(fs_exists(tree));
	assert_true(fs_exists(kept));
}

static void listings_are_in_order(void **state)
{
	static const char *const files[] = {"b", "a", "C", ".hidden"};
	struct err err = ERR_INIT;
	struct fs_names names;

	for (size_t i = 0; i < 4; i++) {
		char *path auto_free(mem_free) = below(state, files[i]);
		expect_ok(fs_write_atomic(path, STR(""), 0644, &err), err);
	}
	expect_ok(fs_list(*state, &names, &err), err);

	assert_int_equal(names.n, 4);
	assert_string_equal(names.v[0], ".hidden");
	assert_string_equal(names.v[1], "C");
	assert_string_equal(names.v[3], "b");
	fs_names_done(&names);
}

static void files_are_linked_and_renamed(void **state)
{
	char *a auto_free(mem_free) = below(state, "a"), *b auto_free(mem_free) = below(state, "b");
	char *c auto_free(mem_free) = below(state, "c");
	struct err err = ERR_INIT;
	struct stat st;

	expect_ok(fs_write_atomic(a, STR("x"), 0600, &err), err);
	expect_ok(fs_link(a, b, &err), err);
	assert_int_equal(stat(b, &st), 0);
	assert_int_equal(st.st_nlink, 2);
	assert_int_equal(st.st_mode & 0777, 0600);
	expect_err(fs_link(a, b, &err), err, ERR_EXISTS, "link ");
	expect_ok(fs_rename(b, c, &err), err);
	assert_true(fs_exists(c) && !fs_exists(b));
	expect_ok(fs_remove(c, &err), err);
	expect_ok(fs_sync_dir(*state, &err), err);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

static void a_path_is_cleaned_as_go_does(void **state)
{
	static const char *const cases[][2] = {
	    {"", "."},
	    {".", "."},
	    {"./", "."},
	    {"a", "a"},
	    {"./a", "a"},
	    {"a/", "a"},
	    {"a//b/./c", "a/b/c"},
	    {"a/../b", "b"},
	    {"a/b/../../c", "c"},
	    {"a/..", "."},
	    {"..", ".."},
	    {"../a", "../a"},
	    {"a/../../b", "../b"},
	    {"../../a", "../../a"},
	    {"/", "/"},
	    {"//a", "/a"},
	    {"/..", "/"},
	    {"/../a/..", "/"},
	    {"/a/../b/", "/b"},
	    {"a/..b/..", "a"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *clean = fs_clean_path(cases[i][0]);
		assert_string_equal(clean, cases[i][1]);
		free(clean);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_path_is_cleaned_as_go_does),
	    TEST(what_was_written_is_read_and_replaced_whole),
	    TEST(a_file_larger_than_its_limit_is_refused),
	    TEST(errors_name_the_path),
	    TEST(directories_are_made_with_their_parents),
	    TEST(removing_a_tree_does_not_follow_links),
	    TEST(listings_are_in_order),
	    TEST(files_are_linked_and_renamed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
