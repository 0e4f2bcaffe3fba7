/* prometheus_store.h - the StoreAPI over one Prometheus: what a sidecar serves.
 *
 * Series come by remote read, external labels are added to them, and all of them are read before
 * the first is given out, because the labels change their order. Label and series questions are
 * asked of Prometheus' own API.
 *
 * What is known of the Prometheus (its labels, its oldest sample) is told from outside, and may
 * change at any time; a request sees one state of it.
 *
 * Threads: all functions may be called from any thread.
 */
#ifndef STORE_PROMETHEUS_STORE_H
#define STORE_PROMETHEUS_STORE_H

#include "model/store_api.h"

struct prom_client;
struct prometheus_store;

/* `component`, a literal, is announced; `client` outlives the store. Not ready at first. */
struct prometheus_store *prometheus_store_new(struct prom_client *client, const char *component);
void prometheus_store_free(struct prometheus_store *s); /* NULL is fine; requests have ended */
CLEANUP_DEFINE(struct prometheus_store, prometheus_store_free)

/* What is known from now on; copied. It makes the store ready. */
struct prometheus_facts {
	struct labels external_labels;
	int64_t min_t_ms;    /* of what is served */
	const char *version; /* "2.42.0" */
};
void prometheus_store_update(struct prometheus_store *s, const struct prometheus_facts *facts);
/* Info fails from now on, until the next update. */
void prometheus_store_set_not_ready(struct prometheus_store *s);

/* Borrowed: closing it does nothing. */
struct store_api *prometheus_store_api(struct prometheus_store *s);

#endif
