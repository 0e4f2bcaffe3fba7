#include "store/series_order.h"

#include "base/assert.h"

void series_order_init(struct series_order *o, struct labels external)
{
	o->last_external = external.n ? external.v[external.n - 1].name : (struct str){0};
	o->n_held = 0;
}

/* Symbols are numbered: the same string has the same number. */
static bool has_all_labels(const struct index_series *s, const struct index_series *of)
{
	return s->n_labels > of->n_labels &&
	       (of->n_labels == 0 ||
		memcmp(s->labels, of->labels, of->n_labels * sizeof(*of->labels)) == 0);
}

bool series_order_holds(const struct series_order *o, const struct index_series *held,
			const struct index_series *next, struct symbol_lookup *symbols, bool *out,
			struct err *err)
{
	struct str name;

	*out = false;
	if (o->last_external.n == 0 || !has_all_labels(next, held))
		return true;
	if (!symbol_lookup_get(symbols, next->labels[held->n_labels].name, &name, err))
		return false;
	*out = str_cmp(name, o->last_external) < 0;
	return true;
}

bool series_order_push(struct series_order *o, size_t number)
{
	if (o->n_held == SERIES_ORDER_MAX_HELD)
		return false;
	o->held[o->n_held++] = number;
	return true;
}

size_t series_order_top(const struct series_order *o)
{
	assert(o->n_held > 0);
	return o->held[o->n_held - 1];
}

size_t series_order_pop(struct series_order *o)
{
	assert(o->n_held > 0);
	return o->held[--o->n_held];
}
