#include "api/metadata_api.h"

#include "api/params.h"
#include "api/query_settings.h"
#include "api/result_json.h"
#include "base/clock.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "store/label_list.h"
#include "store/merge.h"

/* A request for metadata: the parameters that all three have. */
struct asked {
	struct time_range range;
	int64_t limit; /* 0: none */
	struct query_settings settings;
	struct promql_query **selectors; /* of match[]; owned */
	size_t n_selectors;
	struct matcher *tenant;    /* owned; NULL unless tenancy is enforced */
	struct matchers *matchers; /* what is looked for: of each selector, and of the tenant */
	size_t n_matchers;
};

static bool read_selectors(struct asked *q, const struct http_request *r, struct err *err)
{
	struct param_values texts = params_all(r, "match[]");

	q->selectors = ARENA_ARRAY(r->arena, struct promql_query *, texts.n);
	q->matchers = ARENA_ARRAY(r->arena, struct matchers, texts.n + 1);
	for (size_t i = 0; i < texts.n; i++) {
		q->selectors[i] = promql_parse_selector(texts.v[i], err);
		if (!q->selectors[i])
			return false;
		q->matchers[i] = q->selectors[i]->root->vector.matchers;
		q->n_selectors++;
	}
	q->n_matchers = q->n_selectors;
	return true;
}

/* A request without a selector asks for all that the tenant has. */
static bool enforce_tenancy(struct asked *q, const struct tenancy *t, struct arena *a,
			    struct err *err)
{
	if (!t->is_enforced)
		return true;
	q->tenant = matcher_new(MATCH_EQ, t->label, q->settings.tenant, err);
	if (!q->tenant)
		return false;
	if (q->n_matchers == 0)
		q->matchers[q->n_matchers++] = (struct matchers){0};
	for (size_t i = 0; i < q->n_matchers; i++)
		q->matchers[i] = matchers_enforce(a, q->matchers[i], q->tenant);
	return true;
}

static bool asked_read(struct asked *q, const struct query_api *api, const struct http_request *r,
		       struct err *err)
{
	if (r->form_err) {
		*err = *r->form_err;
		return err_wrap(err, "parse form");
	}
	return param_metadata_range(r, api->metadata_range_ms, clock_wall_ms(api->evaluator.clock),
				    &q->range, err) &&
	       query_settings_read(&q->settings, api, r, err) && read_selectors(q, r, err) &&
	       enforce_tenancy(q, &api->tenancy, r->arena, err) && param_limit(r, &q->limit, err);
}

static void asked_done(struct asked *q)
{
	for (size_t i = 0; i < q->n_selectors; i++)
		promql_query_free(q->selectors[i]);
	matcher_unref(q->tenant);
	query_settings_done(&q->settings);
}

/* One more than asked for, to see whether there is more. */
static int64_t limit_to_ask(const struct asked *q)
{
	return q->limit > 0 && q->limit < INT64_MAX ? q->limit + 1 : q->limit;
}

/* --- series ----------------------------------------------------------------------------------- */

static struct series_iter *open_selection(const struct query_api *api, struct store_api *store,
					  const struct asked *q, size_t i, struct ctx *ctx,
					  struct notes *notes, struct arena *a, struct err *err)
{
	const struct query_settings *s = &q->settings;
	struct series_request *req = ARENA_NEW(a, struct series_request);

	*req = (struct series_request){
	    .min_t_ms = q->range.min_t_ms,
	    .max_t_ms = q->range.max_t_ms,
	    .matchers = q->matchers[i],
	    .max_resolution_ms = INT64_MAX,
	    .skip_chunks = true,
	    .partial_response = query_settings_strategy(s),
	    .without_replica_labels = s->replica_labels,
	    .n_without_replica_labels = s->dedup ? s->n_replica_labels : 0,
	    .limit = limit_to_ask(q),
	    .tenant = s->tenant,
	};
	return store_series(store, ctx, req, notes, api->evaluator.tracker, err);
}

static struct series_iter *open_selections(const struct query_api *api, struct store_api *store,
					   const struct asked *q, struct ctx *ctx,
					   struct notes *notes, struct arena *a, struct err *err)
{
	struct series_iter **v = ARENA_ARRAY(a, struct series_iter *, q->n_matchers);

	for (size_t i = 0; i < q->n_matchers; i++) {
		v[i] = open_selection(api, store, q, i, ctx, notes, a, err);
		if (v[i])
			continue;
		while (i-- > 0)
			series_iter_close(v[i]);
		return NULL;
	}
	return series_merge(v, q->n_matchers, api->evaluator.tracker);
}

static bool write_series(struct series_iter *it, int64_t limit, struct api_answer *answer,
			 struct err *err)
{
	struct series s;
	enum iter_result r = series_iter_next(it, &s, err);
	int64_t n = 0;

	if (r == ITER_ERROR)
		return false;
	struct json_writer *w = api_data(answer);
	json_begin_array(w);
	for (; r == ITER_VALUE && (limit == 0 || n < limit); n++) {
		labels_json(w, s.labels);
		r = series_iter_next(it, &s, err);
	}
	json_end_array(w);
	if (r == ITER_VALUE)
		notes_add(&answer->notes, NOTE_WARNING, RESULT_TRUNCATED);
	return r != ITER_ERROR;
}

