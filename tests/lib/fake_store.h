/* fake_store.h - a StoreAPI over an array of series, which can be told to fail. */
#ifndef TESTS_LIB_FAKE_STORE_H
#define TESTS_LIB_FAKE_STORE_H

#include "model/store_api.h"

struct fake_store {
	struct store_api base; /* first, so that the two pointers convert */
	struct store_info info;
	const struct series *series; /* ascending by labels */
	size_t n_series;
	const char *fail;           /* every call fails with ERR_UNAVAILABLE and this; NULL: none */
	const char *fail_after_one; /* Series fails with this after its first series */
	const char *warning;        /* every call adds this warning */
	atomic_int n_calls;         /* of Series, LabelNames and LabelValues */
	atomic_int n_infos;
	atomic_int n_open; /* iterators that are not closed yet */
	struct series_request last_request;
};

/* Announces itself as a sidecar for all time. Closing it does nothing: it is the test's own. */
void fake_store_init(struct fake_store *f, const struct series *series, size_t n_series);

#endif
