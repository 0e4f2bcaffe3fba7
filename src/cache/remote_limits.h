/* remote_limits.h - the numbers that configurations of remote caches may have. */
#ifndef CACHE_REMOTE_LIMITS_H
#define CACHE_REMOTE_LIMITS_H

#include "codec/yaml.h"

enum { REMOTE_MAX_CONNECTIONS = 65536, REMOTE_MAX_QUEUE = 10000000 };

struct remote_limit {
	const char *key;
	int64_t value;
	int64_t max;
};

/* None is negative or above its maximum. */
bool remote_limits_check(const struct yaml_node *node, const struct remote_limit *limits, size_t n,
			 struct err *err);

#endif
