#include "cmd/memory_limit.h"

#include "base/buf.h"
#include "base/fs.h"

#include <unistd.h>

/* One number in a file; INT64_MAX when there is none ("max", no such file). */
static int64_t read_limit(const char *path)
{
	struct buf text auto_done(buf_done) = BUF_INIT(4096);
	struct err err;
	int64_t limit;

	if (!fs_read(path, &text, &err) || !str_to_i64(str_trim(buf_str(&text), " \n"), &limit))
		return INT64_MAX;
	return limit > 0 ? limit : INT64_MAX;
}

int64_t memory_limit_bytes(void)
{
	int64_t limits[] = {
	    (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE),
	    read_limit("/sys/fs/cgroup/memory.max"),
	    read_limit("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
	};
	int64_t least = INT64_MAX;

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		if (limits[i] < least)
			least = limits[i];
	return least;
}

int64_t memory_limit_default(void)
{
	return memory_limit_bytes() / 5 * 4;
}
