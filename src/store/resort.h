/* resort.h - a stream put in order again after labels were removed from its series.
 *
 * Removing a label can change the order of series and make two of them equal, so all of them are
 * read first; equal ones become one, as in store/merge.h.
 */
#ifndef STORE_RESORT_H
#define STORE_RESORT_H

#include "base/tracker.h"
#include "model/series.h"

/* Takes `src`, whose series may come in any order; a label set may come more than once. The labels
 * named by `drop` are removed; the names outlive the iterator. The first next() reads all of `src`,
 * into memory charged to `tracker`, and fails when that is over its limit. Where `src` fails, what
 * it gave before comes first. */
struct series_iter *series_resort(struct series_iter *src, const struct str *drop, size_t n_drop,
				  struct tracker *tracker);

#endif
