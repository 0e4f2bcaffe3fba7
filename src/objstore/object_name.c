#include "objstore/object_name.h"

static bool element_ok(struct str e)
{
	if (e.n == 0 || str_is(e, ".") || str_is(e, ".."))
		return false;
	for (size_t i = 0; i < e.n; i++)
		if ((unsigned char)e.p[i] < 0x20 || e.p[i] == 0x7f)
			return false;
	return true;
}

/* How the name reads in an error: no control characters in logs. */
static bool refuse(struct str name, const char *what, struct err *err)
{
	char shown[80];
	size_t n = name.n < sizeof(shown) ? name.n : sizeof(shown);

	for (size_t i = 0; i < n; i++)
		shown[i] = (unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f ? '?' : name.p[i];
	return err_set(err, ERR_INVALID, "object name \"%.*s\"%s: %s", (int)n, shown,
		       n < name.n ? "..." : "", what);
}

bool object_name_check(struct str name, struct err *err)
{
	if (name.n > OBJECT_NAME_MAX)
		return refuse(name, "longer than 1024 bytes", err);

	struct str rest = name;
	do {
		struct str element;
		rest = str_split(rest, '/', &element);
		if (!element_ok(element))
			return refuse(name,
				      "want elements between single slashes, not \".\" or \"..\", "
				      "without control characters",
				      err);
	} while (rest.p);
	return true;
}

bool object_prefix_check(struct str prefix, struct str *out, struct err *err)
{
	struct str dir = prefix;

	if (str_ends(dir, STR("/")))
		dir.n--;
	if (prefix.n > 0 && !object_name_check(dir, err))
		return false;
	*out = dir;
	return true;
}

bool object_removal_check(struct str name, bool *is_marker, struct err *err)
{
	*is_marker = str_ends(name, STR("/"));
	if (*is_marker)
		name.n--;
	return object_name_check(name, err);
}

bool object_range_check(struct str name, int64_t offset, int64_t length, struct err *err)
{
	if (offset >= 0 && length >= 0)
		return true;
	return err_set(err, ERR_INVALID, "object %.*s: read %lld bytes at offset %lld",
		       STR_FMT(name), (long long)length, (long long)offset);
}
