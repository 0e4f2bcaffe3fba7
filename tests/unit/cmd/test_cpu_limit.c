#include "cmd/cpu_limit.h"

#include "base/fs.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

#include <sched.h>
#include <stdio.h>

static int set_up(void **state)
{
	*state = temp_dir_new();
	return 0;
}

static int tear_down(void **state)
{
	temp_dir_remove(*state);
	return 0;
}

/* A file below the directory that stands for the root. */
static void put(const char *root, const char *dir, const char *name, const char *text)
{
	char path[512];
	struct err err = ERR_INIT;

	snprintf(path, sizeof(path), "%s%s", root, dir);
	expect_ok(fs_mkdirs(path, &err), err);
	snprintf(path, sizeof(path), "%s%s/%s", root, dir, name);
	expect_ok(fs_write_atomic(path, str_of(text), 0644, &err), err);
}

static void without_a_quota_there_is_no_limit(void **state)
{
	assert_int_equal(cpu_limit_of_groups(*state), 0);
	put(*state, "/proc/self", "cgroup", "0::/\n");
	put(*state, "/sys/fs/cgroup", "cpu.max", "max 100000\n");
	assert_int_equal(cpu_limit_of_groups(*state), 0);
	put(*state, "/sys/fs/cgroup", "cpu.max", "what is this\n");
	assert_int_equal(cpu_limit_of_groups(*state), 0);
}

static void a_part_of_a_processor_counts_as_one(void **state)
{
	put(*state, "/proc/self", "cgroup", "0::/a/b\n");
	put(*state, "/sys/fs/cgroup/a/b", "cpu.max", "250000 100000\n");
	assert_int_equal(cpu_limit_of_groups(*state), 3);
	put(*state, "/sys/fs/cgroup/a/b", "cpu.max", "200000 100000\n");
	assert_int_equal(cpu_limit_of_groups(*state), 2);
	put(*state, "/sys/fs/cgroup/a", "cpu.max", "10000 100000\n");
	assert_int_equal(cpu_limit_of_groups(*state), 1);
}

static void version_1_has_two_files(void **state)
{
	put(*state, "/proc/self", "cgroup", "5:memory:/x\n4:cpuacct,cpu:/docker/abc\n");
	put(*state, "/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "-1\n");
	put(*state, "/sys/fs/cgroup/cpu", "cpu.cfs_period_us", "100000\n");
	assert_int_equal(cpu_limit_of_groups(*state), 0);
	put(*state, "/sys/fs/cgroup/cpu/docker/abc", "cpu.cfs_quota_us", "350000\n");
	assert_int_equal(cpu_limit_of_groups(*state), 0);
	put(*state, "/sys/fs/cgroup/cpu/docker/abc", "cpu.cfs_period_us", "100000\n");
	assert_int_equal(cpu_limit_of_groups(*state), 4);
}

static void only_processors_that_it_may_run_on_count(void **state)
{
	cpu_set_t before, one;
	(void)state;

	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	assert_in_range(cpu_limit(), 1, CPU_COUNT(&before));
	CPU_ZERO(&one);
	for (int i = 0; CPU_COUNT(&one) == 0; i++)
		if (CPU_ISSET(i, &before))
			CPU_SET(i, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(cpu_limit(), 1);
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(without_a_quota_there_is_no_limit),
	    TEST(a_part_of_a_processor_counts_as_one),
	    TEST(version_1_has_two_files),
	    TEST(only_processors_that_it_may_run_on_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
