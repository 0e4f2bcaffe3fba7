/* caching_config.h - the caching bucket that --store.caching-bucket.config describes. */
#ifndef OBJSTORE_CACHING_CONFIG_H
#define OBJSTORE_CACHING_CONFIG_H

#include "cache/config.h"
#include "objstore/caching.h"

/* What is in the document but its cache: {type, config}, the rest with Thanos' defaults. */
struct caching_config {
	enum cache_type type;
	struct yaml_node *cache; /* `config` */
	struct caching_settings settings;
};

/* `path` is the file that `yaml` came from, or empty: with the text it tells configurations apart
 * where their listings share a cache. Strings and nodes live in `a`. Unknown keys are errors. */
bool caching_config_parse(struct str yaml, struct str path, struct arena *a,
			  struct caching_config *out, struct err *err);

/* Takes `inner`, also on failure. The context's name is not used: it is "caching-bucket". */
bool caching_bucket_from_config(struct str yaml, struct str path,
				const struct cache_context *context, struct bucket *inner,
				struct bucket **out, struct err *err);

#endif
