#include "tests/lib/temp_dir.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <stdio.h>
#include <stdlib.h>

char *temp_dir_new(void)
{
	const char *root = getenv("TMPDIR");
	char *path = xasprintf("%s/athanor-test-XXXXXX", root && root[0] ? root : "/tmp");

	if (!mkdtemp(path)) {
		perror(path);
		abort();
	}
	return path;
}

void temp_dir_remove(char *path)
{
	struct err err = ERR_INIT;

	if (!fs_remove_tree(path, &err))
		fprintf(stderr, "%s\n", err.msg);
	free(path);
}
