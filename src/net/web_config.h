/* web_config.h - the file of --http.config, in the format of Prometheus' exporter-toolkit: TLS and
 * basic authentication.
 *
 *	tls_server_config:
 *	  cert_file: server.crt
 *	  key_file: server.key
 *	basic_auth_users:
 *	  alice: $2y$10$...
 *
 * Relative paths are relative to the file. Users and headers are read again when the file changes,
 * certificates when theirs do; other TLS settings are those of the start.
 *
 * Threads: all functions may be called from any thread; web_config_admit() takes its time and
 * belongs on a worker.
 */
#ifndef NET_WEB_CONFIG_H
#define NET_WEB_CONFIG_H

#include "base/cleanup.h"
#include "base/err.h"

#include <stdbool.h>

struct http_request;
struct http_response;
struct tls_server;
struct web_config;

struct web_config *web_config_open(const char *path, struct err *err);
void web_config_free(struct web_config *w); /* NULL is fine */
CLEANUP_DEFINE(struct web_config, web_config_free)

/* Borrowed; NULL when the file asks for none. */
struct tls_server *web_config_tls(const struct web_config *w);

/* Sets the headers that the file asks for, and checks the user's password against bcrypt. False:
 * refused, and answered with 401. Sets request->user. */
bool web_config_admit(struct web_config *w, struct http_request *request,
		      struct http_response *response);

#endif
