/* query_api.c - one query from its parameters to its answer.
 *
 * What is wrong with the request is found before anything runs and is bad_data. What goes wrong
 * while it runs is execution, timeout or canceled.
 */
#include "api/query_api.h"

#include "api/analysis_json.h"
#include "api/columns.h"
#include "api/query_params.h"
#include "api/query_stats.h"
#include "api/result_json.h"
#include "base/clock.h"
#include "base/duration.h"

/* --- answers ---------------------------------------------------------------------------------- */

/* A query whose own time is up fails for that; a store that was too slow is a store that failed. */
static void fail(struct api_answer *answer, struct ctx *ctx, struct err *err)
{
	struct err why;
	enum api_error error = err->code == ERR_INTERNAL ? API_INTERNAL : API_EXECUTION;

	if (!ctx_check(ctx, &why)) {
		bool is_late = why.code == ERR_TIMEOUT;
		error = is_late ? API_TIMEOUT : API_CANCELED;
		err_set(err, why.code, "query %s in expression evaluation",
			is_late ? "timed out" : "was canceled");
	}
	api_fail(answer, error, err);
}

static void write_stats(struct json_writer *w, const struct query_params *q,
			const struct evaluation *e)
{
	struct query_stats stats = {
	    .asked_ns = e->asked_ns,
	    .started_ns = e->started_ns,
	    .prepared_ns = e->prepared_ns,
	    .ended_ns = clock_monotonic_ns(e->evaluator->clock),
	    .samples = promql_result_stats(e->result),
	    .per_step_of = q->wants_step_stats ? e->result : NULL,
	    .start_ms = q->query.start_ms,
	    .step_ms = q->query.is_range ? q->query.step_ms : 0,
	};

	json_key(w, "stats");
	query_stats_json(w, &stats);
}

/* Thanos sends its analysis with every answer, empty unless asked for. */
static void write_analysis(struct json_writer *w, const struct query_params *q,
			   struct evaluation *e)
{
	json_key(w, "analysis");
	if (!q->wants_analysis) {
		json_begin_object(w);
		json_end_object(w);
		return;
	}
	struct arena *a auto_free(arena_free) = arena_new(&e->tracker);
	analysis_json(w, promql_result_explain(e->result, a), &e->fanout,
		      clock_monotonic_ns(&clock_system));
}

static bool write_json(const struct query_params *q, struct api_answer *answer,
		       struct evaluation *e, struct err *err)
{
	/* Almost every error shows before the first series is there. */
	struct result_json json;

	if (!result_json_init(&json, e->result, err))
		return false;
	if (q->limit > 0)
		json.max_series = (uint64_t)q->limit;
	struct json_writer *w = api_data(answer);
	json_begin_object(w);
	if (!result_json_write(&json, w, err))
		return false;
	if (json.is_truncated)
		notes_add(&answer->notes, NOTE_WARNING, RESULT_TRUNCATED);
	if (q->wants_stats)
		write_stats(w, q, e);
	write_analysis(w, q, e);
	json_end_object(w);
	api_end(answer);
	return true;
}

/* --- columns ---------------------------------------------------------------------------------- */

static bool wants_columns(const struct http_request *r)
{
	return http_list_has(http_request_header(r, "accept"), COLUMNS_CONTENT_TYPE);
}

static struct columns_info columns_info_of(const struct query_params *q, const struct evaluation *e)
{
	enum value_type type = promql_result_type(e->result);
	bool has_own_times = type == VALUE_MATRIX && !q->query.is_range;

	return (struct columns_info){
	    .type = type,
	    .start_ms = q->query.start_ms,
	    .step_ms = q->query.is_range ? q->query.step_ms : 0,
	    .n_steps = has_own_times ? 0 : promql_result_n_steps(e->result),
	};
}

static bool add_series(struct columns *c, const struct query_params *q, struct api_answer *answer,
		       struct promql_result *result, struct err *err)
{
	int64_t n_left = q->limit > 0 ? q->limit : INT64_MAX;
	struct result_series s;
	enum iter_result r;

	while ((r = promql_result_next(result, &s, err)) == ITER_VALUE && n_left-- > 0)
		if (!columns_add(c, &s, err))
			return false;
	if (r == ITER_VALUE)
		notes_add(&answer->notes, NOTE_WARNING, RESULT_TRUNCATED);
	return r != ITER_ERROR;
}

/* Of these kinds; left out when there are none. */
static void put_notes(struct json_writer *w, const char *key, struct notes *notes, bool infos)
{
	struct note note;
	bool has_any = false;

	for (size_t i = 0; notes_get(notes, i, &note); i++) {
		if ((note.kind == NOTE_PROMQL_INFO) != infos)
			continue;
		if (!has_any) {
			json_key(w, key);
			json_begin_array(w);
		}
		has_any = true;
		json_put_cstr(w, note.text);
	}
	if (has_any)
		json_end_array(w);
}

