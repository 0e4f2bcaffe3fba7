#include "base/version.h"
#include "telemetry/process_metrics.h"
#include "tests/lib/expect.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double value_of(struct metrics *m, const char *name)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct metric_snapshots all = metrics_gather(m, a);

	for (size_t i = 0; i < all.n; i++)
		if (str_is(all.v[i].name, name))
			return all.v[i].points[0].value;
	fail_msg("there is no %s", name);
	return 0;
}

static void a_process_knows_its_age_size_and_limits(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	(void)state;

	process_metrics_register(m);

	double now = (double)time(NULL), start = value_of(m, "process_start_time_seconds");
	assert_true(start <= now + 2 && start > now - 3600);
	assert_true(value_of(m, "process_cpu_seconds_total") >= 0);
	assert_true(value_of(m, "process_resident_memory_bytes") > 1e6);
	assert_true(value_of(m, "process_virtual_memory_bytes") >=
		    value_of(m, "process_resident_memory_bytes"));
	assert_true(value_of(m, "process_max_fds") >= 3);
	assert_true(value_of(m, "process_virtual_memory_max_bytes") > 0);
	assert_true(value_of(m, "process_network_receive_bytes_total") >= 0);
	assert_true(value_of(m, "process_network_transmit_bytes_total") >= 0);
	assert_true(value_of(m, "go_memstats_sys_bytes") >= 0);
}

static void open_descriptors_are_counted(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	(void)state;
	process_metrics_register(m);

	double before = value_of(m, "process_open_fds");
	int fd = open("/dev/null", O_RDONLY);
	assert_true(value_of(m, "process_open_fds") == before + 1);
	close(fd);
}

static void *wait_for_the_pipe(void *fd)
{
	char byte;
	ssize_t n = read(*(int *)fd, &byte, 1);
	return (void *)n;
}

static void threads_are_counted(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	pthread_t first, second;
	int fds[2];
	(void)state;
	process_metrics_register(m);
	assert_int_equal(pipe(fds), 0);
	/* With a process's first thread a sanitizer starts one of its own. */
	assert_int_equal(pthread_create(&first, NULL, wait_for_the_pipe, &fds[0]), 0);

	double before = value_of(m, "go_threads");
	assert_int_equal(pthread_create(&second, NULL, wait_for_the_pipe, &fds[0]), 0);
	assert_true(value_of(m, "go_threads") == before + 1);
	assert_true(value_of(m, "go_goroutines") == before + 1);
	close(fds[1]);
	pthread_join(first, NULL);
	pthread_join(second, NULL);
	close(fds[0]);
}

static void the_build_is_told_under_thanos_name(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	(void)state;
	process_metrics_register(m);

	struct metric_snapshots all = metrics_gather(m, a);
	for (size_t i = 0; i < all.n; i++) {
		if (!str_is(all.v[i].name, "thanos_build_info"))
			continue;
		expect_str(all.v[i].label_names[0], "version");
		expect_str(all.v[i].points[0].label_values[0], version_string());
		expect_str(all.v[i].points[0].label_values[4], "linux");
		assert_true(all.v[i].points[0].value == 1);
		return;
	}
	fail_msg("there is no thanos_build_info");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_process_knows_its_age_size_and_limits),
	    cmocka_unit_test(open_descriptors_are_counted),
	    cmocka_unit_test(threads_are_counted),
	    cmocka_unit_test(the_build_is_told_under_thanos_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
