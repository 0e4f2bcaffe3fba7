#include "codec/json_writer.h"

#include "base/cleanup.h"
#include "tests/lib/expect.h"

#include <math.h>

static void write_sample_document(struct json_writer *w)
{
	json_begin_object(w);
	json_key(w, "version");
	json_put_i64(w, 1);
	json_key(w, "empty");
	json_begin_array(w);
	json_end_array(w);
	json_key(w, "stats");
	json_begin_object(w);
	json_key(w, "numSamples");
	json_put_u64(w, UINT64_MAX);
	json_key(w, "nothing");
	json_begin_object(w);
	json_end_object(w);
	json_end_object(w);
	json_key(w, "list");
	json_begin_array(w);
	json_put_cstr(w, "a");
	json_put_bool(w, true);
	json_put_null(w);
	json_end_array(w);
	json_end_object(w);
}

static void values_are_separated_by_commas(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(1000);
	struct json_writer w;
	(void)state;

	json_writer_init(&w, &out, JSON_ESCAPE_HTML);
	write_sample_document(&w);

	expect_str(buf_str(&out),
		   "{\"version\":1,\"empty\":[],\"stats\":{\"numSamples\":18446744073709551615,"
		   "\"nothing\":{}},\"list\":[\"a\",true,null]}");
}

static void indenting_breaks_lines_as_go_does(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(1000);
	struct json_writer w;
	(void)state;

	json_writer_init(&w, &out, JSON_ESCAPE_HTML);
	json_writer_set_indent(&w, "\t");
	write_sample_document(&w);

	expect_str(buf_str(&out), "{\n"
				  "\t\"version\": 1,\n"
				  "\t\"empty\": [],\n"
				  "\t\"stats\": {\n"
				  "\t\t\"numSamples\": 18446744073709551615,\n"
				  "\t\t\"nothing\": {}\n"
				  "\t},\n"
				  "\t\"list\": [\n"
				  "\t\t\"a\",\n"
				  "\t\ttrue,\n"
				  "\t\tnull\n"
				  "\t]\n"
				  "}");
}

static void expect_quoted(struct str s, enum json_escape escape, const char *want)
{
	struct buf out auto_done(buf_done) = BUF_INIT(1000);
	json_quote(&out, s, escape);
	expect_str(buf_str(&out), want);
}

static void the_least_is_escaped_where_that_is_asked_for(void **state)
{
	(void)state;

	expect_quoted(STR("a\"b\\c<&>\n\r\t\x7f"), JSON_ESCAPE_LEAST,
		      "\"a\\\"b\\\\c<&>\\n\\r\\t\x7f\"");
	expect_quoted(STR("\b\f\x01"), JSON_ESCAPE_LEAST, "\"\\u0008\\u000c\\u0001\"");
	expect_quoted(STR("\xff\xc3\xa4\xe2\x80\xa8"), JSON_ESCAPE_LEAST,
		      "\"\xff\xc3\xa4\xe2\x80\xa8\"");
}

static void strings_are_escaped_as_go_does(void **state)
{
	(void)state;

	expect_quoted(STR("plain"), JSON_ESCAPE_HTML, "\"plain\"");
	expect_quoted(STR(""), JSON_ESCAPE_HTML, "\"\"");
	expect_quoted(STR("a\"b\\c/"), JSON_ESCAPE_HTML, "\"a\\\"b\\\\c/\"");
	expect_quoted(STR("\n\r\t\b\f\x01\x1f\x7f"), JSON_ESCAPE_HTML,
		      "\"\\n\\r\\t\\b\\f\\u0001\\u001f\x7f\"");
	expect_quoted(str_from("\0", 1), JSON_ESCAPE_HTML, "\"\\u0000\"");
	expect_quoted(STR("a<b>&c"), JSON_ESCAPE_HTML, "\"a\\u003cb\\u003e\\u0026c\"");
	expect_quoted(STR("a<b>&c"), JSON_ESCAPE_PLAIN, "\"a<b>&c\"");
	expect_quoted(STR("h\xc3\xa9 \xe4\xb8\x96 \xf0\x9f\x98\x80"), JSON_ESCAPE_HTML,
		      "\"h\xc3\xa9 \xe4\xb8\x96 \xf0\x9f\x98\x80\"");
	expect_quoted(STR("\xe2\x80\xa8\xe2\x80\xa9"), JSON_ESCAPE_PLAIN, "\"\\u2028\\u2029\"");
	expect_quoted(STR("a\xff\xc3z\xed\xa0\x80"), JSON_ESCAPE_HTML,
		      "\"a\\ufffd\\ufffdz\\ufffd\\ufffd\\ufffd\"");
}

