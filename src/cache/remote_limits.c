#include "cache/remote_limits.h"

#include <inttypes.h>

bool remote_limits_check(const struct yaml_node *node, const struct remote_limit *limits, size_t n,
			 struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		if (limits[i].value < 0)
			return yaml_fail(node, err, "%s must not be negative", limits[i].key);
		if (limits[i].value > limits[i].max)
			return yaml_fail(node, err, "%s must be at most %" PRId64, limits[i].key,
					 limits[i].max);
	}
	return true;
}
