/* query_api.c - one query from its parameters to its answer.
 *
 * What is wrong with the request is found before anything runs and is bad_data. What goes wrong
 * while it runs is execution, timeout or canceled; a failing store makes an instant query internal,
 * as Thanos has it.
 */
#include "api/query_api.h"

#include "api/params.h"
#include "api/query_settings.h"
#include "api/query_stats.h"
#include "api/result_json.h"
#include "base/clock.h"
#include "base/duration.h"

enum { MAX_POINTS = 11000 };

enum query_kind { INSTANT, RANGE };

/* A query as the request has it. */
struct asked {
	enum query_kind kind;
	struct query_request query;
	bool wants_stats;
	struct query_settings settings;
};

/* --- parameters ------------------------------------------------------------------------------- */

static bool read_times(struct asked *q, const struct query_api *api, const struct http_request *r,
		       struct err *err)
{
	int64_t now_ms = clock_wall_ms(api->evaluator.clock);
	struct query_request *t = &q->query;

	if (q->kind == INSTANT) {
		t->start_ms = now_ms;
		if (!param_time(r, "time", &t->start_ms, err))
			return false;
		t->end_ms = t->start_ms;
		return true;
	}
	if (!param_required_time(r, "start", &t->start_ms, err) ||
	    !param_required_time(r, "end", &t->end_ms, err))
		return false;
	if (t->end_ms < t->start_ms)
		return err_set(err, ERR_INVALID, "end timestamp must not be before start time");
	return true;
}

/* Also where the difference does not fit a signed number. */
static uint64_t length_ms(const struct query_request *t)
{
	return (uint64_t)t->end_ms - (uint64_t)t->start_ms;
}

static bool read_step(struct asked *q, const struct query_api *api, const struct http_request *r,
		      struct err *err)
{
	struct query_request *t = &q->query;

	if (q->kind == INSTANT)
		return true;
	t->is_range = true;
	t->step_ms = (int64_t)(length_ms(t) / 1000 / 250 * 1000);
	if (t->step_ms < api->default_step_ms)
		t->step_ms = api->default_step_ms;
	if (!param_duration(r, "step", &t->step_ms, err))
		return err_wrap(err, "'step' parameter");
	if (t->step_ms <= 0)
		return err_set(err, ERR_INVALID,
			       "zero or negative query resolution step widths are not accepted. "
			       "Try a positive integer");
	if (length_ms(t) / (uint64_t)t->step_ms > MAX_POINTS)
		return err_set(err, ERR_INVALID,
			       "exceeded maximum resolution of 11,000 points per timeseries. Try "
			       "decreasing the query resolution (?step=XX)");
	return true;
}

static bool read_timeout(struct asked *q, const struct query_api *api, const struct http_request *r,
			 struct err *err)
{
	q->query.timeout_ms = api->evaluator.timeout_ms;
	q->wants_stats = http_request_param(r, "stats").n > 0;
	return param_duration(r, "timeout", &q->query.timeout_ms, err);
}

static bool read_resolution(struct asked *q, const struct query_api *api,
			    const struct http_request *r, struct err *err)
{
	struct str text = http_request_param(r, "max_source_resolution");
	bool is_auto = str_is(text, "auto");

	if (api->auto_downsampling || is_auto)
		q->query.max_resolution_ms =
		    q->kind == RANGE ? q->query.step_ms / 5 : api->instant_max_resolution_ms;
	if (!is_auto &&
	    !param_duration(r, "max_source_resolution", &q->query.max_resolution_ms, err))
		return err_wrap(err, "'max_source_resolution' parameter");
	if (q->query.max_resolution_ms < 0)
		return err_set(err, ERR_INVALID,
			       "negative 'max_source_resolution' is not accepted. Try a positive "
			       "integer");
	return true;
}

static bool read_lookback(struct asked *q, const struct http_request *r, struct err *err)
{
	return param_duration(r, "lookback_delta", &q->query.lookback_ms, err) ||
	       err_wrap(err, "'lookback_delta' parameter");
}

static bool read_engine(struct asked *q, const struct http_request *r, struct err *err)
{
	struct str engine = http_request_param(r, "engine");

	if (str_is(engine, "prometheus"))
		q->query.engine = QUERY_ENGINE_PROMETHEUS;
	else if (str_is(engine, "thanos"))
		q->query.engine = QUERY_ENGINE_THANOS;
	if (engine.n == 0 || q->query.engine != QUERY_ENGINE_DEFAULT)
		return true;
	return err_set(err, ERR_INVALID, "'%.*s' bad engine", STR_FMT(engine));
}

/* What a request may ask for that this version cannot do. */
static bool refuse_unsupported(const struct http_request *r, struct err *err)
{
	struct str value = http_request_param(r, "analyze");

	if (value.n == 0 || str_is(value, "false") || str_is(value, "0"))
		return true;
	return err_set(err, ERR_INVALID, "parameter 'analyze' is not supported yet");
}

static bool asked_read(struct asked *q, const struct query_api *api, const struct http_request *r,
		       struct err *err)
{
	if (r->form_err) {
		*err = *r->form_err;
		return err_wrap(err, "parse form");
	}
	q->query.text = http_request_param(r, "query");
	return read_times(q, api, r, err) && read_step(q, api, r, err) &&
	       read_timeout(q, api, r, err) && read_engine(q, r, err) &&
	       query_settings_read(&q->settings, api, r, err) &&
	       query_settings_read_shard(&q->settings, r, err) && read_resolution(q, api, r, err) &&
	       read_lookback(q, r, err) && refuse_unsupported(r, err);
}

