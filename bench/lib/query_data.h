/* query_data.h - series that queries are measured over, and a queryable that holds them encoded.
 *
 * A series is a recipe: every engine can make the same samples from it. Recipes come in sets, named
 * as in the file of queries. Chunks have 120 samples, as those of a block.
 */
#ifndef BENCH_LIB_QUERY_DATA_H
#define BENCH_LIB_QUERY_DATA_H

#include "model/queryable.h"

enum recipe_kind {
	RECIPE_FLOATS,            /* sample i is i * increment + first */
	RECIPE_HISTOGRAMS,        /* sample i is that of Prometheus' GenerateTestHistogram(i) */
	RECIPE_FINER_HISTOGRAMS,  /* the same, but the first one, which is empty, of schema 3 */
	RECIPE_CUSTOM_HISTOGRAMS, /* sample i is that of GenerateTestCustomBucketsHistogram(i) */
};

/* Samples from .. from + n - 1, of which sample i is taken at i * interval_ms. */
struct recipe {
	struct labels labels;
	enum recipe_kind kind;
	int64_t interval_ms;
	size_t from, n;
	double first;
	double increment;
};

struct query_data;

/* The recipes of a set; NULL when there is no such set. */
struct query_data *query_data_new(const char *name);
void query_data_free(struct query_data *d); /* NULL is fine */
CLEANUP_DEFINE(struct query_data, query_data_free)

const char *query_data_name(const struct query_data *d);
const struct recipe *query_data_recipes(const struct query_data *d, size_t *n);
/* "floats", "histograms", ... */
const char *recipe_kind_name(enum recipe_kind kind);

/* Encodes all series at the first call. Belongs to `d`. */
struct queryable *query_data_queryable(struct query_data *d);

#endif
