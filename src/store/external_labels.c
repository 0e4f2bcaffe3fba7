#include "store/external_labels.h"

bool external_labels_match(struct labels external, struct matchers matchers, struct arena *a,
			   struct matchers *rest)
{
	struct matcher **v = ARENA_ARRAY(a, struct matcher *, matchers.n);
	size_t n = 0;

	for (size_t i = 0; i < matchers.n; i++) {
		struct str name = matcher_name(matchers.v[i]);
		if (!labels_has(external, name))
			v[n++] = matchers.v[i];
		else if (!matcher_matches(matchers.v[i], labels_get(external, name)))
			return false;
	}
	*rest = (struct matchers){v, n};
	return true;
}
