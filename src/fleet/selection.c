#include "fleet/selection.h"

#include <inttypes.h>

/* A matcher on a label that the set does not have says nothing about it: the label may be on the
 * series. */
static bool may_match(struct labels set, struct matchers matchers)
{
	for (size_t i = 0; i < matchers.n; i++) {
		struct str name = matcher_name(matchers.v[i]);
		if (labels_has(set, name) && !matcher_matches(matchers.v[i], labels_get(set, name)))
			return false;
	}
	return true;
}

static bool any_label_set_matches(const struct store_info *info, struct matchers matchers)
{
	for (size_t i = 0; i < info->n_label_sets; i++)
		if (may_match(info->label_sets[i], matchers))
			return true;
	return info->n_label_sets == 0;
}

bool endpoint_is_chosen(const struct endpoint *e, const struct store_filter *filter)
{
	struct label name = {STR("__address__"), str_of(e->address)};
	struct labels labels = {&name, 1};

	if (!filter)
		return true;
	for (size_t i = 0; i < filter->n; i++)
		if (matchers_match(filter->v[i], labels))
			return true;
	return filter->n == 0;
}

const char *endpoint_excluded(const struct endpoint *e, struct time_range range,
			      struct matchers matchers, const struct store_filter *filter)
{
	struct time_range has = {e->info.min_t_ms, e->info.max_t_ms};

	if (!e->queryable)
		return "it does not answer";
	if (!e->info.has_store)
		return "it has no StoreAPI";
	if (!time_range_overlaps(has, range))
		return "its time range does not overlap the request's";
	if (!endpoint_is_chosen(e, filter))
		return "its address is not among the chosen ones";
	if (!any_label_set_matches(&e->info, matchers))
		return "its label sets do not match";
	return NULL;
}

const char *endpoint_describe(const struct endpoint *e, struct arena *a)
{
	return arena_printf(a, "Addr: %s MinTime: %" PRId64 " MaxTime: %" PRId64, e->address,
			    e->info.min_t_ms, e->info.max_t_ms);
}
