#include "cmd/memory_limit.h"

#include "base/fs.h"
#include "tests/lib/expect.h"
#include "tests/lib/temp_dir.h"

#include <stdio.h>
#include <unistd.h>

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

static void without_groups_there_is_no_limit(void **state)
{
	assert_true(memory_limit_of_groups(*state) == INT64_MAX);
	put(*state, "/proc/self", "cgroup", "0::/\n");
	assert_true(memory_limit_of_groups(*state) == INT64_MAX);
	put(*state, "/sys/fs/cgroup", "memory.max", "max\n");
	assert_true(memory_limit_of_groups(*state) == INT64_MAX);
}

static void the_least_limit_of_a_group_and_those_above_counts(void **state)
{
	put(*state, "/proc/self", "cgroup", "1:cpu:/x\n0::/system.slice/athanor.service\n");
	put(*state, "/sys/fs/cgroup/system.slice/athanor.service", "memory.max", "3000\n");
	assert_int_equal(memory_limit_of_groups(*state), 3000);
	put(*state, "/sys/fs/cgroup/system.slice", "memory.max", "2000\n");
	assert_int_equal(memory_limit_of_groups(*state), 2000);
	put(*state, "/sys/fs/cgroup/system.slice", "memory.max", "max\n");
	assert_int_equal(memory_limit_of_groups(*state), 3000);
}

static void in_a_container_the_top_counts(void **state)
{
	put(*state, "/proc/self", "cgroup", "0::/\n");
	put(*state, "/sys/fs/cgroup", "memory.max", "4000\n");
	assert_int_equal(memory_limit_of_groups(*state), 4000);
}

static void version_1_has_a_hierarchy_of_its_own(void **state)
{
	put(*state, "/proc/self", "cgroup", "5:cpu:/\n4:memory:/docker/abc\n");
	put(*state, "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "9223372036854771712\n");
	put(*state, "/sys/fs/cgroup/memory/docker/abc", "memory.limit_in_bytes", "5000\n");
	assert_int_equal(memory_limit_of_groups(*state), 5000);
}

static void this_machine_has_memory(void **state)
{
	(void)state;
	assert_true(memory_limit_bytes() > 1 << 20);
	assert_true(memory_limit_bytes() <=
		    (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE));
	assert_true(memory_limit_default(0.8) < memory_limit_bytes());
	assert_true(memory_limit_default(0.4) < memory_limit_default(0.8));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(without_groups_there_is_no_limit),
	    TEST(the_least_limit_of_a_group_and_those_above_counts),
	    TEST(in_a_container_the_top_counts),
	    TEST(version_1_has_a_hierarchy_of_its_own),
	    TEST(this_machine_has_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
