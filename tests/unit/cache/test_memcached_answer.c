#include "cache/memcached_answer.h"
#include "cache/memcached_cluster.h"
#include "tests/lib/expect.h"

static const struct str keys[] = {{"a", 1}, {"b", 1}, {"c", 1}};

static void expect_broken(const char *answer, enum err_code code, const char *message)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str values[3] = {0};
	struct memcached_get g = {
	    .keys = keys, .n_keys = 3, .n_commands = 1, .values = values, .a = a};
	struct err err = ERR_INIT;

	assert_int_equal(memcached_get_read(&g, str_of(answer), &err), ANSWER_BROKEN);
	assert_int_equal(err.code, code);
	if (!strstr(err.msg, message))
		fail_msg("got \"%s\", want \"%s\"", err.msg, message);
}

static void values_are_read_in_any_order(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str values[3] = {0};
	struct memcached_get g = {
	    .keys = keys, .n_keys = 3, .n_commands = 2, .values = values, .a = a};
	struct err err = ERR_INIT;
	(void)state;

	assert_int_equal(memcached_get_read(&g, STR("VALUE c 0 2\r\nxy\r\nEND\r\n"), &err),
			 ANSWER_PART);
	assert_int_equal(memcached_get_read(&g, STR("VALUE a 7 0 99\r\n\r\nEN"), &err),
			 ANSWER_MORE);
	assert_int_equal(memcached_get_read(&g, STR("D\r\n"), &err), ANSWER_WHOLE);

	expect_str(values[2], "xy");
	assert_true(values[0].p && values[0].n == 0);
	assert_null(values[1].p);
	assert_int_equal(g.n_hits, 2);
	assert_int_equal(g.n_hit_bytes, 2);
}

static void what_breaks_the_protocol_is_named(void **state)
{
	char long_line[ANSWER_LINE_MAX + 10];
	(void)state;
	memset(long_line, 'x', sizeof(long_line) - 1);
	long_line[sizeof(long_line) - 1] = '\0';

	expect_broken("VALUE a 0 3\r\nabcd\r\nEND\r\n", ERR_CORRUPT, "not as long as announced");
	expect_broken("VALUE a 0 -1\r\n", ERR_CORRUPT, "unexpected answer \"VALUE a 0 -1\"");
	expect_broken("VALUE a 0 999999999999\r\n", ERR_CORRUPT,
		      "announces a value of 999999999999 bytes, allowed are 268435456");
	expect_broken("VALUE d 0 1\r\n1\r\n", ERR_CORRUPT, "was not asked for: \"VALUE d 0 1\"");
	expect_broken("VALUE a 0 1\r\n1\r\nVALUE a 0 1\r\n1\r\n", ERR_CORRUPT, "was not asked for");
	expect_broken("END\n", ERR_CORRUPT, "does not end with \\r\\n");
	expect_broken("END\r\nmore", ERR_CORRUPT, "bytes behind the end");
	expect_broken("SERVER_ERROR \x1b[31m\r\n", ERR_INTERNAL,
		      "the server answered \"SERVER_ERROR ?[31m\"");
	expect_broken(long_line, ERR_CORRUPT, "a line that is too long");
}

static void memory_of_the_request_is_the_limit(void **state)
{
	struct tracker limit;
	struct str values[3] = {0};
	struct err err = ERR_INIT;
	(void)state;
	tracker_init(&limit, NULL, "query", "--the.limit", 1 << 20);
	struct arena *a = arena_new(&limit);
	struct memcached_get g = {
	    .keys = keys, .n_keys = 3, .n_commands = 1, .values = values, .a = a};

	assert_int_equal(memcached_get_read(&g, STR("VALUE a 0 2000000\r\n"), &err), ANSWER_BROKEN);
	assert_int_equal(err.code, ERR_LIMIT);
	arena_free(a);
	tracker_done(&limit);
}

static void a_set_is_stored_or_not(void **state)
{
	static const struct {
		const char *answer;
		enum answer_progress progress;
		enum err_code code;
	} cases[] = {
	    {"STORED\r\n", ANSWER_WHOLE, ERR_OK},
	    {"STOR", ANSWER_MORE, ERR_OK},
	    {"NOT_STORED\r\n", ANSWER_WHOLE, ERR_CORRUPT},
	    {"SERVER_ERROR object too large for cache\r\n", ANSWER_WHOLE, ERR_INTERNAL},
	    {"CLIENT_ERROR bad data chunk\r\n", ANSWER_BROKEN, ERR_INTERNAL},
	    {"ERROR\r\n", ANSWER_BROKEN, ERR_INTERNAL},
	    {"STORED\r\nSTORED\r\n", ANSWER_BROKEN, ERR_OK},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct memcached_set s = {0};
		struct err err = ERR_INIT;
		assert_int_equal(memcached_set_read(&s, str_of(cases[i].answer), &err),
				 cases[i].progress);
		assert_int_equal(s.why.code, cases[i].code);
		assert_int_equal(s.is_stored, i == 0);
	}
}

static void nodes_of_a_cluster_are_read(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct memcached_nodes nodes;
	struct err err = ERR_INIT;
	(void)state;

	expect_ok(memcached_nodes_parse(STR("12\nhost-1|10.0.0.1|11211 host-2||11212\n"), a, &nodes,
					&err),
		  err);
	assert_int_equal(nodes.version, 12);
	assert_int_equal(nodes.n, 2);
	expect_str(nodes.v[0], "host-1:11211");
	expect_str(nodes.v[1], "host-2:11212");

	expect_err(memcached_nodes_parse(STR("12\n"), a, &nodes, &err), err, ERR_CORRUPT,
		   "not on two lines");
	expect_err(memcached_nodes_parse(STR("x\na|b|1\n"), a, &nodes, &err), err, ERR_CORRUPT,
		   "version \"x\" is no number");
	expect_err(memcached_nodes_parse(STR("1\na|b\n"), a, &nodes, &err), err, ERR_CORRUPT,
		   "node \"a|b\" is not of the form host|ip|port");
	expect_err(memcached_nodes_parse(STR("1\na|b|70000\n"), a, &nodes, &err), err, ERR_CORRUPT,
		   "node");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_are_read_in_any_order),
	    cmocka_unit_test(what_breaks_the_protocol_is_named),
	    cmocka_unit_test(memory_of_the_request_is_the_limit),
	    cmocka_unit_test(a_set_is_stored_or_not),
	    cmocka_unit_test(nodes_of_a_cluster_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
