/* cpu_limit.h - how many processors this process may use at once.
 */
#ifndef CMD_CPU_LIMIT_H
#define CMD_CPU_LIMIT_H

/* Those it may run on, or what the control groups allow, whichever is less; at least 1. A part of a
 * processor counts as one. */
unsigned cpu_limit(void);
/* What the control groups (v2 and v1) of this process allow; 0 without a limit. `root` is put
 * before all paths: "" for the system's own. */
unsigned cpu_limit_of_groups(const char *root);

#endif
