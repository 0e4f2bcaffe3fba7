/* histogram_stats.h - what a selector below histogram_count(), histogram_sum() or histogram_avg()
 * gives: histograms without their buckets.
 *
 * Whoever sums such histograms up could not tell any more from their buckets whether a counter was
 * reset, so it is found out here, while they are read one after the other, and told by their hints:
 * what a database did not know becomes "reset" or "not reset". Hence annotations about conflicting
 * resets, as Prometheus has them.
 */
#ifndef PROMQL_HISTOGRAM_STATS_H
#define PROMQL_HISTOGRAM_STATS_H

#include "model/samples.h"
#include "promql/plan.h"

/* The windows of all steps are read in their order. Whatever is behind a gap between two windows
 * is not compared with what was before it, and keeps its hint; so does the first histogram.
 * Afterwards s->hist is memory of `a`; the histograms that were there are left as they were. */
void histogram_stats_read(struct samples *s, const struct plan_window *window,
			  const struct steps *steps, struct arena *a);

#endif
