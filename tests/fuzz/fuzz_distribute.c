/* fuzz_distribute.c - any bytes as a query over up to three engines: what is given away can be read
 * by who gets it, reads as the same again, and is a vector; what becomes of the tree can be planned
 * and evaluated. The first byte chooses engines and times.
 */
#include "base/assert.h"
#include "promql/distribute.h"
#include "promql/printer.h"
#include "promql/remote_engines.h"
#include "tests/lib/fake_query.h"
#include "tests/lib/memory_queryable.h"
#include "tests/lib/surviving_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct label east[] = {LABEL("region", "east")};
static const struct label west[] = {LABEL("region", "west")};

static void make_engines(struct remote_engine v[3], struct labels sets[3], struct fake_query *fake,
			 bool overlaps)
{
	for (int i = 0; i < 3; i++) {
		sets[i] = (struct labels){i ? west : east, 1};
		v[i] = (struct remote_engine){
		    .address = "engine",
		    .service = &fake->base,
		    .min_t_ms = overlaps ? i * INT64_C(3600000) : 0,
		    .max_t_ms = INT64_C(7200000) * (i + 1),
		    .label_sets = &sets[i],
		    .n_label_sets = 1,
		    .partition_sets = &sets[i],
		    .n_partition_sets = 1,
		};
	}
}

static void check_part(const struct remote_expr *part)
{
	struct parser_options options = PARSER_OPTIONS_ALL;
	struct buf again auto_done(buf_done) = BUF_INIT(QUERY_MAX_BYTES);
	struct err err = ERR_INIT;

	assert(part->query->type == VALUE_VECTOR);
	if (!text_survives(part->query))
		return;
	options.extended_functions = true;
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(part->text, &options, NULL, &err);
	assert(query || err.code == ERR_LIMIT);
	if (!query)
		return;
	assert(query->root->type == VALUE_VECTOR);
	expr_print(&again, query->root);
	assert(str_eq(buf_str(&again), part->text));
}

static void check_tree(const struct expr *e)
{
	if (e->kind == EXPR_REMOTE)
		check_part(&e->remote);
	for (size_t i = 0; expr_child(e, i); i++) {
		assert(expr_child(e, i)->height < e->height);
		check_tree(expr_child(e, i));
	}
}

static void try_distribute(struct str text, struct promql_engine_opts *opts, struct query_time time)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct err err = ERR_INIT;
	struct promql_query *query auto_free(promql_query_free) =
	    promql_parse(text, &opts->parser, NULL, &err);
	struct distribution d = {.engines = opts->remotes,
				 .time = time,
				 .lookback_ms = 300000,
				 .default_step_ms = 60000};
	struct steps steps = {time.start_ms, time.step_ms ? time.step_ms : 1,
			      time.step_ms ? 11 : 1};

	if (!query)
		return;
	const struct expr *e = distribute(&d, query->root, &steps, a, &err);
	if (e)
		check_tree(e);
}

static void try_evaluate(struct str text, struct promql_engine_opts *opts, struct query_time time)
{
	struct memory_queryable *data auto_free(memory_queryable_free) = memory_queryable_new();
	struct err err = ERR_INIT;
	struct result_series s;
	struct promql_plan *plan auto_free(promql_plan_free) =
	    promql_prepare(text, opts, time, &err);
	if (!plan)
		return;
	struct promql_result *r auto_free(promql_result_free) =
	    promql_execute(plan, memory_queryable(data), NULL, NULL, NULL, &err);
	if (!r || promql_result_type(r) == VALUE_SCALAR || promql_result_type(r) == VALUE_STRING)
		return;
	while (promql_result_next(r, &s, &err) == ITER_VALUE)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int64_t t_ms[] = {3600000};
	static double v[] = {1};
	static const struct query_series series[] = {
	    {.labels = {east, 1}, .samples = {.t_ms = t_ms, .v = v, .n = 1}}};
	struct remote_engine engines[3];
	struct labels sets[3];
	struct fake_query fake;

	if (size == 0)
		return 0;
	fake_query_init(&fake, series, 1);
	make_engines(engines, sets, &fake, data[0] & 4);
	struct remote_engines remotes = {.v = engines, .n = data[0] & 3};
	struct promql_engine_opts opts = {
	    .parser = PARSER_OPTIONS_ALL, .max_samples = 100000, .remotes = &remotes};
	struct query_time time = query_instant(3600000);
	if (data[0] & 8)
		time = (struct query_time){3600000, 4200000, 60000};
	struct str text = str_from(data + 1, size - 1);
	try_distribute(text, &opts, time);
	try_evaluate(text, &opts, time);
	return 0;
}
