/* prom_api.h - what we ask a Prometheus over its HTTP API.
 *
 * Threads: a client may be used by any number of worker threads.
 */
#ifndef PROMCLIENT_PROM_API_H
#define PROMCLIENT_PROM_API_H

#include "base/cleanup.h"
#include "base/ctx.h"
#include "model/matcher.h"
#include "model/store_api.h"
#include "model/time_range.h"

struct http_client;
struct prom_client;

/* `url` is where Prometheus is served, path prefix included: http://localhost:9090/prometheus.
 * ERR_INVALID when it is none. `http` outlives the client. */
struct prom_client *prom_client_new(struct http_client *http, const char *url, struct err *err);
void prom_client_free(struct prom_client *c); /* NULL is fine */
CLEANUP_DEFINE(struct prom_client, prom_client_free)

const char *prom_client_url(const struct prom_client *c);
struct http_client *prom_client_http(const struct prom_client *c);

/* The flags that matter to somebody who ships its blocks. */
struct prom_flags {
	int64_t min_block_ms;
	int64_t max_block_ms;
	const char *delay_compact_file; /* "" when the flag is absent or not set */
};

/* *known is false when this Prometheus does not tell its flags (404). */
bool prom_get_flags(struct prom_client *c, struct ctx *ctx, struct arena *a, struct prom_flags *out,
		    bool *known, struct err *err);
/* "2.42.0"; "0" when it does not tell (404). */
bool prom_get_version(struct prom_client *c, struct ctx *ctx, struct arena *a, const char **out,
		      struct err *err);
/* global.external_labels of its configuration. */
bool prom_get_external_labels(struct prom_client *c, struct ctx *ctx, struct arena *a,
			      struct labels *out, struct err *err);
/* Of the oldest sample it has; INT64_MIN while it has none. */
bool prom_get_lowest_time(struct prom_client *c, struct ctx *ctx, int64_t *out_t_ms,
			  struct err *err);

/* A request for metadata; times outside of years 1 to 9999 are left to Prometheus. */
struct prom_find {
	struct matchers matchers;
	struct time_range range;
	int64_t limit; /* 0: none */
};

struct label_sets {
	struct labels *v;
	size_t n, cap;
};

/* All series that match, in Prometheus' order. */
bool prom_find_series(struct prom_client *c, struct ctx *ctx, const struct prom_find *find,
		      struct arena *a, struct label_sets *out, struct err *err);
bool prom_find_label_names(struct prom_client *c, struct ctx *ctx, const struct prom_find *find,
			   struct arena *a, struct str_list *out, struct err *err);
bool prom_find_label_values(struct prom_client *c, struct ctx *ctx, struct str label,
			    const struct prom_find *find, struct arena *a, struct str_list *out,
			    struct err *err);

#endif
