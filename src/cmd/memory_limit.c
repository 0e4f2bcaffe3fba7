#include "cmd/memory_limit.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"
#include "base/tracker.h"
#include "cmd/control_group.h"

#include <stdlib.h>
#include <unistd.h>

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Of one group, unless it has none ("max", no such file). */
static void add_limit(void *arg, const char *dir, int version)
{
	struct buf text auto_done(buf_done) = BUF_INIT(4096);
	char *path auto_free(mem_free) =
	    xasprintf("%s/%s", dir, version == 2 ? "memory.max" : "memory.limit_in_bytes");
	int64_t *limit_bytes = arg, value;
	struct err err;

	if (fs_read(path, &text, &err) && str_to_i64(str_trim(buf_str(&text), " \n"), &value) &&
	    value > 0)
		*limit_bytes = least(*limit_bytes, value);
}

int64_t memory_limit_of_groups(const char *root)
{
	int64_t limit_bytes = INT64_MAX;

	control_groups_walk(root, "memory", add_limit, &limit_bytes);
	return limit_bytes;
}

int64_t memory_limit_bytes(void)
{
	int64_t physical = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);

	return least(physical, memory_limit_of_groups(""));
}

int64_t memory_limit_default(double ratio)
{
	return (int64_t)((double)memory_limit_bytes() * ratio);
}

void memory_budget_init(struct tracker *t, const char *name, const char *flag, int64_t limit_bytes,
			double ratio)
{
	tracker_init(t, NULL, name, flag,
		     limit_bytes > 0 ? limit_bytes : memory_limit_default(ratio));
}
