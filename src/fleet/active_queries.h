/* active_queries.h - which queries a process is evaluating, for who wants to see or to stop one.
 *
 * Threads: all functions may be called from any thread.
 */
#ifndef FLEET_ACTIVE_QUERIES_H
#define FLEET_ACTIVE_QUERIES_H

#include "base/clock.h"
#include "base/ctx.h"
#include "fleet/active_query_file.h"
#include "model/query_service.h"

struct active_queries;

/* What is listed about a query. */
struct active_query_info {
	uint64_t id; /* of this process, never used again */
	struct str text;
	struct str tenant;
	bool is_range;
	int64_t start_ms, end_ms, step_ms;
	int64_t asked_ms;    /* when it came */
	int64_t duration_ns; /* since then */
	bool is_waiting;     /* for its turn */
};

struct active_query_list {
	struct active_query_info *v; /* the oldest first */
	size_t n, cap;
};

/* `file` is where the queries are kept for the next start; NULL: nowhere. Takes it. */
struct active_queries *active_queries_new(struct clock *clock, struct active_query_file *file);
void active_queries_free(struct active_queries *q); /* NULL is fine; no query is active */
CLEANUP_DEFINE(struct active_queries, active_queries_free)

/* One query's entry, in the memory of whoever evaluates it. */
struct active_query {
	struct active_query *next, **link;
	struct active_query_info info;
	struct ctx *ctx;
	int64_t asked_ns;
	int slot; /* of the file, or ACTIVE_QUERY_NO_SLOT */
};

/* Between these two the request and the ctx must live. A NULL list does nothing. */
void active_queries_add(struct active_queries *q, struct active_query *entry,
			const struct query_request *req, struct ctx *ctx);
void active_queries_start(struct active_queries *q,
			  struct active_query *entry); /* it has its turn */
void active_queries_remove(struct active_queries *q, struct active_query *entry);

/* Copies in memory of `a`. With a tenant (not empty), only its queries. */
struct active_query_list active_queries_list(struct active_queries *q, struct str tenant,
					     struct arena *a);
/* ERR_NOT_FOUND when there is no such query (any more), or when it is another tenant's. */
bool active_queries_cancel(struct active_queries *q, uint64_t id, struct str tenant,
			   struct err *err);

#endif
