/* tools_promql.c - `athanor tools promql ...`: a query formatted, as a tree, and as a plan. */
#include "api/ast_json.h"
#include "base/clock.h"
#include "cmd/commands.h"
#include "cmd/query_time_flags.h"
#include "cmd/runtime.h"
#include "cmd/standard_io.h"
#include "promql/engine.h"
#include "promql/parser.h"
#include "promql/printer.h"
#include "tools/plan_text.h"

enum { OUTPUT_MAX_BYTES = 64 << 20 };

static bool print(const struct buf *out, struct err *err)
{
	if (out->overflowed)
		return err_set(err, ERR_LIMIT, "the output would be larger than %d bytes",
			       OUTPUT_MAX_BYTES);
	return standard_output_write(buf_str(out), err);
}

typedef void write_fn(const struct promql_query *query, struct buf *out);

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
	if (!query)
		return false;
	write(query, &out);
	buf_putc(&out, '\n');
	return print(&out, err);
}

/* --- format ----------------------------------------------------------------------------------- */

static void write_formatted(const struct promql_query *query, struct buf *out)
{
	expr_pretty_print(out, query->root);
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

static void write_tree(const struct promql_query *query, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out, JSON_ESCAPE_PLAIN);
	json_writer_set_indent(&w, "  ");
	expr_json(&w, query->root);
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

/* --- explain ---------------------------------------------------------------------------------- */

struct explain_options {
	struct query_times times;
};

static const struct command_flags explain_flags[] = {
    COMMAND_FLAGS(QUERY_TIME_FLAGS, struct explain_options, times),
};

static bool run_explain(struct runtime *rt, const void *options, struct err *err)
{
	const struct explain_options *o = options;
	struct buf out auto_done(buf_done) = BUF_INIT(OUTPUT_MAX_BYTES);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct promql_engine_opts engine = {.parser = PARSER_OPTIONS_ALL};
	struct query_time time;
	struct str text;

	if (!query_times_read(&o->times, clock_wall_ms(&clock_system), &time, err) ||
	    !query_text_read(flags_words(rt->flags), a, &text, err))
		return false;
	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(text, &engine, time, err);
	if (!plan)
		return false;
	plan_text_write(promql_explain(plan, a), &out);
	return print(&out, err);
}

const struct command command_tools_promql_explain = {
    .name = "tools promql explain",
    .help =
	"Print how the query would be evaluated: a tree of operators, as the HTTP API's explain "
	"names them. Without an argument the query is read from standard input.",
    .flags = explain_flags,
    .n_flags = sizeof(explain_flags) / sizeof(*explain_flags),
    .options_bytes = sizeof(struct explain_options),
    .words_help = "[<query>]",
    .n_words_max = 1,
    .run = run_explain,
    .is_tool = true,
};
