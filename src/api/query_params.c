#include "api/query_params.h"

#include "api/params.h"
#include "base/clock.h"
#include "base/quote.h"

enum { MAX_POINTS = 11000 };

static bool read_times(struct query_params *q, const struct query_api *api,
		       const struct http_request *r, struct err *err)
{
	int64_t now_ms = clock_wall_ms(api->evaluator.clock);
	struct query_request *t = &q->query;

	if (q->kind == QUERY_INSTANT) {
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

static bool read_step(struct query_params *q, const struct query_api *api,
		      const struct http_request *r, struct err *err)
{
	struct query_request *t = &q->query;

	if (q->kind == QUERY_INSTANT)
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

static bool read_timeout(struct query_params *q, const struct query_api *api,
			 const struct http_request *r, struct err *err)
{
	q->query.timeout_ms = api->evaluator.timeout_ms;
	return param_duration(r, "timeout", &q->query.timeout_ms, err);
}

static bool read_resolution(struct query_params *q, const struct query_api *api,
			    const struct http_request *r, struct err *err)
{
	struct str text = http_request_param(r, "max_source_resolution");
	bool is_auto = str_is(text, "auto");

	if (api->auto_downsampling || is_auto)
		q->query.max_resolution_ms =
		    q->kind == QUERY_RANGE ? q->query.step_ms / 5 : api->instant_max_resolution_ms;
	if (!is_auto &&
	    !param_duration(r, "max_source_resolution", &q->query.max_resolution_ms, err))
		return err_wrap(err, "'max_source_resolution' parameter");
	if (q->query.max_resolution_ms < 0)
		return err_set(err, ERR_INVALID,
			       "negative 'max_source_resolution' is not accepted. Try a positive "
			       "integer");
	return true;
}

static bool read_lookback(struct query_params *q, const struct http_request *r, struct err *err)
{
	return param_duration(r, "lookback_delta", &q->query.lookback_ms, err) ||
	       err_wrap(err, "'lookback_delta' parameter");
}

static bool read_engine(struct query_params *q, const struct http_request *r, struct err *err)
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

/* Prometheus' parameter, with its texts. */
static bool read_limit(struct query_params *q, const struct http_request *r, struct err *err)
{
	struct buf quoted auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct str text = http_request_param(r, "limit");

	if (text.n == 0)
		return true;
	quote_append(&quoted, text);
	if (!str_to_i64(text, &q->limit))
		return err_set(
		    err, ERR_INVALID,
		    "invalid parameter \"limit\": strconv.Atoi: parsing %s: invalid syntax",
		    buf_cstr(&quoted));
	if (q->limit < 0)
		return err_set(err, ERR_INVALID,
			       "invalid parameter \"limit\": limit must be non-negative");
	return true;
}

static void read_extras(struct query_params *q, const struct http_request *r)
{
	struct str stats = http_request_param(r, "stats");
	struct str analyze = http_request_param(r, "analyze");

	q->wants_stats = stats.n > 0;
	q->wants_step_stats = str_is(stats, "all");
	q->wants_analysis = str_is(analyze, "true") || str_is(analyze, "1");
}

/* The settings become part of the query. */
static void settle(struct query_params *q)
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

bool query_params_read(struct query_params *q, const struct query_api *api,
		       const struct http_request *r, struct err *err)
{
	if (r->form_err) {
		*err = *r->form_err;
		return err_wrap(err, "parse form");
	}
	q->query.text = http_request_param(r, "query");
	read_extras(q, r);
	if (!read_times(q, api, r, err) || !read_step(q, api, r, err) ||
	    !read_timeout(q, api, r, err) || !read_engine(q, r, err) ||
	    !query_settings_read(&q->settings, api, r, err) ||
	    !query_settings_read_shard(&q->settings, r, err) || !read_resolution(q, api, r, err) ||
	    !read_lookback(q, r, err) || !read_limit(q, r, err))
		return false;
	settle(q);
	return true;
}

void query_params_done(struct query_params *q)
{
	query_settings_done(&q->settings);
}
