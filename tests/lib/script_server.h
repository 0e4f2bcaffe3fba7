/* script_server.h - a web server that gives the answers of a list, one after the other, and notes
 * what it was asked: for clients whose peer must fail at a certain moment.
 */
#ifndef TESTS_LIB_SCRIPT_SERVER_H
#define TESTS_LIB_SCRIPT_SERVER_H

#include "tests/lib/web_rig.h"

struct script_step {
	int status;
	const char *body;    /* NULL: empty */
	const char *headers; /* "name: value" lines; NULL: none */
	bool is_cut;         /* the connection breaks after the body */
};

struct script_server {
	struct web_rig web;
	pthread_mutex_t mu;
	const struct script_step *steps; /* guarded by mu */
	size_t n_steps, next;            /* guarded by mu; after the last one: 599 */
	struct buf asked; /* guarded by mu; "GET /path?query name=value ...\n" with some headers */
	const char *const *noted_headers;
};

/* Headers named in `noted`, NULL-terminated and in lower case, are noted where a request has them.
 */
void script_server_start(struct script_server *s, const char *const *noted);
void script_server_stop(struct script_server *s);

/* The answers from now on; borrowed. */
void script_server_play(struct script_server *s, const struct script_step *steps, size_t n);
/* What was asked since the last call. */
const char *script_server_asked(struct script_server *s);
/* "127.0.0.1:port" */
const char *script_server_address(struct script_server *s);

#endif
