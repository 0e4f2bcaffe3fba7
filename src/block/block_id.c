#include "block/block_id.h"

#include "base/assert.h"

#include <stdio.h>

bool block_id_of(struct str path, struct ulid *out)
{
	if (str_ends(path, STR("/")))
		path.n--;
	for (size_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/')
			return ulid_parse(str_skip(path, i), out);
	return ulid_parse(path, out);
}

struct object_path block_object_path(struct ulid id, const char *file)
{
	struct object_path path;
	int n = snprintf(path.s, sizeof(path.s), "%s/%s", ulid_str(id), file);

	assert(n > 0 && (size_t)n < sizeof(path.s));
	return path;
}
