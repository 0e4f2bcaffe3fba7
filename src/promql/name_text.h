/* name_text.h - metric names and label values inside messages, in quotes as Go's %q prints them.
 */
#ifndef PROMQL_NAME_TEXT_H
#define PROMQL_NAME_TEXT_H

#include "base/str.h"

/* What does not fit is cut off: messages are not for whole label values. */
struct name_text {
	char s[512];
};

struct name_text quoted_name(struct str name);

/* " for metric name "x""; nothing when the name is not known. */
struct name_text for_metric_name(struct str name);

#endif
