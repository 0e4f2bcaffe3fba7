#include "fleet/active_query_file.h"

#include "base/fs.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

#include <stdio.h>

struct place {
	char *dir;
	struct buf unfinished;
	struct err err;
};

static int set_up(void **state)
{
	static struct place p;

	p = (struct place){.unfinished = BUF_INIT(BUF_TEXT_MAX), .err = ERR_INIT};
	p.dir = temp_dir_new();
	*state = &p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	buf_done(&p->unfinished);
	temp_dir_remove(p->dir);
	return 0;
}

static struct active_query_file *open_file(struct place *p, unsigned max_queries)
{
	char dir[256];

	snprintf(dir, sizeof(dir), "%s/a/b", p->dir);
	buf_clear(&p->unfinished);
	struct active_query_file *f =
	    active_query_file_open(dir, max_queries, &p->unfinished, &p->err);
	if (!f)
		fail_msg("%s", p->err.msg);
	return f;
}

/* The file as a new process finds it. */
static struct str read_file(struct place *p, struct buf *out)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/a/b/queries.active", p->dir);
	buf_clear(out);
	expect_ok(fs_read(path, out, &p->err), p->err);
	return buf_str(out);
}

static void a_query_is_in_the_file_while_it_runs(void **state)
{
	struct place *p = *state;
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 20);
	static const char entry[] = "{\"query\":\"a \\u003c b\",\"timestamp_sec\":12}";

	struct active_query_file *f = open_file(p, 2);
	assert_int_equal(active_query_file_put(f, STR("up"), 11), 0);
	assert_int_equal(active_query_file_put(f, STR("a < b"), 12), 1);
	assert_int_equal(active_query_file_put(f, STR("third"), 13), ACTIVE_QUERY_NO_SLOT);
	struct str all = read_file(p, &bytes);
	assert_int_equal(all.n, 2001);
	assert_int_equal(all.p[0], '[');
	assert_memory_equal(all.p + 1001, entry, sizeof(entry));
	assert_int_equal(all.p[2000], ',');

	active_query_file_clear(f, 1);
	all = read_file(p, &bytes);
	for (size_t i = 1001; i < all.n; i++)
		assert_int_equal(all.p[i], 0);
	assert_int_equal(active_query_file_put(f, STR("third"), 13), 1);
	active_query_file_close(f);
}

static void what_did_not_finish_is_told_at_the_next_start(void **state)
{
	struct place *p = *state;

	struct active_query_file *f = open_file(p, 3);
	assert_int_equal(p->unfinished.n, 0);
	int first = active_query_file_put(f, STR("a"), 1);
	active_query_file_put(f, STR("b"), 2);
	active_query_file_put(f, STR("c"), 3);
	active_query_file_clear(f, first);
	active_query_file_close(f);

	f = open_file(p, 1);
	expect_str(buf_str(&p->unfinished), "[{\"query\":\"b\",\"timestamp_sec\":2},"
					    "{\"query\":\"c\",\"timestamp_sec\":3}]");
	active_query_file_close(f);
	f = open_file(p, 1);
	assert_int_equal(p->unfinished.n, 0);
	active_query_file_close(f);
}

static void a_long_query_is_cut_where_a_character_ends(void **state)
{
	static const char *const repeated[] = {"x",  "\xc3\xa4",         "<",
					       "\"", "\xf0\x9f\x94\xa5", "\xff"};
	struct place *p = *state;
	struct buf bytes auto_done(buf_done) = BUF_INIT(1 << 20);

	for (size_t i = 0; i < sizeof(repeated) / sizeof(*repeated); i++) {
		struct buf query auto_done(buf_done) = BUF_INIT(1 << 20);
		while (query.n < 3000)
			buf_puts(&query, repeated[i]);
		struct active_query_file *f = open_file(p, 2);
		assert_int_equal(active_query_file_put(f, buf_str(&query), 1234567890), 0);
		struct str all = read_file(p, &bytes);
		assert_int_equal(all.p[1000], ',');
		assert_int_equal(all.p[1001], 0);
		/* As much of it as there is room for: an escape takes six bytes. */
		size_t n = strnlen(all.p + 1, 999);
		assert_in_range(n, 993, 999);
		assert_memory_equal(all.p + 1 + n - 29, "\",\"timestamp_sec\":1234567890}", 29);
		active_query_file_close(f);
	}
}

static void a_directory_that_cannot_be_made_is_an_error(void **state)
{
	struct place *p = *state;

	assert_null(active_query_file_open("/dev/null/x", 1, &p->unfinished, &p->err));
	assert_non_null(strstr(p->err.msg, "/dev/null"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_query_is_in_the_file_while_it_runs, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(what_did_not_finish_is_told_at_the_next_start, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(a_long_query_is_cut_where_a_character_ends, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_made_is_an_error, set_up,
					    tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
