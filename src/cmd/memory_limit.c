#include "cmd/memory_limit.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fs.h"

#include <stdlib.h>
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

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A group is held by its own limit and by those above it. In a container the path may be that of
 * the host: then the top is what there is. */
static int64_t limit_of_group(const char *root, const char *mount, struct str group,
			      const char *file)
{
	int64_t limit = INT64_MAX;

	for (;;) {
		while (group.n > 0 && group.p[group.n - 1] == '/')
			group.n--;
		char *path auto_free(mem_free) =
		    xasprintf("%s/sys/fs/cgroup%s%.*s/%s", root, mount, STR_FMT(group), file);
		limit = least(limit, read_limit(path));
		if (group.n == 0)
			return limit;
		while (group.n > 0 && group.p[group.n - 1] != '/')
			group.n--;
	}
}

/* /proc/self/cgroup: "0::/a/b" for version 2, "4:cpu,memory:/a/b" for version 1. */
int64_t memory_limit_of_groups(const char *root)
{
	struct buf text auto_done(buf_done) = BUF_INIT(1 << 20);
	char *path auto_free(mem_free) = xasprintf("%s/proc/self/cgroup", root);
	int64_t limit = INT64_MAX;
	struct str line, id, controllers;
	struct err err;

	if (!fs_read(path, &text, &err))
		return INT64_MAX;
	for (struct str rest = buf_str(&text); rest.n > 0;) {
		rest = str_split(rest, '\n', &line);
		struct str group = str_split(str_split(line, ':', &id), ':', &controllers);
		if (str_is(id, "0"))
			limit = least(limit, limit_of_group(root, "", group, "memory.max"));
		else if (str_find(controllers, STR("memory")) < controllers.n)
			limit = least(
			    limit, limit_of_group(root, "/memory", group, "memory.limit_in_bytes"));
	}
	return limit;
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