/* --- running ---------------------------------------------------------------------------------- */

static enum api_error error_of(enum query_kind kind, const struct err *err)
{
	switch ((int)err->code) {
	case ERR_EXECUTION:
	case ERR_LIMIT:
	case ERR_UNSUPPORTED:
		return API_EXECUTION;
	default:
		return kind == INSTANT ? API_INTERNAL : API_EXECUTION;
	}
}

/* A query whose own time is up fails for that; a store that was too slow is a store that failed. */
static void fail(struct api_answer *answer, const struct asked *q, struct ctx *ctx, struct err *err)
{
	struct err why;
	enum api_error error = error_of(q->kind, err);

	if (!ctx_check(ctx, &why)) {
		bool is_late = why.code == ERR_TIMEOUT;
		error = is_late ? API_TIMEOUT : API_CANCELED;
		err_set(err, why.code, "query %s in expression evaluation",
			is_late ? "timed out" : "was canceled");
	}
	api_fail(answer, error, err);
}

static void write_stats(struct json_writer *w, const struct evaluation *e)
{
	struct query_stats stats = {
	    .asked_ns = e->asked_ns,
	    .started_ns = e->started_ns,
	    .prepared_ns = e->prepared_ns,
	    .ended_ns = clock_monotonic_ns(e->evaluator->clock),
	    .samples = promql_result_stats(e->result),
	};

	json_key(w, "stats");
	query_stats_json(w, &stats);
}

static bool write_result(const struct asked *q, struct api_answer *answer,
			 const struct evaluation *e, struct err *err)
{
	/* Almost every error shows before the first series is there. */
	struct result_json json;

	if (!result_json_init(&json, e->result, err))
		return false;
	struct json_writer *w = api_data(answer);
	json_begin_object(w);
	if (!result_json_write(&json, w, err))
		return false;
	if (q->wants_stats)
		write_stats(w, e);
	/* Thanos sends its analysis with every answer, empty unless asked for. */
	json_key(w, "analysis");
	json_begin_object(w);
	json_end_object(w);
	json_end_object(w);
	return true;
}

/* The settings become part of the query. */
static void settle(struct asked *q)
{
	const struct query_settings *s = &q->settings;

	q->query.dedup = s->dedup;
	q->query.partial_response = s->partial_response;
	q->query.replica_labels = s->replica_labels;
	q->query.n_replica_labels = s->n_replica_labels;
	q->query.stores = s->stores.v;
	q->query.n_stores = s->stores.n;
	q->query.shard = s->shard;
	q->query.tenant = s->tenant;
}

/* As Thanos says it: it rewrites the query before it looks at it again. */
static void tell_enforced(const struct query_api *api, struct err *err)
{
	if (api->tenancy.is_enforced && err->code == ERR_INVALID &&
	    strstr(err->msg, "parse error: "))
		err_wrap(err, "error parsing query string, when enforcing tenenacy");
}

static void observe(const struct query_api *api, const struct asked *q, struct evaluation *e)
{
	int64_t took_ns = clock_monotonic_ns(e->evaluator->clock) - e->started_ns;

	query_telemetry_observe(api->telemetry, q->query.tenant, &e->fanout.merged,
				(double)took_ns / NS_PER_S);
	if (q->kind == RANGE)
		query_telemetry_observe_range(
		    api->telemetry, (double)(q->query.end_ms - q->query.start_ms) / MS_PER_S);
}

static void run(const struct query_api *api, struct asked *q, const struct http_request *r,
		struct api_answer *answer)
{
	struct err err = ERR_INIT;
	struct evaluation_options options = {.counts_samples = q->wants_stats};
	struct evaluation e auto_done(evaluation_done);

	settle(q);
	if (api->tenancy.is_enforced)
		options.enforced = (struct label){api->tenancy.label, q->settings.tenant};
	evaluation_init(&e, &api->evaluator, &q->query);
	if (!evaluation_prepare(&e, &options, &err)) {
		tell_enforced(api, &err);
		api_fail(answer, err.code == ERR_EXECUTION ? API_EXECUTION : API_BAD_DATA, &err);
		return;
	}
	if (!evaluation_start(&e, r->ctx, &answer->notes, &err) ||
	    !write_result(q, answer, &e, &err)) {
		fail(answer, q, e.ctx, &err);
		return;
	}
	api_end(answer);
	observe(api, q, &e);
}

static void serve(enum query_kind kind, struct http_request *r, struct http_response *response,
		  const struct query_api *api)
{
	struct api_answer answer auto_done(api_answer_done);
	struct asked q = {.kind = kind};
	struct err err = ERR_INIT;

	api_answer_init(&answer, response, &api->api);
	if (asked_read(&q, api, r, &err))
		run(api, &q, r, &answer);
	else
		api_fail(&answer, API_BAD_DATA, &err);
	query_settings_done(&q.settings);
}

void query_api_instant(struct http_request *r, struct http_response *response, void *arg)
{
	serve(INSTANT, r, response, arg);
}

void query_api_range(struct http_request *r, struct http_response *response, void *arg)
{
	serve(RANGE, r, response, arg);
}
