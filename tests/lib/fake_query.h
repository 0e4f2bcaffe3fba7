/* fake_query.h - a query service with the same answer for everyone, which can be told to fail. */
#ifndef TESTS_LIB_FAKE_QUERY_H
#define TESTS_LIB_FAKE_QUERY_H

#include "model/query_service.h"

struct fake_query {
	struct query_service base; /* first, so that the two pointers convert */
	const struct query_series *series;
	size_t n_series;
	struct query_cost cost;
	const char *warning;   /* noted when the stream ends or fails */
	struct err fail;       /* no stream at all; ERR_OK: there is one */
	struct err fail_after; /* what comes behind the series instead of the end */
	bool hangs;            /* the stream's end waits until the context is done */
	atomic_int n_queries;
	atomic_int n_open;                 /* streams that are not closed yet */
	char text[512];                    /* of the last query */
	struct query_request last_request; /* its strings and lists are gone */
};

/* Closing it does nothing: it is the test's own. */
void fake_query_init(struct fake_query *f, const struct query_series *series, size_t n_series);

#endif
