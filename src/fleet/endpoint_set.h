/* endpoint_set.h - the StoreAPIs and their kin that a querier knows: which answer, and what they
 * have announced about themselves.
 *
 * An endpoint joins when its Info succeeds for the first time (a strict one at once). While Info
 * fails, one that is not strict is not asked any more but still listed, with its last good
 * announcement; after `unhealthy_timeout_ms` it is forgotten until it answers again.
 *
 * Threads: all functions may be called from any thread, endpoint_set_update() from one at a time.
 * A snapshot never changes; what it refers to lives until it is given back.
 */
#ifndef FLEET_ENDPOINT_SET_H
#define FLEET_ENDPOINT_SET_H

#include "base/clock.h"
#include "model/query_service.h"
#include "model/store_api.h"

struct logger;
struct metrics;
struct pool;

struct endpoint_spec {
	const char *address;
	bool strict; /* part of every query, whether it answers or not */
};

struct endpoint_set_options {
	const struct endpoint_spec *specs; /* copied; an address given twice counts once */
	size_t n_specs;
	/* A client for an address; it never fails, its calls do. */
	struct store_api *(*dial)(void *arg, const char *address);
	/* The same for its Query API; NULL: nobody is going to ask for that. */
	struct query_service *(*dial_query)(void *arg, const char *address);
	void *dial_arg;
	int64_t info_timeout_ms;      /* of one Info call */
	int64_t unhealthy_timeout_ms; /* after the last good Info */
	struct pool *pool;            /* runs the Info calls; outlives the set */
	struct clock *clock;
	struct logger *logger;   /* may be NULL */
	struct metrics *metrics; /* may be NULL */
};

/* One endpoint as it was at the last update. */
struct endpoint {
	const char *address;
	struct store_api *client;
	struct query_service *query; /* NULL without dial_query; whether it answers says info */
	bool queryable;
	struct store_info info;
	int64_t last_check_ms;  /* wall time of the last good Info; 0: none yet */
	const char *last_error; /* NULL when the last Info succeeded */
};

struct endpoints {
	const struct endpoint *v; /* ascending by address */
	size_t n;
};

struct endpoint_set;

struct endpoint_set *endpoint_set_new(const struct endpoint_set_options *options);
void endpoint_set_free(struct endpoint_set *set); /* NULL is fine; no snapshot may be out */
CLEANUP_DEFINE(struct endpoint_set, endpoint_set_free)

/* Ask every endpoint for its Info, all at once, and publish what came back. */
void endpoint_set_update(struct endpoint_set *set, struct ctx *ctx);
/* Whether a first update has ended. */
bool endpoint_set_updated(struct endpoint_set *set);

const struct endpoints *endpoint_set_snapshot(struct endpoint_set *set);
void endpoints_unref(const struct endpoints *endpoints); /* NULL is fine */

/* For auto_free(endpoints_unref). */
static inline void endpoints_unrefp(const struct endpoints **endpoints)
{
	endpoints_unref(*endpoints);
}

#endif
