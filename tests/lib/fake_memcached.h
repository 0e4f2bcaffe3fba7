/* fake_memcached.h - a memcached that keeps what it is given, and can be told to misbehave. */
#ifndef TESTS_LIB_FAKE_MEMCACHED_H
#define TESTS_LIB_FAKE_MEMCACHED_H

#include "tests/lib/fake_cache.h"
#include "tests/lib/tcp_script.h"

enum fake_memcached_mood {
	MEMCACHED_WORKS,
	MEMCACHED_IS_SILENT,    /* takes commands and does not answer */
	MEMCACHED_HANGS_UP,     /* after a command */
	MEMCACHED_CUTS_ANSWERS, /* sends half of an answer to get, and hangs up */
	MEMCACHED_DRIPS,        /* byte by byte */
	MEMCACHED_TALKS_GARBAGE,
	MEMCACHED_BOASTS,   /* announces a value of 2^62 bytes */
	MEMCACHED_LIES,     /* a value that is longer than announced */
	MEMCACHED_MIXES_UP, /* values for other keys */
	MEMCACHED_IS_FULL,  /* SERVER_ERROR out of memory */
	MEMCACHED_TALKS_ON, /* more bytes than the answer has */
};

struct fake_memcached {
	struct tcp_script tcp;
	struct fake_cache *items;
	_Atomic enum fake_memcached_mood mood;
	_Atomic size_t n_gets, n_keys, n_sets; /* commands, keys asked for, values taken */
	_Atomic int64_t last_expiry_s;
};

void fake_memcached_start(struct fake_memcached *m);
void fake_memcached_stop(struct fake_memcached *m);

#endif
