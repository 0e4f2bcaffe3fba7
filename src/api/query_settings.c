#include "api/query_settings.h"

#include "api/params.h"

static bool read_store_filter(struct query_settings *s, const struct http_request *r,
			      struct err *err)
{
	struct param_values texts = params_all(r, "storeMatch[]");
	struct matchers *v = ARENA_ARRAY(r->arena, struct matchers, texts.n);

	s->selectors = ARENA_ARRAY(r->arena, struct promql_query *, texts.n);
	s->stores.v = v;
	for (size_t i = 0; i < texts.n; i++) {
		s->selectors[i] = promql_parse_selector(texts.v[i], err);
		if (!s->selectors[i])
			return false;
		v[i] = s->selectors[i]->root->vector.matchers;
		s->stores.n++;
	}
	return true;
}

bool query_settings_read(struct query_settings *s, const struct query_api *api,
			 const struct http_request *r, struct err *err)
{
	struct param_values replicas = params_all(r, "replicaLabels[]");

	*s = (struct query_settings){
	    .dedup = true,
	    .partial_response = api->partial_response,
	    .replica_labels = replicas.n > 0 ? replicas.v : api->replica_labels,
	    .n_replica_labels = replicas.n > 0 ? replicas.n : api->n_replica_labels,
	};
	return param_bool(r, "dedup", &s->dedup, err) && read_store_filter(s, r, err) &&
	       param_bool(r, "partial_response", &s->partial_response, err);
}

void query_settings_done(struct query_settings *s)
{
	for (size_t i = 0; i < s->stores.n; i++)
		promql_query_free(s->selectors[i]);
}
