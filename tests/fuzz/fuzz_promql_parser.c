/* Any bytes as a query: what can be read is printed in a way that reads as the same again. The
 * first byte chooses the options. */
#include "base/assert.h"
#include "promql/parser.h"
#include "promql/printer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Prometheus prints lengths of time in whole milliseconds: less than one is lost. */
static bool duration_survives(const struct duration *d)
{
	return d->ns == 0 || d->ns >= 1000000 || (d->ns <= -1000000 && d->ns != INT64_MIN);
}

static bool at_survives(const struct at *at)
{
	return at->t_ms > -(INT64_C(1) << 50) && at->t_ms < INT64_C(1) << 50;
}

static bool survives(const struct expr *e)
{
	const struct expr *child;
	bool ok = true;

	if (e->kind == EXPR_VECTOR_SELECTOR)
		ok = duration_survives(&e->vector.offset) && at_survives(&e->vector.at);
	else if (e->kind == EXPR_MATRIX_SELECTOR)
		ok = duration_survives(&e->matrix.range);
	else if (e->kind == EXPR_SUBQUERY)
		ok = duration_survives(&e->subquery.range) &&
		     duration_survives(&e->subquery.step) &&
		     duration_survives(&e->subquery.offset) && at_survives(&e->subquery.at);
	for (size_t i = 0; ok && (child = expr_child(e, i)); i++)
		ok = survives(child);
	return ok;
}

static void check_reads_as(struct str text, struct str want, const struct parser_options *options)
{
	struct buf again auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(text, options, NULL, &err);

	if (!query && err.code == ERR_LIMIT)
		return; /* printed with longer words than it was written with */
	assert(query);
	expr_print(&again, query->root);
	assert(str_eq(buf_str(&again), want));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf printed auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct buf pretty auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;

	if (size == 0)
		return 0;
	struct parser_options options = {
	    .experimental_functions = !(data[0] & 1),
	    .duration_expressions = !(data[0] & 2),
	    .extended_range_selectors = !(data[0] & 4),
	    .fill_modifiers = !(data[0] & 8),
	    .extended_functions = !(data[0] & 16),
	};
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(str_from(data + 1, size - 1), &options, NULL, &err);
	if (!query) {
		assert(err.code == ERR_INVALID || err.code == ERR_LIMIT);
		return 0;
	}
	assert(query->root->height <= QUERY_MAX_DEPTH);
	expr_print(&printed, query->root);
	expr_pretty_print(&pretty, query->root);
	/* Without the option, `offset -(5m)` is allowed, and `offset (5m)`, as which +(5m) is
	 * printed, is not. */
	options.duration_expressions = true;
	if (survives(query->root)) {
		check_reads_as(buf_str(&printed), buf_str(&printed), &options);
		check_reads_as(buf_str(&pretty), buf_str(&printed), &options);
	}
	return 0;
}
