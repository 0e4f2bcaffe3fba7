#include "base/log.h"
#include "tests/lib/expect.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* A pipe whose reading end is emptied into `text`. */
struct sink {
	int fds[2];
	char text[65536];
};

static int set_up(void **state)
{
	static struct sink s;

	*state = &s;
	return pipe2(s.fds, O_NONBLOCK);
}

static int tear_down(void **state)
{
	struct sink *s = *state;
	close(s->fds[0]);
	close(s->fds[1]);
	return 0;
}

static const char *written(struct sink *s)
{
	ssize_t n = read(s->fds[0], s->text, sizeof(s->text) - 1);
	s->text[n > 0 ? n : 0] = '\0';
	return s->text;
}

static struct logger *logger_to(struct sink *s, enum log_level level, enum log_format format,
				const char *name)
{
	return logger_new(&(struct logger_options){s->fds[1], level, format, name});
}

/* The line behind "ts=<time> caller=<file>:<line> ". */
static const char *behind_caller(const char *line)
{
	int n = 0;
	int month;

	if (sscanf(line, "ts=%*4d-%2d-%*dT%*d:%*d:%*fZ caller=test_log.c:%*d %n", &month, &n) < 1 ||
	    n == 0)
		fail_msg("no time and caller in front: %s", line);
	return line + n;
}

static void a_line_has_time_caller_level_fields_and_message(void **state)
{
	struct logger *lg auto_free(logger_free) =
	    logger_to(*state, LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, NULL);
	struct err err = ERR_INIT;
	err_set(&err, ERR_INTERNAL, "open x: denied");

	log_info(lg, "listening on all", LOG_STR("addr", "1.2.3.4:5"), LOG_INT("n", -3),
		 LOG_UINT("u", UINT64_MAX), LOG_FLOAT("f", 1e6), LOG_BOOL("b", true),
		 LOG_DURATION_MS("took", 1500), LOG_TIME_MS("at", 0), LOG_ERR(&err));

	assert_string_equal(behind_caller(written(*state)),
			    "level=info msg=\"listening on all\" addr=1.2.3.4:5 n=-3 "
			    "u=18446744073709551615 f=1e+06 b=true took=1.5s "
			    "at=1970-01-01T00:00:00Z err=\"open x: denied\"\n");
}

static void values_are_quoted_where_logfmt_needs_it(void **state)
{
	struct logger *lg auto_free(logger_free) =
	    logger_to(*state, LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, NULL);

	log_info(lg, "m", LOG_STR("a", ""), LOG_STR("b", "x=y"), LOG_STR("c", "\"\\\n\t\x01"),
		 LOG_STR("d", NULL), LOG_STR("e", "null"), LOG_STR("f", "\xff"),
		 LOG_STR("g", "\xc3\xa9\\"), LOG_STR("k e=y", "v"),
		 LOG_BYTES("h", str_from("ab", 1)));

	assert_string_equal(behind_caller(written(*state)),
			    "level=info msg=m a= b=\"x=y\" c=\"\\\"\\\\\\n\\t\\u0001\" d=null "
			    "e=\"null\" f=\"\\ufffd\" g=\xc3\xa9\\ key=v h=a\n");
}

static void levels_below_the_chosen_one_are_silent(void **state)
{
	struct logger *lg auto_free(logger_free) =
	    logger_to(*state, LOG_LEVEL_WARN, LOG_FORMAT_LOGFMT, NULL);

	log_debug(lg, "d");
	log_info(lg, "i");
	assert_string_equal(written(*state), "");
	log_warn(lg, "w");
	assert_string_equal(behind_caller(written(*state)), "level=warn msg=w\n");
	log_error(lg, "e");
	assert_string_equal(behind_caller(written(*state)), "level=error msg=e\n");
	assert_false(logger_enabled(lg, LOG_LEVEL_INFO));
	log_error((struct logger *)NULL, "nobody listens");
}

static void children_put_their_fields_behind_their_parents(void **state)
{
	struct logger *lg auto_free(logger_free) =
	    logger_to(*state, LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, "replica-1");
	char component[] = "query";
	struct logger *child auto_free(logger_free) =
	    logger_with(lg, LOG_STR("component", component));
	struct logger *grandchild auto_free(logger_free) =
	    logger_with(child, LOG_INT("shard", 3), LOG_STR("x", "y"));
	component[0] = 'X'; /* it was copied */

	log_info(grandchild, "m", LOG_INT("n", 1));

	assert_string_equal(behind_caller(written(*state)),
			    "level=info name=replica-1 component=query shard=3 x=y msg=m n=1\n");
	assert_null(logger_with((struct logger *)NULL, LOG_INT("n", 1)));
}

