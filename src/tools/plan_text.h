/* plan_text.h - a plan as a tree of lines.
 *
 *	[aggregate] sum by ([job])
 *	└── [binary] ...
 *	    ├── ...
 *	    └── ...
 */
#ifndef TOOLS_PLAN_TEXT_H
#define TOOLS_PLAN_TEXT_H

#include "base/buf.h"
#include "promql/explain.h"

void plan_text_write(const struct explain_node *root, struct buf *out);

#endif
