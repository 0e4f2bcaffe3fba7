/* prom_query.h - asking a Prometheus, or what answers like one, a query.
 *
 * Threads: as prom_api.h.
 */
#ifndef PROMCLIENT_PROM_QUERY_H
#define PROMCLIENT_PROM_QUERY_H

#include "base/buf.h"
#include "model/query_service.h"
#include "promclient/prom_api.h"

/* What the request leaves open is not sent, and the server's default counts. What only Thanos knows
 * is sent where it differs from its defaults; a Prometheus passes over it.
 *
 * The answer's JSON as the server sent it, appended to *body, whose maximum is the limit. An answer
 * with an error fails with the server's text. */
bool prom_ask(struct prom_client *c, struct ctx *ctx, const struct query_request *query,
	      struct buf *body, struct err *err);

#endif
