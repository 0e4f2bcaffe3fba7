#include "head/wal_segments.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/vec.h"

#include <inttypes.h>
#include <stdlib.h>

enum { NUMBER_MAX_DIGITS = 9 }; /* fits 32 bits */

char *wal_segment_path(const char *dir, uint32_t number)
{
	return xasprintf("%s/%08" PRIu32, dir, number);
}

void wal_segments_done(struct wal_segments *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].path);
	free(s->v);
	*s = (struct wal_segments){0};
}

static bool parse_number(const char *name, uint32_t *out)
{
	uint32_t number = 0;
	size_t n = 0;

	for (; name[n] >= '0' && name[n] <= '9' && n < NUMBER_MAX_DIGITS; n++)
		number = number * 10 + (uint32_t)(name[n] - '0');
	*out = number;
	return n > 0 && name[n] == '\0';
}

static int compare_numbers(const void *a, const void *b)
{
	const struct wal_segment *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static bool check_sequence(const char *dir, const struct wal_segments *s, struct err *err)
{
	for (size_t i = 1; i < s->n; i++)
		if (s->v[i].number != s->v[i - 1].number + 1)
			return err_set(err, ERR_CORRUPT,
				       "log %s: segment %08" PRIu32 " follows %08" PRIu32, dir,
				       s->v[i].number, s->v[i - 1].number);
	return true;
}

bool wal_segments_list(const char *dir, struct wal_segments *out, struct err *err)
{
	struct fs_names names auto_done(fs_names_done) = {0};
	uint32_t number;

	*out = (struct wal_segments){0};
	if (!fs_list(dir, &names, err))
		return false;
	for (size_t i = 0; i < names.n; i++)
		if (parse_number(names.v[i], &number))
			vec_push(out, ((struct wal_segment){
					  .number = number,
					  .path = xasprintf("%s/%s", dir, names.v[i])}));
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), compare_numbers);
	if (check_sequence(dir, out, err))
		return true;
	wal_segments_done(out);
	return false;
}
