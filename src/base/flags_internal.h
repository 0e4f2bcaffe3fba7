/* flags_internal.h - what flags.c, flags_value.c and flags_help.c share. */
#ifndef BASE_FLAGS_INTERNAL_H
#define BASE_FLAGS_INTERNAL_H

#include "base/flags.h"

/* One name that may stand on the command line: a content pair has two. */
enum flag_part {
	FLAG_PART_WHOLE,
	FLAG_PART_PATH, /* --x-file */
	FLAG_PART_TEXT, /* --x */
};

struct flag_entry {
	const struct flag_spec *spec;
	enum flag_part part;
	const char *name;
	void *value; /* in the group's struct */
	size_t group;
	struct flag_list given;
};

/* All names of the tables, in their order. They live in `a`. */
struct flag_entry *flag_entries(const struct flag_group *groups, size_t n_groups, struct arena *a,
				size_t *n);

bool flag_is_repeatable(const struct flag_spec *spec);

/* Empties the value, then adds each given text, or the default. */
bool flag_value_assign(const struct flag_entry *e, struct arena *a, struct err *err);
/* As kingpin's Value.String() prints it. */
const char *flag_value_text(const struct flag_entry *e, struct arena *a);

#endif
