/* fake_redis.h - a redis that keeps what it is given, and can be told to misbehave. */
#ifndef TESTS_LIB_FAKE_REDIS_H
#define TESTS_LIB_FAKE_REDIS_H

#include "tests/lib/fake_cache.h"
#include "tests/lib/tcp_script.h"

enum fake_redis_mood {
	REDIS_WORKS,
	REDIS_IS_SILENT,
	REDIS_HANGS_UP,
	REDIS_CUTS_ANSWERS, /* half of an answer to MGET, and hangs up */
	REDIS_DRIPS,        /* byte by byte */
	REDIS_TALKS_GARBAGE,
	REDIS_BOASTS,     /* announces a value of 2^62 bytes */
	REDIS_MISCOUNTS,  /* an array that is one too long */
	REDIS_IS_LOADING, /* an error to everything */
	REDIS_TALKS_ON,   /* more bytes than the answer has */
	REDIS_IS_CLUSTER, /* says so when asked */
};

struct fake_redis {
	struct tcp_script tcp;
	struct fake_cache *items;
	const char *username; /* NULL: nobody has to say who he is */
	const char *password;
	_Atomic enum fake_redis_mood mood;
	_Atomic size_t n_gets, n_keys, n_sets; /* MGETs, their keys, values taken */
	_Atomic int64_t last_ttl_s;
	_Atomic int64_t last_db;
	/* As a sentinel: what it says of the master "mymaster"; NULL: it knows none. */
	const char *_Atomic master_host, *_Atomic master_port;
};

void fake_redis_start(struct fake_redis *r);
void fake_redis_stop(struct fake_redis *r);

#endif
