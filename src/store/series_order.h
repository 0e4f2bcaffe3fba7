/* series_order.h - the order of a block's series once external labels are added.
 *
 * A label set that is the beginning of another comes before it: {a="1"} before {a="1", b="2"}. With
 * an external label c it is the other way round: {a="1", b="2", c="x"} comes before {a="1", c="x"}.
 * So a series is held back while the ones that follow have all of its labels and go on with one
 * that is below the last external label. All else keeps its order.
 *
 * What is held is a stack: each has all labels of the one below it.
 */
#ifndef STORE_SERIES_ORDER_H
#define STORE_SERIES_ORDER_H

#include "tsdb/index_series.h"

enum { SERIES_ORDER_MAX_HELD = 256 }; /* labels of a series that extend one another */

struct series_order {
	struct str last_external; /* the name of the last external label; empty: there is none */
	size_t held[SERIES_ORDER_MAX_HELD]; /* the caller's numbers */
	size_t n_held;
};

void series_order_init(struct series_order *o, struct labels external);

/* Whether `next`, which follows `held` in the index, comes before it. */
bool series_order_holds(const struct series_order *o, const struct index_series *held,
			const struct index_series *next, struct symbol_lookup *symbols, bool *out,
			struct err *err);

bool series_order_push(struct series_order *o, size_t number); /* false: it is full */
size_t series_order_top(const struct series_order *o);
size_t series_order_pop(struct series_order *o);

#endif
