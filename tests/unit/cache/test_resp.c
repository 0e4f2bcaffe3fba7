#include "cache/redis_answer.h"
#include "tests/lib/expect.h"

static enum read_result read_one(struct arena *a, const char *bytes, struct resp_item *item,
				 struct err *err)
{
	struct resp_reader r = {0};
	struct str in = str_of(bytes);

	return resp_read(&r, &in, a, item, err);
}

static void every_type_is_read(void **state)
{
	static const struct {
		const char *bytes;
		enum resp_type type;
		int64_t number;
		const char *text;
	} cases[] = {
	    {"+OK\r\n", RESP_SIMPLE, 0, "OK"},   {"-ERR no\r\n", RESP_ERROR, 0, "ERR no"},
	    {":-42\r\n", RESP_INTEGER, -42, ""}, {"$3\r\na\r\n\r\n", RESP_BULK, 0, "a\r\n"},
	    {"$0\r\n\r\n", RESP_BULK, 0, ""},    {"$-1\r\n", RESP_NIL, 0, ""},
	    {"*2\r\n", RESP_ARRAY, 2, ""},       {"*-1\r\n", RESP_NIL, -1, ""},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct resp_item item = {0};
		struct err err = ERR_INIT;
		assert_int_equal(read_one(a, cases[i].bytes, &item, &err), READ_DONE);
		assert_int_equal(item.type, cases[i].type);
		assert_int_equal(item.number, cases[i].number);
		expect_str(item.text, cases[i].text);
	}
}

static void what_breaks_the_protocol_is_named(void **state)
{
	static const struct {
		const char *bytes, *message;
	} cases[] = {
	    {"HTTP/1.1 400\r\n", "an item of an unknown type"},
	    {"\r\n", "an item of an unknown type"},
	    {"_\r\n", "an item of an unknown type"},
	    {"$x\r\n", "a length that is no number"},
	    {"$-2\r\n", "a negative length"},
	    {"$999999999999\r\n", "announces a value of 999999999999 bytes"},
	    {"*99999999\r\n", "an array of an impossible length"},
	    {"$1\r\nabc", "not as long as announced"},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct resp_item item;
		struct err err = ERR_INIT;
		assert_int_equal(read_one(a, cases[i].bytes, &item, &err), READ_BROKEN);
		if (err.code != ERR_CORRUPT || !strstr(err.msg, cases[i].message))
			fail_msg("got \"%s\", want \"%s\"", err.msg, cases[i].message);
	}
}

static void commands_are_written_as_arrays_of_bulks(void **state)
{
	struct buf b auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	resp_write_head(&b, 2);
	resp_write_part(&b, STR("GET"));
	resp_write_part(&b, STR(""));

	expect_str(buf_str(&b), "*2\r\n$3\r\nGET\r\n$0\r\n\r\n");
}

/* The answer to AUTH, SELECT and MGETs of two and one keys. */
static enum answer_progress read_answer(struct arena *a, const char *bytes, struct str values[3],
					struct redis_answer *r, struct err *err)
{
	*r = (struct redis_answer){
	    .n_plain = 2,
	    .n_greetings = 1,
	    .n_values = 3,
	    .batch_size = 2,
	    .values = values,
	    .a = a,
	};
	return redis_answer_read(r, str_of(bytes), err);
}

static void values_are_put_to_their_keys(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str values[3] = {0};
	struct redis_answer r;
	struct err err = ERR_INIT;
	(void)state;

	assert_int_equal(read_answer(a, "+OK\r\n+OK\r\n*2\r\n$1\r\nx\r\n$-1\r\n*1\r\n$0\r\n\r\n",
				     values, &r, &err),
			 ANSWER_WHOLE);

	expect_str(values[0], "x");
	assert_null(values[1].p);
	assert_true(values[2].p && values[2].n == 0);
	assert_int_equal(r.n_failed, 0);
}

static void an_error_costs_its_batch(void **state)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct str values[3] = {0};
	struct redis_answer r;
	struct err err = ERR_INIT;
	(void)state;

	assert_int_equal(read_answer(a, "+OK\r\n-ERR index\r\n-LOADING \a\r\n*1\r\n$1\r\nz\r\n",
				     values, &r, &err),
			 ANSWER_WHOLE);

	assert_int_equal(r.n_failed, 2);
	assert_string_equal(r.why.msg, "the server answered \"LOADING ?\"");
	assert_null(values[0].p);
	expect_str(values[2], "z");
}

static void answers_of_another_shape_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		enum err_code code;
	} cases[] = {
	    {"-WRONGPASS\r\n", ERR_INTERNAL},
	    {"+OK\r\n*0\r\n", ERR_CORRUPT},
	    {"+OK\r\n+OK\r\n*3\r\n", ERR_CORRUPT},
	    {"+OK\r\n+OK\r\n+OK\r\n", ERR_CORRUPT},
	    {"+OK\r\n+OK\r\n*2\r\n:1\r\n", ERR_CORRUPT},
	    {"+OK\r\n+OK\r\n*2\r\n$-1\r\n$-1\r\n*1\r\n$-1\r\n+OK\r\n", ERR_CORRUPT},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		struct str values[3] = {0};
		struct redis_answer r;
		struct err err = ERR_INIT;
		assert_int_equal(read_answer(a, cases[i].bytes, values, &r, &err), ANSWER_BROKEN);
		assert_int_equal(err.code, cases[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_type_is_read),
	    cmocka_unit_test(what_breaks_the_protocol_is_named),
	    cmocka_unit_test(commands_are_written_as_arrays_of_bulks),
	    cmocka_unit_test(values_are_put_to_their_keys),
	    cmocka_unit_test(an_error_costs_its_batch),
	    cmocka_unit_test(answers_of_another_shape_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