static void numbers_are_written_as_go_does(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(1000);
	struct json_writer w;
	(void)state;

	json_writer_init(&w, &out, JSON_ESCAPE_HTML);
	json_begin_array(&w);
	json_put_i64(&w, INT64_MIN);
	json_put_i64(&w, 0);
	json_put_f64(&w, 0.5);
	json_put_f64(&w, 1e-7);
	json_put_f64(&w, 1e21);
	json_put_f64(&w, 123456789);
	json_put_f64(&w, NAN);
	json_end_array(&w);

	expect_str(buf_str(&out), "[-9223372036854775808,0,0.5,1e-7,1e+21,123456789,null]");
}

static void samples_and_times_are_written_as_prometheus_does(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(1000);
	struct json_writer w;
	(void)state;

	json_writer_init(&w, &out, JSON_ESCAPE_HTML);
	json_begin_array(&w);
	json_put_time_ms(&w, 1435781451781);
	json_put_sample(&w, 1);
	json_put_time_ms(&w, 1500);
	json_put_sample(&w, 1e-7);
	json_put_time_ms(&w, -1500);
	json_put_sample(&w, -1e21);
	json_put_time_ms(&w, 2000);
	json_put_sample(&w, NAN);
	json_put_time_ms(&w, -7);
	json_put_sample(&w, -INFINITY);
	json_put_sample(&w, -0.0);
	json_put_sample(&w, 123456789012345680000.0);
	json_end_array(&w);

	expect_str(buf_str(&out),
		   "[1435781451.781,\"1\",1.500,\"1e-07\",-1.500,\"-1e+21\",2,\"NaN\","
		   "-0.007,\"-Inf\",\"-0\",\"123456789012345680000\"]");
}

struct counting_sink {
	struct byte_sink base; /* first, so that the two pointers convert */
	struct buf all;
	int n_writes;
	bool broken;
};

static bool counting_write(struct byte_sink *base, const void *p, size_t n, struct err *err)
{
	struct counting_sink *sink = (struct counting_sink *)base;
	sink->n_writes++;
	if (sink->broken)
		return err_set(err, ERR_UNAVAILABLE, "the client has gone away");
	return buf_append(&sink->all, p, n);
}

static void a_long_text_passes_through_a_small_buffer(void **state)
{
	struct counting_sink sink = {.base.write = counting_write, .all = BUF_INIT(1 << 20)};
	struct buf stage auto_done(buf_done) = BUF_INIT(300);
	struct json_writer w;
	struct err err = ERR_INIT;
	(void)state;

	json_writer_init(&w, &stage, JSON_ESCAPE_HTML);
	json_writer_set_sink(&w, &sink.base, 200);
	json_begin_array(&w);
	for (int i = 0; i < 1000; i++)
		json_put_i64(&w, i);
	json_end_array(&w);
	expect_ok(json_writer_flush(&w, &err), err);

	assert_int_equal(sink.all.n, 10 + 90 * 2 + 900 * 3 + 999 + 2);
	assert_true(sink.n_writes > 10);
	buf_done(&sink.all);
}

static void a_sink_that_fails_is_asked_once(void **state)
{
	struct counting_sink sink = {.base.write = counting_write, .broken = true};
	struct buf stage auto_done(buf_done) = BUF_INIT(300);
	struct json_writer w;
	struct err err = ERR_INIT;
	(void)state;

	json_writer_init(&w, &stage, JSON_ESCAPE_HTML);
	json_writer_set_sink(&w, &sink.base, 10);
	json_begin_array(&w);
	for (int i = 0; i < 1000; i++)
		json_put_i64(&w, i);
	json_end_array(&w);

	expect_err(json_writer_flush(&w, &err), err, ERR_UNAVAILABLE, "the client has gone away");
	assert_int_equal(sink.n_writes, 1);
}

static void a_text_longer_than_its_maximum_is_told_at_the_end(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(10);
	struct json_writer w;
	struct err err = ERR_INIT;
	(void)state;

	json_writer_init(&w, &out, JSON_ESCAPE_HTML);
	json_put_cstr(&w, "hello, world");

	expect_err(json_writer_flush(&w, &err), err, ERR_LIMIT, "longer than 10 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_are_separated_by_commas),
	    cmocka_unit_test(indenting_breaks_lines_as_go_does),
	    cmocka_unit_test(strings_are_escaped_as_go_does),
	    cmocka_unit_test(the_least_is_escaped_where_that_is_asked_for),
	    cmocka_unit_test(numbers_are_written_as_go_does),
	    cmocka_unit_test(samples_and_times_are_written_as_prometheus_does),
	    cmocka_unit_test(a_long_text_passes_through_a_small_buffer),
	    cmocka_unit_test(a_sink_that_fails_is_asked_once),
	    cmocka_unit_test(a_text_longer_than_its_maximum_is_told_at_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
