#include "base/crash.h"
#include "base/version.h"
#include "tests/lib/child.h"
#include "tests/lib/expect.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void crash_within_a_query(void)
{
	crash_handler_install();
	int done = crash_note_begin("query 1", "up");
	crash_note_begin("query 2", "sum(rate(x[5m]))");
	crash_note_end(done);
	raise(SIGSEGV);
}

static void a_crash_names_version_build_and_active_queries(void **state)
{
	struct buf said auto_done(buf_done) = BUF_INIT(100000);
	(void)state;

	struct child_end end = child_run(crash_within_a_query, &said);
	const char *text = buf_cstr(&said);

	assert_int_equal(end.signal, SIGSEGV);
	assert_non_null(strstr(text, "\nathanor crashed: segmentation fault\nversion "));
	assert_non_null(strstr(text, version_string()));
	assert_non_null(strstr(text, ", build id "));
	assert_null(strstr(text, "build id unknown"));
	assert_non_null(strstr(text, "\nactive: query 2: sum(rate(x[5m]))\n"));
	assert_null(strstr(text, "query 1"));
	assert_non_null(strstr(text, "(+0x")); /* a frame of the backtrace */
}

static void fail_an_assertion(void)
{
	crash_handler_install();
	assert(getpid() == 0);
}

static void a_failed_assertion_is_reported_too(void **state)
{
	struct buf said auto_done(buf_done) = BUF_INIT(100000);
	(void)state;

	assert_int_equal(child_run(fail_an_assertion, &said).signal, SIGABRT);
	assert_non_null(strstr(buf_cstr(&said), "getpid() == 0"));
	assert_non_null(strstr(buf_cstr(&said), "athanor crashed: abort"));
}

static void write_to_nobody(void)
{
	int fds[2];

	crash_handler_install();
	if (pipe(fds) != 0)
		_exit(1);
	close(fds[0]);
	_exit(write(fds[1], "x", 1) == -1 ? 7 : 8);
}

static void writing_to_a_closed_pipe_is_no_reason_to_die(void **state)
{
	struct buf said auto_done(buf_done) = BUF_INIT(100000);
	(void)state;

	assert_int_equal(child_run(write_to_nobody, &said).exit_code, 7);
}

static void more_work_than_places_is_not_announced(void **state)
{
	int notes[100], n_taken = 0;
	(void)state;

	for (int i = 0; i < 100; i++) {
		notes[i] = crash_note_begin("query", "x");
		n_taken += notes[i] >= 0;
	}
	for (int i = 0; i < 100; i++)
		crash_note_end(notes[i]);

	assert_in_range(n_taken, 1, 99);
	int again = crash_note_begin("query", "x");
	assert_true(again >= 0);
	crash_note_end(again);
}

static void the_limit_of_open_files_is_raised_as_far_as_it_goes(void **state)
{
	(void)state;

	size_t limit = crash_raise_file_limit();

	assert_true(limit > 0);
	assert_int_equal(crash_raise_file_limit(), limit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_crash_names_version_build_and_active_queries),
	    cmocka_unit_test(a_failed_assertion_is_reported_too),
	    cmocka_unit_test(writing_to_a_closed_pipe_is_no_reason_to_die),
	    cmocka_unit_test(more_work_than_places_is_not_announced),
	    cmocka_unit_test(the_limit_of_open_files_is_raised_as_far_as_it_goes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
