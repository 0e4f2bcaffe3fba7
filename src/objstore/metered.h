/* metered.h - a bucket that counts what is done with it: thanos_objstore_bucket_*.
 *
 * Absence, an object that is there already, and cancellation are answers, not failures: they count
 * as operations, but not in ..._operation_failures_total, which alerts look at.
 */
#ifndef OBJSTORE_METERED_H
#define OBJSTORE_METERED_H

#include "base/clock.h"
#include "base/metric.h"
#include "model/bucket.h"

/* Takes `inner`; `clock` and `m` outlive it. */
struct bucket *metered_bucket_new(struct bucket *inner, struct clock *clock, struct metrics *m);

#endif
