#include "cmd/cpu_limit.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "cmd/control_group.h"

#include <sched.h>
#include <stdlib.h>

static bool read_text(const char *dir, const char *name, struct buf *out)
{
	char *path auto_free(mem_free) = xasprintf("%s/%s", dir, name);
	struct err err;

	return fs_read(path, out, &err);
}

/* Time that may be used in each period: "max 100000" or "50000 100000" in version 2, two files in
 * version 1, where -1 is no limit. */
static bool read_quota(const char *dir, int version, int64_t *quota_us, int64_t *period_us)
{
	struct buf text auto_done(buf_done) = BUF_INIT(4096);
	struct buf period_text auto_done(buf_done) = BUF_INIT(4096);
	struct str quota, period;

	if (version == 2) {
		if (!read_text(dir, "cpu.max", &text))
			return false;
		period = str_trim(str_split(buf_str(&text), ' ', &quota), " \n");
	} else {
		if (!read_text(dir, "cpu.cfs_quota_us", &text) ||
		    !read_text(dir, "cpu.cfs_period_us", &period_text))
			return false;
		quota = str_trim(buf_str(&text), " \n");
		period = str_trim(buf_str(&period_text), " \n");
	}
	return str_to_i64(quota, quota_us) && str_to_i64(period, period_us) && *quota_us > 0 &&
	       *period_us > 0;
}

static void add_limit(void *arg, const char *dir, int version)
{
	unsigned *limit = arg;
	int64_t quota_us, period_us;

	if (!read_quota(dir, version, &quota_us, &period_us))
		return;
	int64_t n = (quota_us - 1) / period_us + 1;
	if (*limit == 0 || n < *limit)
		*limit = n < 1 << 16 ? (unsigned)n : 1 << 16;
}

unsigned cpu_limit_of_groups(const char *root)
{
	unsigned limit = 0;

	control_groups_walk(root, "cpu", add_limit, &limit);
	return limit;
}

unsigned cpu_limit(void)
{
	unsigned of_groups = cpu_limit_of_groups(""), n = 1;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
		n = (unsigned)CPU_COUNT(&set);
	return of_groups && of_groups < n ? of_groups : n;
}
