#include "tools/query_text.h"

#include "tests/lib/answer_text.h"
#include "tests/lib/expect.h"

typedef void write_fn(const struct query_answer *answer, struct buf *out);

static void expect_text(write_fn *write, const char *type, const char *result, const char *want)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct query_answer answer = answer_of(type, result, a);

	write(&answer, &out);
	expect_str(buf_str(&out), want);
}

#define VECTOR                                                                                     \
	"[{\"metric\":{\"__name__\":\"up\",\"job\":\"node\"},\"value\":[1700000000,\"1\"]},"       \
	"{\"metric\":{\"__name__\":\"up\",\"instance\":\"höst\"},\"value\":[1700000000,"          \
	"\"12.5\"]}]"

static void a_vector_is_a_table_of_labels_and_values(void **state)
{
	(void)state;
	expect_text(query_table_write, "vector", VECTOR,
		    "__name__  instance  job   value\n"
		    "up                  node      1\n"
		    "up        höst             12.5\n");
}

static void a_matrix_has_times_and_tells_each_series_once(void **state)
{
	(void)state;
	expect_text(query_table_write, "matrix",
		    "[{\"metric\":{\"a\":\"1\"},\"values\":[[0,\"1\"],[60.5,\"NaN\"]]},"
		    "{\"metric\":{\"a\":\"2\"},\"values\":[[0,\"-1\"]]}]",
		    "a  time                    value\n"
		    "1  1970-01-01T00:00:00Z        1\n"
		    "   1970-01-01T00:01:00.5Z    NaN\n"
		    "2  1970-01-01T00:00:00Z       -1\n");
}

static void a_scalar_and_a_string_stand_alone(void **state)
{
	(void)state;
	expect_text(query_table_write, "scalar", "[0,\"1e9\"]", "1000000000\n");
	expect_text(query_table_write, "string", "[0,\"a b\"]", "a b\n");
	expect_text(query_table_write, "string", "[0,\"a\\u0007\"]", "\"a\\a\"\n");
	expect_text(query_table_write, "vector", "[]", "");
}

static void a_terminal_gets_no_escapes_from_labels(void **state)
{
	(void)state;
	expect_text(query_table_write, "vector",
		    "[{\"metric\":{\"a\":\"x\\u001b[31m\\ny\"},\"value\":[0,\"1\"]}]",
		    "a               value\n"
		    "\"x\\x1b[31m\\ny\"      1\n");
}

static void csv_has_a_line_per_sample(void **state)
{
	(void)state;
	expect_text(query_csv_write, "vector", VECTOR,
		    "time,value,__name__,instance,job\n"
		    "2023-11-14T22:13:20.000Z,1,up,,node\n"
		    "2023-11-14T22:13:20.000Z,12.5,up,höst,\n");
	expect_text(query_csv_write, "matrix",
		    "[{\"metric\":{},\"values\":[[-0.5,\"1\"],[60.25,\"+Inf\"]]}]",
		    "time,value\n"
		    "1969-12-31T23:59:59.500Z,1\n"
		    "1970-01-01T00:01:00.250Z,+Inf\n");
	expect_text(query_csv_write, "scalar", "[0,\"1\"]",
		    "time,value\n1970-01-01T00:00:00.000Z,1\n");
	expect_text(query_csv_write, "vector", "[]", "time,value\n");
}

static void csv_quotes_what_would_break_a_field(void **state)
{
	(void)state;
	expect_text(
	    query_csv_write, "vector",
	    "[{\"metric\":{\"a,b\":\"say \\\"x\\\"\",\"c\":\"1\\n2\"},\"value\":[0,\"1\"]}]",
	    "time,value,\"a,b\",c\n"
	    "1970-01-01T00:00:00.000Z,1,\"say \"\"x\"\"\",\"1\n2\"\n");
	expect_text(query_csv_write, "vector",
		    "[{\"metric\":{},\"histogram\":[0,{\"count\":\"1\",\"sum\":\"2\"}]}]",
		    "time,value\n1970-01-01T00:00:00.000Z,\"{count:1, sum:2}\"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_vector_is_a_table_of_labels_and_values),
	    cmocka_unit_test(a_matrix_has_times_and_tells_each_series_once),
	    cmocka_unit_test(a_scalar_and_a_string_stand_alone),
	    cmocka_unit_test(a_terminal_gets_no_escapes_from_labels),
	    cmocka_unit_test(csv_has_a_line_per_sample),
	    cmocka_unit_test(csv_quotes_what_would_break_a_field),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
