/* storage.h - the series that a script has loaded so far: in one database, or in stores.
 */
#ifndef TESTS_PROMQLTEST_STORAGE_H
#define TESTS_PROMQLTEST_STORAGE_H

#include "tests/promqltest/answer.h"
#include "tests/promqltest/script.h"

struct storage;

struct storage *storage_new(void);
void storage_free(struct storage *s); /* NULL is fine */
CLEANUP_DEFINE(struct storage, storage_free)

/* Empty again, as new. */
void storage_clear(struct storage *s);

/* Fails where a sample is not newer than what the series has, and where load and load_store are
 * mixed. */
bool storage_load(struct storage *s, const struct load *load, struct err *err);

bool storage_order(struct storage *s, const struct store_order *order, struct err *err);
void storage_set_dedup(struct storage *s, enum dedup_function dedup);
void storage_set_partial_response(struct storage *s, bool partial_response);

/* Valid until the next change. */
struct source storage_source(struct storage *s);

#endif
