/* selection.h - whether an endpoint can have data for a request. */
#ifndef FLEET_SELECTION_H
#define FLEET_SELECTION_H

#include "fleet/endpoint_set.h"
#include "fleet/proxy.h"
#include "model/time_range.h"

/* NULL when it can; else why not, for logs. */
const char *endpoint_excluded(const struct endpoint *e, struct time_range range,
			      struct matchers matchers, const struct store_filter *filter);

/* Its address satisfies the filter, which may be NULL. */
bool endpoint_is_chosen(const struct endpoint *e, const struct store_filter *filter);

/* "Addr: 127.0.0.1:10901 MinTime: 0 MaxTime: 9223372036854775807", as Thanos names an endpoint in
 * warnings and errors. */
const char *endpoint_describe(const struct endpoint *e, struct arena *a);

#endif
