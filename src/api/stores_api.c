#include "api/stores_api.h"

#include "api/result_json.h"
#include "base/time_text.h"
#include "fleet/endpoint_set.h"

static void put_endpoint(struct json_writer *w, const struct endpoint *e)
{
	json_begin_object(w);
	json_key(w, "name");
	json_put_cstr(w, e->address);
	json_key(w, "lastCheck");
	json_put_cstr(w, e->last_check_ms ? time_str_ms(e->last_check_ms) : "0001-01-01T00:00:00Z");
	json_key(w, "lastError");
	if (e->last_error)
		json_put_cstr(w, e->last_error);
	else
		json_put_null(w);
	json_key(w, "labelSets");
	json_begin_array(w);
	for (size_t i = 0; i < e->info.n_label_sets; i++)
		labels_json(w, e->info.label_sets[i]);
	json_end_array(w);
	json_key(w, "minTime");
	json_put_i64(w, e->info.min_t_ms);
	json_key(w, "maxTime");
	json_put_i64(w, e->info.max_t_ms);
	json_end_object(w);
}

/* The alphabetically next kind after `last`, or NULL. */
static const char *next_kind(const struct endpoints *all, const char *last)
{
	const char *found = NULL;

	for (size_t i = 0; i < all->n; i++) {
		const char *kind = all->v[i].info.component;
		if (strcmp(kind, last) > 0 && (!found || strcmp(kind, found) < 0))
			found = kind;
	}
	return found;
}

void stores_api_list(struct http_request *r, struct http_response *response, void *arg)
{
	const struct stores_api *api = arg;
	const struct endpoints *all __attribute__((cleanup(endpoints_unrefp))) =
	    endpoint_set_snapshot(api->endpoints);
	struct api_answer answer auto_done(api_answer_done);
	(void)r;

	api_answer_init(&answer, response, &api->api);
	struct json_writer *w = api_data(&answer);
	json_begin_object(w);
	for (const char *kind = ""; (kind = next_kind(all, kind));) {
		json_key(w, kind);
		json_begin_array(w);
		for (size_t i = 0; i < all->n; i++)
			if (strcmp(all->v[i].info.component, kind) == 0)
				put_endpoint(w, &all->v[i]);
		json_end_array(w);
	}
	json_end_object(w);
	api_end(&answer);
}
