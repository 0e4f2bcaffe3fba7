#include "tests/lib/temp_dir.h"

#include "base/alloc.h"

#include <ftw.h>
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

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
	(void)st, (void)kind, (void)walk;
	return remove(path);
}

void temp_dir_remove(char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(path);
}