static void last_words_may_be_an_error_alone(void **state)
{
	struct logger *lg auto_free(logger_free) =
	    logger_to(*state, LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, NULL);

	log_error(lg, NULL, LOG_STR("err", "query command failed"));

	assert_string_equal(behind_caller(written(*state)),
			    "level=error err=\"query command failed\"\n");
}

static void json_lines_have_their_keys_in_order_and_once(void **state)
{
	struct logger *lg auto_free(logger_free) =
	    logger_to(*state, LOG_LEVEL_INFO, LOG_FORMAT_JSON, NULL);

	log_info(lg, "a \"b\"\b\xff\xe2\x80\xa8<", LOG_INT("z", 1), LOG_INT("b", 1),
		 LOG_STR("b", "2"), LOG_STR("n", NULL), LOG_FLOAT("f", 0.5), LOG_FLOAT("g", NAN),
		 LOG_DURATION_NS("d", 1));
	const char *line = written(*state);

	assert_memory_equal(line, "{\"b\":\"2\",\"caller\":\"test_log.c:", 30);
	const char *rest = strstr(line, "\"d\"");
	const char *time = strstr(line, ",\"ts\":\"");
	assert_non_null(time);
	assert_memory_equal(rest,
			    "\"d\":\"1ns\",\"f\":0.5,\"g\":\"NaN\",\"level\":\"info\",\"msg\":\"a "
			    "\\\"b\\\"\\b\\ufffd\\u2028<\",\"n\":null,\"ts\":\"",
			    time - rest);
	assert_string_equal(strstr(line, "Z\""), "Z\",\"z\":1}\n");
}

static void the_journal_gets_fields_with_thanos_names(void **state)
{
	int fds[2];
	char got[1000] = "";
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
	struct logger *lg auto_free(logger_free) =
	    logger_new(&(struct logger_options){fds[0], LOG_LEVEL_INFO, LOG_FORMAT_JOURNALD, NULL});

	log_error(lg, NULL, LOG_STR("err", "it\nfailed"), LOG_INT("block.id", 7));
	ssize_t n = recv(fds[1], got, sizeof(got), 0);
	struct str s = str_from(got, (size_t)n);

	static const char err_field[] = "THANOS_ERR\n\x09\0\0\0\0\0\0\0it\nfailed\n";
	static const char id_field[] = "THANOS_BLOCK_ID\n\x01\0\0\0\0\0\0\0"
				       "7\n";
	static const char message[] = "MESSAGE\n\x09\0\0\0\0\0\0\0it\nfailed\n";
	assert_true(str_find(s, STR("PRIORITY=3\n")) < s.n);
	assert_true(str_find(s, str_from(err_field, sizeof(err_field) - 1)) < s.n);
	assert_true(str_find(s, str_from(id_field, sizeof(id_field) - 1)) < s.n);
	assert_true(str_ends(s, str_from(message, sizeof(message) - 1)));
	close(fds[0]);
	close(fds[1]);
}

static void *log_many(void *lg)
{
	for (int i = 0; i < 100; i++)
		log_info((struct logger *)lg, "0123456789 0123456789", LOG_INT("i", i));
	return NULL;
}

static void lines_of_many_threads_stay_whole(void **state)
{
	struct sink *s = *state;
	struct logger *lg auto_free(logger_free) =
	    logger_to(s, LOG_LEVEL_INFO, LOG_FORMAT_LOGFMT, NULL);
	pthread_t threads[4];
	size_t n_lines = 0;

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, log_many, lg);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);

	struct str line, left = str_of(written(s));
	for (; left.n; n_lines++) {
		left = str_split(left, '\n', &line);
		assert_true(str_starts(line, STR("ts=")));
		assert_true(str_find(line, STR(" msg=\"0123456789 0123456789\" i=")) < line.n);
	}
	assert_int_equal(n_lines, 400);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_line_has_time_caller_level_fields_and_message),
	    TEST(values_are_quoted_where_logfmt_needs_it),
	    TEST(levels_below_the_chosen_one_are_silent),
	    TEST(children_put_their_fields_behind_their_parents),
	    TEST(last_words_may_be_an_error_alone),
	    TEST(json_lines_have_their_keys_in_order_and_once),
	    TEST(the_journal_gets_fields_with_thanos_names),
	    TEST(lines_of_many_threads_stay_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
