/* Any bytes as a query: what can be read is printed in a way that reads as the same again. The
 * first byte chooses the options. */
#include "base/assert.h"
#include "promql/parser.h"
#include "promql/printer.h"
#include "tests/lib/surviving_text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
	if (text_survives(query->root)) {
		check_reads_as(buf_str(&printed), buf_str(&printed), &options);
		check_reads_as(buf_str(&pretty), buf_str(&printed), &options);
	}
	return 0;
}
