#include "proto/info_message.h"

#include "proto/info.pb-c.h"
#include "proto/message.h"

/* --- decoding ------------------------------------------------------------------------------- */

static bool labels_of(const Thanos__Info__LabelSet *set, struct arena *a, struct labels *out,
		      struct err *err)
{
	size_t n = set ? set->n_labels : 0;
	struct label *v = ARENA_ARRAY(a, struct label, n);
	for (size_t i = 0; i < n; i++) {
		v[i].name = str_of(set->labels[i]->name);
		v[i].value = str_of(set->labels[i]->value);
	}
	if (!labels_sort(v, n))
		return err_set(err, ERR_CORRUPT, "InfoResponse: a label name occurs twice");
	*out = (struct labels){v, n};
	return true;
}

static bool label_sets_of(const Thanos__Info__InfoResponse *m, struct arena *a,
			  struct store_info *out, struct err *err)
{
	out->label_sets = ARENA_ARRAY(a, struct labels, m->n_label_sets);
	out->n_label_sets = m->n_label_sets;
	for (size_t i = 0; i < m->n_label_sets; i++)
		if (!labels_of(m->label_sets[i], a, &out->label_sets[i], err))
			return false;
	return true;
}

static bool store_of(const Thanos__Info__StoreInfo *m, struct arena *a, struct store_info *out,
		     struct err *err)
{
	if (!m)
		return true;
	out->has_store = true;
	out->min_t_ms = m->min_time;
	out->max_t_ms = m->max_time;
	out->supports_sharding = m->supports_sharding;
	out->supports_without_replica_labels = m->supports_without_replica_labels;
	out->tsdbs = ARENA_ARRAY(a, struct tsdb_info, m->n_tsdb_infos);
	out->n_tsdbs = m->n_tsdb_infos;
	for (size_t i = 0; i < m->n_tsdb_infos; i++) {
		out->tsdbs[i].min_t_ms = m->tsdb_infos[i]->min_time;
		out->tsdbs[i].max_t_ms = m->tsdb_infos[i]->max_time;
		if (!labels_of(m->tsdb_infos[i]->labels, a, &out->tsdbs[i].labels, err))
			return false;
	}
	return true;
}

bool info_decode(struct str message, struct arena *a, struct store_info *out, struct err *err)
{
	Thanos__Info__InfoResponse *m =
	    message_unpack(&thanos__info__info_response__descriptor, message, a, err);
	if (!m)
		return false;

	*out = (struct store_info){
	    .component = m->component_type,
	    .has_rules = m->rules,
	    .has_metadata = m->metric_metadata,
	    .has_targets = m->targets,
	    .has_exemplars = m->exemplars,
	    .has_query = m->query,
	    .has_status = m->status,
	};
	if (m->exemplars) {
		out->exemplars_min_t_ms = m->exemplars->min_time;
		out->exemplars_max_t_ms = m->exemplars->max_time;
	}
	return label_sets_of(m, a, out, err) && store_of(m->store, a, out, err);
}

/* --- encoding ------------------------------------------------------------------------------- */

static Thanos__Info__LabelSet *label_set_message(struct labels ls, struct arena *a)
{
	Thanos__Info__LabelSet *set = ARENA_NEW(a, Thanos__Info__LabelSet);
	thanos__info__label_set__init(set);
	set->labels = ARENA_ARRAY(a, Thanos__Info__Label *, ls.n);
	set->n_labels = ls.n;
	for (size_t i = 0; i < ls.n; i++) {
		Thanos__Info__Label *label = ARENA_NEW(a, Thanos__Info__Label);
		thanos__info__label__init(label);
		label->name = arena_cstr(a, ls.v[i].name);
		label->value = arena_cstr(a, ls.v[i].value);
		set->labels[i] = label;
	}
	return set;
}

static Thanos__Info__StoreInfo *store_message(const struct store_info *info, struct arena *a)
{
	if (!info->has_store)
		return NULL;
	Thanos__Info__StoreInfo *m = ARENA_NEW(a, Thanos__Info__StoreInfo);
	thanos__info__store_info__init(m);
	m->min_time = info->min_t_ms;
	m->max_time = info->max_t_ms;
	m->supports_sharding = info->supports_sharding;
	m->supports_without_replica_labels = info->supports_without_replica_labels;
	m->tsdb_infos = ARENA_ARRAY(a, Thanos__Info__TSDBInfo *, info->n_tsdbs);
	m->n_tsdb_infos = info->n_tsdbs;
	for (size_t i = 0; i < info->n_tsdbs; i++) {
		Thanos__Info__TSDBInfo *tsdb = ARENA_NEW(a, Thanos__Info__TSDBInfo);
		thanos__info__tsdbinfo__init(tsdb);
		tsdb->labels = label_set_message(info->tsdbs[i].labels, a);
		tsdb->min_time = info->tsdbs[i].min_t_ms;
		tsdb->max_time = info->tsdbs[i].max_t_ms;
		m->tsdb_infos[i] = tsdb;
	}
	return m;
}

void info_encode(const struct store_info *info, struct arena *a, struct buf *out)
{
	Thanos__Info__Presence present = THANOS__INFO__PRESENCE__INIT;
	Thanos__Info__ExemplarsInfo exemplars = THANOS__INFO__EXEMPLARS_INFO__INIT;
	Thanos__Info__InfoResponse m = THANOS__INFO__INFO_RESPONSE__INIT;

	exemplars.min_time = info->exemplars_min_t_ms;
	exemplars.max_time = info->exemplars_max_t_ms;
	m.component_type = arena_cstr(a, str_of(info->component ? info->component : ""));
	m.label_sets = ARENA_ARRAY(a, Thanos__Info__LabelSet *, info->n_label_sets);
	m.n_label_sets = info->n_label_sets;
	for (size_t i = 0; i < info->n_label_sets; i++)
		m.label_sets[i] = label_set_message(info->label_sets[i], a);
	m.store = store_message(info, a);
	m.rules = info->has_rules ? &present : NULL;
	m.metric_metadata = info->has_metadata ? &present : NULL;
	m.targets = info->has_targets ? &present : NULL;
	m.exemplars = info->has_exemplars ? &exemplars : NULL;
	m.query = info->has_query ? &present : NULL;
	m.status = info->has_status ? &present : NULL;
	message_pack(&m.base, out);
}
