#include "api/active_queries_api.h"

#include "base/duration.h"

#include <stdio.h>

static bool read_tenant(const struct query_api *api, const struct http_request *r, struct str *out,
			struct err *err)
{
	*out = (struct str){0};
	return !api->tenancy.is_enforced || tenancy_read(&api->tenancy, r, out, err);
}

static void put_id(struct json_writer *w, uint64_t id)
{
	char text[24];

	/* A string, because JavaScript's numbers end before ours. */
	snprintf(text, sizeof(text), "%llu", (unsigned long long)id);
	json_key(w, "id");
	json_put_cstr(w, text);
}

static void put_time(struct json_writer *w, const char *key, int64_t t_ms)
{
	json_key(w, key);
	json_put_time_ms(w, t_ms);
}

static void put_query(struct json_writer *w, const struct active_query_info *q)
{
	json_begin_object(w);
	put_id(w, q->id);
	json_key(w, "query");
	json_put_str(w, q->text);
	json_key(w, "tenant");
	json_put_str(w, q->tenant);
	put_time(w, "start", q->start_ms);
	put_time(w, "end", q->is_range ? q->end_ms : q->start_ms);
	put_time(w, "step", q->is_range ? q->step_ms : 0);
	put_time(w, "askedAt", q->asked_ms);
	json_key(w, "seconds");
	json_put_f64(w, (double)q->duration_ns / NS_PER_S);
	json_key(w, "state");
	json_put_cstr(w, q->is_waiting ? "waiting" : "running");
	json_end_object(w);
}

void active_queries_api_list(struct http_request *r, struct http_response *response, void *arg)
{
	const struct query_api *api = arg;
	struct api_answer answer auto_done(api_answer_done);
	struct err err = ERR_INIT;
	struct str tenant;

	api_answer_init(&answer, response, &api->api);
	if (!read_tenant(api, r, &tenant, &err)) {
		api_fail(&answer, API_BAD_DATA, &err);
		return;
	}
	struct active_query_list list =
	    active_queries_list(api->evaluator.active, tenant, r->arena);
	struct json_writer *w = api_data(&answer);
	json_begin_array(w);
	for (size_t i = 0; i < list.n; i++)
		put_query(w, &list.v[i]);
	json_end_array(w);
	api_end(&answer);
}

void active_queries_api_cancel(struct http_request *r, struct http_response *response, void *arg)
{
	const struct query_api *api = arg;
	struct api_answer answer auto_done(api_answer_done);
	struct err err = ERR_INIT;
	struct str tenant, text = http_request_segment(r, "id");
	int64_t id;

	api_answer_init(&answer, response, &api->api);
	if (!str_to_i64(text, &id) || id <= 0)
		err_set(&err, ERR_INVALID, "'%.*s' is not the id of a query", STR_FMT(text));
	else if (read_tenant(api, r, &tenant, &err))
		active_queries_cancel(api->evaluator.active, (uint64_t)id, tenant, &err);
	if (err.code != ERR_OK) {
		api_fail(&answer, err.code == ERR_NOT_FOUND ? API_NOT_FOUND : API_BAD_DATA, &err);
		return;
	}
	struct json_writer *w = api_data(&answer);
	json_begin_object(w);
	put_id(w, (uint64_t)id);
	json_end_object(w);
	api_end(&answer);
}
