/* process_metrics.h - what every process tells about itself: process_*, thanos_build_info, and of
 * the go_* metrics those that mean something here.
 */
#ifndef TELEMETRY_PROCESS_METRICS_H
#define TELEMETRY_PROCESS_METRICS_H

#include "base/metric.h"

void process_metrics_register(struct metrics *m);

#endif
