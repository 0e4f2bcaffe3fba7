/* tools_promql.c - `athanor tools promql ...`: a query formatted, as a tree, and as a plan. */
#include "api/ast_json.h"
#include "base/clock.h"
#include "cmd/commands.h"
#include "cmd/runtime.h"
#include "cmd/standard_io.h"
#include "promql/engine.h"
#include "promql/parser.h"
#include "promql/printer.h"

enum { OUTPUT_MAX_BYTES = 64 << 20 };

typedef bool write_fn(const struct promql_query *query, struct buf *out, struct err *err);

/* The whole language is allowed: whether a server has a part of it switched on is its business. */
static bool run(struct runtime *rt, write_fn *write, struct err *err)
{
	struct buf out auto_done(buf_done) = BUF_INIT(OUTPUT_MAX_BYTES);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct parser_options options = PARSER_OPTIONS_ALL;
	struct str text;

	if (!query_text_read(flags_words(rt->flags), a, &text, err))
		return false;
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(text, &options, NULL, err);
	if (!query || !write(query, &out, err))
		return false;
	buf_putc(&out, '\n');
	if (out.overflowed)
		return err_set(err, ERR_LIMIT, "the output would be larger than %d bytes",
			       OUTPUT_MAX_BYTES);
	return standard_output_write(buf_str(&out), err);
}

/* --- format ----------------------------------------------------------------------------------- */

static bool write_formatted(const struct promql_query *query, struct buf *out, struct err *err)
{
	(void)err;
	expr_pretty_print(out, query->root);
	return true;
}

static bool run_format(struct runtime *rt, const void *options, struct err *err)
{
	(void)options;
	return run(rt, write_formatted, err);
}

const struct command command_tools_promql_format = {
    .name = "tools promql format",
    .help = "Print the query with one spelling for everything, indented where it is long. Without "
	    "an argument the query is read from standard input.",
    .words_help = "[<query>]",
    .n_words_max = 1,
    .run = run_format,
    .is_tool = true,
};

/* --- parse ------------------------------------------------------------------------------------ */

static bool write_tree(const struct promql_query *query, struct buf *out, struct err *err)
{
	struct json_writer w;

	(void)err;
	json_writer_init(&w, out, JSON_ESCAPE_PLAIN);
	json_writer_set_indent(&w, "  ");
	expr_json(&w, query->root);
	return true;
}

static bool run_parse(struct runtime *rt, const void *options, struct err *err)
{
	(void)options;
	return run(rt, write_tree, err);
}

const struct command command_tools_promql_parse = {
    .name = "tools promql parse",
    .help = "Print the query's syntax tree as JSON, in the shape of the HTTP API's parse_query. "
	    "Without an argument the query is read from standard input.",
    .words_help = "[<query>]",
    .n_words_max = 1,
    .run = run_parse,
    .is_tool = true,
};