static bool write_columns(const struct query_params *q, struct api_answer *answer,
			  struct evaluation *e, struct err *err)
{
	struct columns_info info = columns_info_of(q, e);
	struct columns c auto_done(columns_done);
	struct str parts[COLUMNS_PARTS];

	columns_init(&c, &info, &e->tracker);
	if (info.type == VALUE_SCALAR || info.type == VALUE_STRING) {
		json_key(columns_header(&c), "value");
		if (!result_json_put_value(e->result, columns_header(&c), err))
			return false;
	} else if (!add_series(&c, q, answer, e->result, err)) {
		return false;
	}
	struct json_writer *w = columns_header(&c);
	put_notes(w, "warnings", &answer->notes, false);
	put_notes(w, "infos", &answer->notes, true);
	if (q->wants_stats)
		write_stats(w, q, e);
	if (q->wants_analysis)
		write_analysis(w, q, e);
	fanout_json(w, "fanout", &e->fanout, clock_monotonic_ns(&clock_system));
	if (!columns_end(&c, parts, err))
		return false;
	api_send(answer, COLUMNS_CONTENT_TYPE, parts, COLUMNS_PARTS);
	return true;
}

/* --- running ---------------------------------------------------------------------------------- */

/* As Thanos says it: it rewrites the query before it looks at it again. */
static void tell_enforced(const struct query_api *api, struct err *err)
{
	if (api->tenancy.is_enforced && err->code == ERR_INVALID &&
	    strstr(err->msg, "parse error: "))
		err_wrap(err, "error parsing query string, when enforcing tenenacy");
}

static void observe(const struct query_api *api, const struct query_params *q, struct evaluation *e)
{
	int64_t took_ns = clock_monotonic_ns(e->evaluator->clock) - e->started_ns;

	query_telemetry_observe(api->telemetry, q->query.tenant, &e->fanout.merged,
				(double)took_ns / NS_PER_S);
	if (q->kind == QUERY_RANGE)
		query_telemetry_observe_range(
		    api->telemetry, (double)(q->query.end_ms - q->query.start_ms) / MS_PER_S);
}

/* Plans, or answers why that cannot be done. */
static bool prepare(const struct query_api *api, const struct query_params *q, struct evaluation *e,
		    struct api_answer *answer)
{
	struct err err = ERR_INIT;
	struct evaluation_options options = {
	    .counts_samples = q->wants_stats,
	    .counts_steps = q->wants_step_stats,
	    .analyzes = q->wants_analysis,
	};

	if (api->tenancy.is_enforced)
		options.enforced = (struct label){api->tenancy.label, q->settings.tenant};
	evaluation_init(e, &api->evaluator, &q->query);
	if (evaluation_prepare(e, &options, &err))
		return true;
	tell_enforced(api, &err);
	api_fail(answer, err.code == ERR_EXECUTION ? API_EXECUTION : API_BAD_DATA, &err);
	return false;
}

typedef void run_fn(const struct query_api *api, const struct query_params *q,
		    const struct http_request *r, struct api_answer *answer);

static void evaluate(const struct query_api *api, const struct query_params *q,
		     const struct http_request *r, struct api_answer *answer)
{
	struct err err = ERR_INIT;
	struct evaluation e auto_done(evaluation_done);

	if (!prepare(api, q, &e, answer))
		return;
	bool ok = evaluation_start(&e, r->ctx, &answer->notes, &err) &&
		  (wants_columns(r) ? write_columns(q, answer, &e, &err)
				    : write_json(q, answer, &e, &err));
	if (!ok) {
		fail(answer, e.ctx, &err);
		return;
	}
	observe(api, q, &e);
}

/* What would be done; nothing is. */
static void explain(const struct query_api *api, const struct query_params *q,
		    const struct http_request *r, struct api_answer *answer)
{
	struct evaluation e auto_done(evaluation_done);

	if (!prepare(api, q, &e, answer))
		return;
	explain_json(api_data(answer), promql_explain(e.plan, r->arena));
	api_end(answer);
}

static void serve(enum query_kind kind, run_fn *run, struct http_request *r,
		  struct http_response *response, const struct query_api *api)
{
	struct api_answer answer auto_done(api_answer_done);
	struct query_params q = {.kind = kind};
	struct err err = ERR_INIT;

	api_answer_init(&answer, response, &api->api);
	if (query_params_read(&q, api, r, &err))
		run(api, &q, r, &answer);
	else
		api_fail(&answer, API_BAD_DATA, &err);
	query_params_done(&q);
}

void query_api_instant(struct http_request *r, struct http_response *response, void *arg)
{
	serve(QUERY_INSTANT, evaluate, r, response, arg);
}

void query_api_range(struct http_request *r, struct http_response *response, void *arg)
{
	serve(QUERY_RANGE, evaluate, r, response, arg);
}

void query_api_explain_instant(struct http_request *r, struct http_response *response, void *arg)
{
	serve(QUERY_INSTANT, explain, r, response, arg);
}

void query_api_explain_range(struct http_request *r, struct http_response *response, void *arg)
{
	serve(QUERY_RANGE, explain, r, response, arg);
}
