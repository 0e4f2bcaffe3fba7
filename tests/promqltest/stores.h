/* stores.h - several stores behind a querier's proxy, each with the series a script has loaded into
 * it, as replicas of Prometheus are; a store can be told to fail.
 */
#ifndef TESTS_PROMQLTEST_STORES_H
#define TESTS_PROMQLTEST_STORES_H

#include "fleet/evaluation.h"
#include "tests/promqltest/script.h"

struct stores;

struct stores *stores_new(void);
void stores_free(struct stores *s); /* NULL is fine */
CLEANUP_DEFINE(struct stores, stores_free)

/* A store is made by its first load. Fails on histograms, and on series that it has already. */
bool stores_load(struct stores *s, const struct load *load, struct err *err);

/* Fails when there is no such store. */
bool stores_order(struct stores *s, const struct store_order *order, struct err *err);

/* For all of them; merges replicas that differ in nothing but the label replica. Valid until the
 * next load or order. */
const struct evaluator *stores_evaluator(struct stores *s);

#endif
