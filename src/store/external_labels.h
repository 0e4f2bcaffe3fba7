/* external_labels.h - a request's matchers against the external labels of a store. */
#ifndef STORE_EXTERNAL_LABELS_H
#define STORE_EXTERNAL_LABELS_H

#include "model/matcher.h"

/* False when a matcher on one of these labels does not match: the store has nothing for it.
 * Otherwise *rest has the matchers on other labels, in an array of `a`. */
bool external_labels_match(struct labels external, struct matchers matchers, struct arena *a,
			   struct matchers *rest);

#endif
