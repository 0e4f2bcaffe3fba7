#include "fleet/label_union.h"

#include <stdlib.h>

void label_union_add(struct label_union *u, const struct str_list *list, struct arena *a)
{
	for (size_t i = 0; i < list->n; i++)
		ARENA_PUSH(a, u, arena_str(a, list->v[i]));
}

static int cmp(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void label_union_list(struct label_union *u, int64_t limit, struct str_list *out)
{
	if (u->n > 0)
		qsort(u->v, u->n, sizeof(*u->v), cmp);
	size_t n = 0;
	for (size_t i = 0; i < u->n; i++)
		if (n == 0 || !str_eq(u->v[n - 1], u->v[i]))
			u->v[n++] = u->v[i];
	if (limit > 0 && (uint64_t)limit < n)
		n = (size_t)limit;
	*out = (struct str_list){.v = u->v, .n = n, .cap = u->cap};
}
