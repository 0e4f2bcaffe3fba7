#include "store/label_list.h"

#include <stdlib.h>

bool label_is_dropped(struct str name, const struct label_request *req)
{
	for (size_t i = 0; i < req->n_without_replica_labels; i++)
		if (str_eq(name, req->without_replica_labels[i]))
			return true;
	return false;
}

static int order(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void label_list_settle(struct str_list *list, const struct label_request *req)
{
	bool is_names = req->label.n == 0;
	size_t n = 0;

	if (list->n > 0)
		qsort(list->v, list->n, sizeof(*list->v), order);
	for (size_t i = 0; i < list->n; i++) {
		bool is_new = n == 0 || !str_eq(list->v[n - 1], list->v[i]);
		if (is_new && !(is_names && label_is_dropped(list->v[i], req)))
			list->v[n++] = list->v[i];
	}
	list->n = req->limit > 0 && (uint64_t)req->limit < n ? (size_t)req->limit : n;
}
