/* label_union.h - sorted lists of strings as one, each string once. */
#ifndef FLEET_LABEL_UNION_H
#define FLEET_LABEL_UNION_H

#include "model/store_api.h"

/* Zeroed it is empty. */
struct label_union {
	struct str *v;
	size_t n, cap;
};

/* The strings are copied into `a`, which is the same for all calls. */
void label_union_add(struct label_union *u, const struct str_list *list, struct arena *a);
/* Ascending, each once; the first `limit` of them, 0 for all. */
void label_union_list(struct label_union *u, int64_t limit, struct str_list *out);

#endif
