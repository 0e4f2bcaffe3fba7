#include "cache/server_list.h"
#include "tests/lib/expect.h"
#include "tests/lib/tcp_script.h"

static const struct server_options options = {.max_idle = 2};

static struct server_list *list_of(const struct str *texts, size_t n, struct server_list *before)
{
	struct err err = ERR_INIT;
	struct server_list *l = server_list_new(texts, n, &options, before, &err);

	if (!l)
		fail_msg("%s", err.msg);
	return l;
}

static void servers_are_in_their_natural_order(void **state)
{
	const struct str texts[] = {STR("127.0.0.10:1"), STR("127.0.0.9:1"), STR("127.0.0.9:1"),
				    STR("/run/memcached.sock")};
	struct server_list *l auto_free(server_list_unref) = list_of(texts, 4, NULL);
	(void)state;

	assert_int_equal(server_list_length(l), 4);
	assert_string_equal(cache_server_address(server_list_at(l, 0)), "/run/memcached.sock");
	assert_string_equal(cache_server_address(server_list_at(l, 1)), "127.0.0.9:1");
	assert_string_equal(cache_server_address(server_list_at(l, 2)), "127.0.0.9:1");
	assert_string_equal(cache_server_address(server_list_at(l, 3)), "127.0.0.10:1");
}

static void a_server_of_the_list_before_is_taken_over(void **state)
{
	const struct str before[] = {STR("127.0.0.1:1"), STR("127.0.0.1:2")};
	const struct str after[] = {STR("127.0.0.1:2"), STR("127.0.0.1:3")};
	struct server_list *a auto_free(server_list_unref) = list_of(before, 2, NULL);
	struct server_list *b auto_free(server_list_unref) = list_of(after, 2, a);
	(void)state;

	assert_ptr_equal(server_list_at(b, 0), server_list_at(a, 1));
	assert_ptr_not_equal(server_list_at(b, 1), server_list_at(a, 0));
}

static void what_cannot_be_resolved_makes_no_list(void **state)
{
	const struct str texts[] = {STR("127.0.0.1:1"), STR("no-port")};
	struct err err = ERR_INIT;
	(void)state;

	expect_err(server_list_new(texts, 2, &options, NULL, &err) != NULL, err, ERR_INVALID,
		   "missing port in address");
}

static void talk(struct tcp_script_peer *p, void *arg)
{
	struct str line = tcp_script_line(p);

	(void)arg;
	if (str_is(line, "end"))
		return;
	tcp_script_say(p, STR("unasked"));
	tcp_script_line(p);
}

static struct wire *open_wire(struct cache_server *s)
{
	struct err err = ERR_INIT;
	struct wire *w = cache_server_take(s, &err);

	if (!w)
		fail_msg("%s", err.msg);
	while (wire_finish_opening(w, &err) == WIRE_AGAIN)
		;
	return w;
}

/* Sends a line, and waits until something comes of it. */
static void say(struct wire *w, const char *line)
{
	struct str rest = str_of(line);
	struct err err = ERR_INIT;

	assert_int_equal(wire_send(w, &rest, &err), WIRE_DONE);
	while (wire_is_quiet(w))
		;
}

static void only_connections_that_are_quiet_are_used_again(void **state)
{
	struct tcp_script tcp auto_done(tcp_script_stop);
	struct err err = ERR_INIT;
	(void)state;
	tcp_script_start(&tcp, talk, NULL);
	const struct str text = str_of(tcp.address);
	struct server_list *l auto_free(server_list_unref) = list_of(&text, 1, NULL);
	struct cache_server *s = server_list_at(l, 0);

	struct wire *good = open_wire(s), *ended = open_wire(s), *loud = open_wire(s);
	cache_server_give(s, good);
	assert_ptr_equal(cache_server_take(s, &err), good);
	say(ended, "end\n");
	say(loud, "talk\n");
	cache_server_give(s, ended);
	cache_server_give(s, loud);
	struct wire *fresh = open_wire(s);
	assert_false(wire_is_greeted(fresh));

	wire_close(fresh);
	cache_server_give(s, good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(servers_are_in_their_natural_order),
	    cmocka_unit_test(a_server_of_the_list_before_is_taken_over),
	    cmocka_unit_test(what_cannot_be_resolved_makes_no_list),
	    cmocka_unit_test(only_connections_that_are_quiet_are_used_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
