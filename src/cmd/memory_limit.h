/* memory_limit.h - how much memory this process may have. */
#ifndef CMD_MEMORY_LIMIT_H
#define CMD_MEMORY_LIMIT_H

#include <stdint.h>

/* What the system or the control group (v2 or v1) allows, whichever is less. */
int64_t memory_limit_bytes(void);
/* The budget of a component whose flag gives none: 80 % of it. */
int64_t memory_limit_default(void);

#endif
