/* chain.h - one series from several replicas of it that hold the same samples: all timestamps that
 * any of them has, each once.
 */
#ifndef DEDUP_CHAIN_H
#define DEDUP_CHAIN_H

#include "model/samples.h"

/* Appended to *out; n > 0. Where replicas disagree about a value, the one that is taken is the one
 * that Prometheus' merge takes. Histograms in *out are borrowed from the replicas. */
void chain_merge(const struct samples *replicas, size_t n, struct arena *a, struct samples *out);

#endif
