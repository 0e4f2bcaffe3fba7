/* web_rig.h - an HTTP server on a port of its own and a client to ask it, for tests of handlers and
 * of whoever speaks HTTP.
 */
#ifndef TESTS_LIB_WEB_RIG_H
#define TESTS_LIB_WEB_RIG_H

#include "base/buf.h"
#include "base/pool.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/loop.h"

struct web_rig {
	struct loops *loops;
	struct pool *pool;
	struct http_router *router; /* to be filled between init and start */
	struct http_server *server;
	struct http_client *client;
	struct arena *arena; /* of the answers */
};

void web_rig_init(struct web_rig *rig);
void web_rig_start(struct web_rig *rig);
void web_rig_stop(struct web_rig *rig);

/* "http://127.0.0.1:port", until web_rig_stop(). */
const char *web_rig_url(struct web_rig *rig);

/* An answer as a client sees it, until web_rig_stop(). */
struct web_answer {
	int status;
	struct http_headers headers;
	const char *body;
	struct str bytes; /* of the body, whatever it is */
	bool is_broken;   /* the connection ended before the answer did */
};
struct web_answer web_get(struct web_rig *rig, const char *path);
struct web_answer web_get_as(struct web_rig *rig, const char *path, const char *accept);
/* A form in the body. */
struct web_answer web_post(struct web_rig *rig, const char *path, const char *form);
struct web_answer web_ask(struct web_rig *rig, const char *method, const char *path);

const char *web_header(struct web_rig *rig, const struct web_answer *answer, const char *name);

#endif
