#include "api/query_settings.h"

#include "api/params.h"
#include "codec/json_reader.h"

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
	    .replica_labels = replicas.n > 0 ? replicas.v : api->evaluator.replica_labels,
	    .n_replica_labels = replicas.n > 0 ? replicas.n : api->evaluator.n_replica_labels,
	};
	return param_bool(r, "dedup", &s->dedup, err) && read_store_filter(s, r, err) &&
	       param_bool(r, "partial_response", &s->partial_response, err) &&
	       tenancy_read(&api->tenancy, r, &s->tenant, err);
}

struct shard_labels {
	struct str *v;
	size_t n, cap;
};

static void read_shard_member(struct json_reader *json, struct str key, struct shard_info *out,
			      struct shard_labels *labels)
{
	if (str_is(key, "shard_index")) {
		json_read_i64(json, &out->index);
	} else if (str_is(key, "total_shards")) {
		json_read_i64(json, &out->total);
	} else if (str_is(key, "by")) {
		json_read_bool(json, &out->by);
	} else if (str_is(key, "labels")) {
		struct str label;
		json_read_array(json);
		while (json_next_item(json) && json_read_str(json, &label))
			ARENA_PUSH(json->arena, labels, label);
	} else {
		json_skip(json);
	}
}

bool query_settings_read_shard(struct query_settings *s, const struct http_request *r,
			       struct err *err)
{
	struct str text = http_request_param(r, "shard_info"), key;
	struct shard_labels labels = {0};

	if (text.n == 0)
		return true;
	struct json_reader *json = ARENA_NEW(r->arena, struct json_reader);
	json_reader_init(json, text, r->arena);
	json_read_object(json);
	while (json_next_key(json, &key))
		read_shard_member(json, key, &s->shard, &labels);
	if (!json_reader_end(json, err))
		return err_wrap(err, "could not unmarshal parameter shard_info");
	if (s->shard.total < 0 || (s->shard.total > 0 && s->shard.index < 0))
		return err_set(
		    err, ERR_INVALID,
		    "shard %lld of %lld in parameter shard_info: neither may be negative",
		    (long long)s->shard.index, (long long)s->shard.total);
	s->shard.labels = labels.v;
	s->shard.n_labels = labels.n;
	return true;
}

void query_settings_done(struct query_settings *s)
{
	for (size_t i = 0; i < s->stores.n; i++)
		promql_query_free(s->selectors[i]);
}
