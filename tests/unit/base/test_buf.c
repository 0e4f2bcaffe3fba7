#include "base/buf.h"
#include "tests/lib/expect.h"

#include <stdlib.h>

static void what_is_appended_stands_in_order(void **state)
{
	struct buf b auto_done(buf_done) = BUF_INIT(100);
	(void)state;

	assert_true(buf_puts(&b, "a"));
	assert_true(buf_putc(&b, 'b'));
	assert_true(buf_append_str(&b, STR("cd")));
	assert_true(buf_printf(&b, "%d-%s", 7, "x"));
	assert_true(buf_append(&b, NULL, 0));

	expect_str(buf_str(&b), "abcd7-x");
	assert_string_equal(buf_cstr(&b), "abcd7-x");
}

static void appending_past_the_maximum_appends_nothing_from_then_on(void **state)
{
	struct buf b auto_done(buf_done) = BUF_INIT(5);
	(void)state;

	assert_true(buf_puts(&b, "abc"));
	assert_false(buf_puts(&b, "def"));
	assert_true(b.overflowed);
	assert_false(buf_puts(&b, "d"));
	expect_str(buf_str(&b), "abc");
	buf_clear(&b);
	assert_true(buf_puts(&b, "abcde"));
	expect_str(buf_str(&b), "abcde");
}

static void reserved_room_counts_when_it_has_grown(void **state)
{
	struct buf b auto_done(buf_done) = BUF_INIT(1000);
	(void)state;

	char *to = buf_reserve(&b, 500);
	memset(to, 'x', 500);
	assert_int_equal(b.n, 0);
	buf_grown(&b, 300);

	assert_int_equal(b.n, 300);
	assert_null(buf_reserve(&b, 701));
	assert_true(b.overflowed);
}

static void consuming_takes_from_the_front(void **state)
{
	struct buf b auto_done(buf_done) = BUF_INIT(100);
	(void)state;

	buf_puts(&b, "abcdef");
	buf_consume(&b, 0);
	buf_consume(&b, 4);

	expect_str(buf_str(&b), "ef");
}

static void memory_is_charged_and_given_back(void **state)
{
	struct tracker t;
	struct buf b;
	(void)state;
	tracker_init(&t, NULL, "test", "--limit", 0);
	buf_init(&b, 100000, &t);

	for (int i = 0; i < 10000; i++)
		buf_putc(&b, 'x');
	assert_int_equal(t.used_bytes, b.cap);
	assert_true(t.used_bytes >= 10000 && t.used_bytes <= 20002);
	buf_done(&b);

	assert_int_equal(t.used_bytes, 0);
}

static void stealing_leaves_an_empty_buffer(void **state)
{
	struct buf b auto_done(buf_done) = BUF_INIT(100);
	(void)state;

	char *nothing = buf_steal(&b);
	buf_puts(&b, "abc");
	char *text = buf_steal(&b);

	assert_string_equal(nothing, "");
	assert_string_equal(text, "abc");
	assert_int_equal(b.n, 0);
	assert_true(buf_puts(&b, "d"));
	free(nothing);
	free(text);
}

static void an_empty_buffer_is_an_empty_string(void **state)
{
	struct buf b auto_done(buf_done) = BUF_INIT(0);
	(void)state;

	assert_string_equal(buf_cstr(&b), "");
	assert_false(buf_putc(&b, 'x'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_appended_stands_in_order),
	    cmocka_unit_test(appending_past_the_maximum_appends_nothing_from_then_on),
	    cmocka_unit_test(reserved_room_counts_when_it_has_grown),
	    cmocka_unit_test(consuming_takes_from_the_front),
	    cmocka_unit_test(memory_is_charged_and_given_back),
	    cmocka_unit_test(stealing_leaves_an_empty_buffer),
	    cmocka_unit_test(an_empty_buffer_is_an_empty_string),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
