#include "tests/lib/plan_text.h"

#include "promql/explain.h"
#include "tests/lib/expect.h"

static void print(struct buf *out, const struct explain_node *node, int depth)
{
	buf_printf(out, "%*s%.*s\n", depth * 2, "", STR_FMT(node->name));
	for (size_t i = 0; i < node->n_children; i++)
		print(out, node->children[i], depth + 1);
}

const char *plan_text(struct arena *a, const char *query, const struct promql_engine_opts *opts,
		      struct query_time time)
{
	struct buf text auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;

	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(str_of(query), opts, time, &err);
	if (!plan)
		fail_msg("%s: %s", query, err.msg);
	print(&text, promql_explain(plan, a), 0);
	return arena_cstr(a, buf_str(&text));
}

void expect_rewrite(const char *query, const char *before, const char *after)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct promql_engine_opts opts = {.parser = PARSER_OPTIONS_ALL, .plans_literally = true};
	struct query_time time = {0, 120000, 60000};

	expect_str(str_of(plan_text(a, query, &opts, time)), before);
	opts.plans_literally = false;
	expect_str(str_of(plan_text(a, query, &opts, time)), after);
}
