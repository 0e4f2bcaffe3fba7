/* object_name.h - which names an object may have. */
#ifndef OBJSTORE_OBJECT_NAME_H
#define OBJSTORE_OBJECT_NAME_H

#include "base/err.h"
#include "base/str.h"

enum { OBJECT_NAME_MAX = 1024 };

/* Fails with ERR_INVALID on an empty name, a '/' at an end, an empty, "." or ".." element, a
 * control character, or a name that is too long: nothing that could lead out of a bucket. */
bool object_name_check(struct str name, struct err *err);
/* The same for a prefix to list, which may be empty or end with '/'; *out is it without that. */
bool object_prefix_check(struct str prefix, struct str *out, struct err *err);

/* A name to remove may also end with '/': the marker of a directory, which some stores have. */
bool object_removal_check(struct str name, bool *is_marker, struct err *err);
/* ERR_INVALID when offset or length is negative. */
bool object_range_check(struct str name, int64_t offset, int64_t length, struct err *err);

#endif
