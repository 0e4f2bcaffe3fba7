#include "promql/grouping.h"

uint64_t grouping_hash(const struct grouping *g, struct labels ls)
{
	if (g->without)
		return labels_hash_without(ls, g->names.v, g->names.n);
	if (g->names.n == 0)
		return 0;
	return labels_hash_for(ls, g->names.v, g->names.n);
}

struct labels grouping_labels(const struct grouping *g, struct arena *a, struct labels ls)
{
	static const struct str name = {LABEL_NAME, sizeof(LABEL_NAME) - 1};

	if (!g->without)
		return labels_only(a, ls, g->names.v, g->names.n);
	return labels_without(a, labels_without(a, ls, g->names.v, g->names.n), &name, 1);
}
