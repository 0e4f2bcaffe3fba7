/* signal.h - what the series of the cluster are worth at any time, computed without memory of what
 * came before, so that blocks can be made in any order.
 */
#ifndef BLOCKGEN_SIGNAL_H
#define BLOCKGEN_SIGNAL_H

#include "codec/histogram_chunk.h"
#include "tools/blockgen/cluster.h"

enum { SIGNAL_HISTOGRAM_BUCKETS = 24 };

/* When the process that runs at t_ms began: at its pod's birth or at a restart since. */
int64_t signal_start_ms(const struct pod *pod, int64_t t_ms);

/* Of all kinds but native histograms. */
double signal_value(const struct pod_series *s, int64_t t_ms);

/* The layout of all native histograms. */
struct histogram_layout signal_layout(void);
/* `out->positive` has room for SIGNAL_HISTOGRAM_BUCKETS. */
void signal_histogram(const struct pod_series *s, int64_t t_ms, struct histogram_sample *out);

#endif
