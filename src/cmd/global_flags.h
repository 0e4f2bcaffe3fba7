/* global_flags.h - the flags that every command has. */
#ifndef CMD_GLOBAL_FLAGS_H
#define CMD_GLOBAL_FLAGS_H

#include "base/flags.h"
#include "base/log.h"

struct global_flags {
	bool help, help_long, help_man, version;
	const char *debug_name;
	int log_level;  /* enum log_level */
	int log_format; /* enum log_format */
	struct flag_content tracing;
	bool auto_gomemlimit; /* gomemlimit_ratio sets the budgets that no other flag sets */
	double gomemlimit_ratio;
};

struct flag_group global_flags_group(struct global_flags *values);
/* What the tables cannot say. */
bool global_flags_check(const struct global_flags *g, struct err *err);

#endif