static bool find_series(const struct query_api *api, const struct http_request *r,
			const struct asked *q, struct api_answer *answer, struct err *err)
{
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(r->ctx, api->evaluator.timeout_ms);
	struct store_api *store auto_free(store_close) =
	    proxy_filtered(api->evaluator.store, &q->settings.stores);
	struct series_iter *it auto_free(series_iter_close) =
	    open_selections(api, store, q, ctx, &answer->notes, r->arena, err);

	return (it && write_series(it, q->limit, answer, err)) || err_wrap(err, "proxy Series()");
}

void metadata_api_series(struct http_request *r, struct http_response *response, void *arg)
{
	const struct query_api *api = arg;
	struct api_answer answer auto_done(api_answer_done);
	struct asked q = {0};
	struct err err = ERR_INIT;

	api_answer_init(&answer, response, &api->api);
	if (params_all(r, "match[]").n == 0) {
		err_set(&err, ERR_INVALID, "no match[] parameter provided");
		api_fail(&answer, API_BAD_DATA, &err);
	} else if (!asked_read(&q, api, r, &err)) {
		api_fail(&answer, API_BAD_DATA, &err);
	} else if (find_series(api, r, &q, &answer, &err)) {
		api_end(&answer);
	} else {
		api_fail(&answer, API_EXECUTION, &err);
	}
	asked_done(&q);
}

/* --- label names and values ------------------------------------------------------------------- */

static bool find_labels_of(struct store_api *store, const struct asked *q,
			   const struct matchers *matchers, struct str label, struct ctx *ctx,
			   struct notes *notes, struct arena *a, struct str_list *all,
			   struct err *err)
{
	struct label_request req = {
	    .label = label,
	    .min_t_ms = q->range.min_t_ms,
	    .max_t_ms = q->range.max_t_ms,
	    .matchers = matchers ? *matchers : (struct matchers){0},
	    .partial_response = query_settings_strategy(&q->settings),
	    .limit = limit_to_ask(q),
	    .tenant = q->settings.tenant,
	};
	struct str_list found = {0};

	bool ok = label.n > 0 ? store_label_values(store, ctx, &req, notes, a, &found, err)
			      : store_label_names(store, ctx, &req, notes, a, &found, err);
	for (size_t i = 0; ok && i < found.n; i++)
		ARENA_PUSH(a, all, found.v[i]);
	return ok || err_wrap(err, "proxy Label%s()", label.n > 0 ? "Values" : "Names");
}

static bool find_labels(const struct query_api *api, const struct http_request *r,
			const struct asked *q, struct str label, struct notes *notes,
			struct str_list *out, struct err *err)
{
	struct ctx *ctx auto_free(ctx_free) = ctx_new_timeout_ms(r->ctx, api->evaluator.timeout_ms);
	struct store_api *store auto_free(store_close) =
	    proxy_filtered(api->evaluator.store, &q->settings.stores);

	if (q->n_matchers == 0 &&
	    !find_labels_of(store, q, NULL, label, ctx, notes, r->arena, out, err))
		return false;
	for (size_t i = 0; i < q->n_matchers; i++)
		if (!find_labels_of(store, q, &q->matchers[i], label, ctx, notes, r->arena, out,
				    err))
			return false;
	label_list_settle(out, &(struct label_request){.label = label});
	return true;
}

static void write_labels(const struct str_list *list, int64_t limit, struct api_answer *answer)
{
	size_t n = limit > 0 && (uint64_t)limit < list->n ? (size_t)limit : list->n;
	struct json_writer *w = api_data(answer);

	json_begin_array(w);
	for (size_t i = 0; i < n; i++)
		json_put_str(w, list->v[i]);
	json_end_array(w);
	if (n < list->n)
		notes_add(&answer->notes, NOTE_WARNING, RESULT_TRUNCATED);
	api_end(answer);
}

static void serve_labels(struct http_request *r, struct http_response *response,
			 const struct query_api *api, struct str label)
{
	struct api_answer answer auto_done(api_answer_done);
	struct asked q = {0};
	struct str_list list = {0};
	struct err err = ERR_INIT;

	api_answer_init(&answer, response, &api->api);
	if (!asked_read(&q, api, r, &err))
		api_fail(&answer, API_BAD_DATA, &err);
	else if (find_labels(api, r, &q, label, &answer.notes, &list, &err))
		write_labels(&list, q.limit, &answer);
	else
		api_fail(&answer, API_EXECUTION, &err);
	asked_done(&q);
}

void metadata_api_label_names(struct http_request *r, struct http_response *response, void *arg)
{
	serve_labels(r, response, arg, (struct str){0});
}

void metadata_api_label_values(struct http_request *r, struct http_response *response, void *arg)
{
	const struct query_api *api = arg;
	struct str name = http_request_segment(r, "name");

	if (name.n > 0 && utf8_valid(name)) {
		serve_labels(r, response, api, name);
		return;
	}
	struct api_answer answer auto_done(api_answer_done);
	struct buf quoted auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct err err = ERR_INIT;
	api_answer_init(&answer, response, &api->api);
	quote_append(&quoted, name);
	err_set(&err, ERR_INVALID, "invalid label name: %s", buf_cstr(&quoted));
	api_fail(&answer, API_BAD_DATA, &err);
}
