/* viewer_flags.h - the flags of the block viewer, which is not there yet: they are accepted, and a
 * warning says so.
 */
#ifndef CMD_VIEWER_FLAGS_H
#define CMD_VIEWER_FLAGS_H

#include "base/flags.h"
#include "base/log.h"

struct viewer_flags {
	bool is_disabled;
	const char *external_prefix;
	const char *prefix_header;
	bool disable_cors;
	const char *label;
	bool disable_admin_operations;
};

extern const struct flag_spec VIEWER_FLAGS[6];

/* Says that flags which were given change nothing. */
void viewer_flags_warn(const struct viewer_flags *f, struct logger *logger);

#endif
