/* caching_internal.h - what the parts of the caching bucket share. */
#ifndef OBJSTORE_CACHING_INTERNAL_H
#define OBJSTORE_CACHING_INTERNAL_H

#include "base/pool.h"
#include "objstore/caching.h"

/* What is cached: an operation, and for which names. */
enum caching_rule {
	CACHE_LIST,       /* of the root */
	CACHE_GET,        /* of meta files */
	CACHE_EXISTS,     /* the same */
	CACHE_GET_RANGE,  /* of chunk files */
	CACHE_ATTRIBUTES, /* the same */
	CACHE_N_RULES,
};

struct caching {
	struct bucket base; /* first, so that the two pointers convert */
	struct bucket *inner;
	struct cache *cache;
	struct caching_settings settings;
	struct clock *clock;
	char *name;
	struct pool *pool; /* of requests beside the first one */
	struct {
		struct counter *requests, *hits, *refused;
	} rules[CACHE_N_RULES];
	struct counter *requested_bytes; /* by ranges of chunk files */
	struct counter *cached_bytes;    /* answered by the cache */
	struct counter *fetched_bytes;   /* answered by the bucket */
	struct counter *refetched_bytes; /* read once more, between two parts that were missing */
};

/* "<verb>:<name>", in `a`. */
struct str caching_key(struct arena *a, const char *verb, struct str name);

/* Of a chunk file, from the cache if it is there. */
bool caching_attrs(struct caching *c, struct ctx *ctx, struct str name, struct object_attrs *out,
		   struct err *err);

/* Bytes of a chunk file, in parts that are cached. In caching_range.c. */
bool caching_get_range(struct caching *c, struct ctx *ctx, struct str name, int64_t offset,
		       int64_t length, struct byte_sink *sink, struct err *err);

#endif
