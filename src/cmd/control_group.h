/* control_group.h - the control groups that hold this process, of version 2 and of version 1.
 */
#ifndef CMD_CONTROL_GROUP_H
#define CMD_CONTROL_GROUP_H

#include <stdint.h>

/* Called with each directory of a group that holds this process, from its own up to the top: what
 * any of them limits is limited. In a container the path may be that of the host; then only the
 * top is there. */
typedef void control_group_fn(void *arg, const char *dir, int version);

/* Those of version 2, and those of the controller ("memory", "cpu") in version 1. `root` is put
 * before all paths: "" for the system's own. */
void control_groups_walk(const char *root, const char *controller, control_group_fn *fn, void *arg);

#endif
