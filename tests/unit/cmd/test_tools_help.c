/* The help of `athanor compact` and of every command below `athanor tools`, as it is in
 * tests/golden/help/. A file is made anew by, for example:
 *
 *	COLUMNS=80 athanor tools query --help 2> tests/golden/help/tools_query.txt
 */
#include "base/alloc.h"
#include "base/fs.h"
#include "cmd/command_line.h"
#include "tests/lib/expect.h"

/* "tools_query.txt" of "tools query". */
static char *golden_path(const char *name)
{
	char *path = xasprintf("%s/help/%s.txt", TEST_DATA_DIR, name);

	for (char *p = path + strlen(path) - strlen(name) - 4; *p; p++)
		if (*p == ' ')
			*p = '_';
	return path;
}

/* athanor <words> --help */
static void append_help(struct buf *out, const char *name)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct flag_list argv = {0};
	struct str rest = str_of(name), word;
	struct command_line line;

	ARENA_PUSH(a, &argv, "athanor");
	while (rest.n > 0) {
		rest = str_split(rest, ' ', &word);
		ARENA_PUSH(a, &argv, arena_cstr(a, word));
	}
	ARENA_PUSH(a, &argv, "--help");
	command_line_parse(&line, commands_all(), (int)argv.n, argv.v, 80, out);
	assert_int_equal(line.exit_code, 0);
	command_line_done(&line);
}

static void tools_and_compactor_have_the_help_that_was_agreed_on(void **state)
{
	struct command_list all = commands_all();
	size_t n_checked = 0;
	(void)state;

	for (size_t i = 0; i < all.n; i++) {
		struct buf got auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
		struct buf want auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
		struct err err = ERR_INIT;
		const char *name = all.v[i]->name;
		if (!str_starts(str_of(name), STR("tools")) && strcmp(name, "compact") != 0)
			continue;
		char *path auto_free(mem_free) = golden_path(name);
		append_help(&got, name);
		expect_ok(fs_read(path, &want, &err), err);
		expect_str(buf_str(&got), buf_cstr(&want));
		n_checked++;
	}
	assert_true(n_checked >= 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tools_and_compactor_have_the_help_that_was_agreed_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
