/* block_value.h - a block's metadata as a template sees it: with the names of Thanos' Go structs.
 *
 * Extensions and rewrites are their JSON as text.
 */
#ifndef TOOLS_BLOCK_VALUE_H
#define TOOLS_BLOCK_VALUE_H

#include "block/meta.h"
#include "template/value.h"

/* In memory of `a` and of the meta. */
struct template_value block_value(const struct meta *m, struct arena *a);

#endif
