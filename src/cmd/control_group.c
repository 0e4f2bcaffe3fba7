#include "cmd/control_group.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <stdlib.h>

/* Where groups are, and whom to tell. */
struct walk {
	const char *root;
	const char *mount; /* below the place where they are mounted; "" in version 2 */
	int version;
	control_group_fn *fn;
	void *arg;
};

static void walk_up(const struct walk *w, struct str group)
{
	for (;;) {
		while (group.n > 0 && group.p[group.n - 1] == '/')
			group.n--;
		char *dir auto_free(mem_free) =
		    xasprintf("%s/sys/fs/cgroup%s%.*s", w->root, w->mount, STR_FMT(group));
		w->fn(w->arg, dir, w->version);
		if (group.n == 0)
			return;
		while (group.n > 0 && group.p[group.n - 1] != '/')
			group.n--;
	}
}

static bool lists(struct str controllers, const char *controller)
{
	struct str name;

	while (controllers.n > 0) {
		controllers = str_split(controllers, ',', &name);
		if (str_is(name, controller))
			return true;
	}
	return false;
}

/* /proc/self/cgroup: "0::/a/b" for version 2, "4:cpu,cpuacct:/a/b" for version 1. */
void control_groups_walk(const char *root, const char *controller, control_group_fn *fn, void *arg)
{
	struct buf text auto_done(buf_done) = BUF_INIT(1 << 20);
	char *path auto_free(mem_free) = xasprintf("%s/proc/self/cgroup", root);
	char *mount auto_free(mem_free) = xasprintf("/%s", controller);
	struct str line, id, controllers;
	struct err err;

	if (!fs_read(path, &text, &err))
		return;
	for (struct str rest = buf_str(&text); rest.n > 0;) {
		rest = str_split(rest, '\n', &line);
		struct str group = str_split(str_split(line, ':', &id), ':', &controllers);
		if (str_is(id, "0"))
			walk_up(&(struct walk){root, "", 2, fn, arg}, group);
		else if (lists(controllers, controller))
			walk_up(&(struct walk){root, mount, 1, fn, arg}, group);
	}
}
