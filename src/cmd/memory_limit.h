/* memory_limit.h - how much memory this process may have. */
#ifndef CMD_MEMORY_LIMIT_H
#define CMD_MEMORY_LIMIT_H

#include <stdint.h>

/* What the system or the control groups allow, whichever is less. */
int64_t memory_limit_bytes(void);
/* What the control groups (v2 and v1) of this process allow; INT64_MAX without a limit. `root` is
 * put before all paths: "" for the system's own. */
int64_t memory_limit_of_groups(const char *root);
/* The budget of a component whose flag gives none: `ratio` of it. */
int64_t memory_limit_default(double ratio);

struct tracker;

/* The budget of a component: `limit_bytes` of the flag `flag`, or where that is 0, `ratio` of what
 * there is. `name` begins errors; both strings are borrowed. */
void memory_budget_init(struct tracker *t, const char *name, const char *flag, int64_t limit_bytes,
			double ratio);

#endif
