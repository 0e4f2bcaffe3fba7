/* exposition.h - metrics as text: Prometheus' format 0.0.4 and OpenMetrics 1.0 and 0.0.1.
 *
 * Formats: prometheus.io/docs/instrumenting/exposition_formats, and openmetrics.io; byte for byte
 * as client_golang writes them.
 */
#ifndef TELEMETRY_EXPOSITION_H
#define TELEMETRY_EXPOSITION_H

#include "base/buf.h"
#include "base/metric.h"

enum exposition_format {
	EXPOSITION_TEXT,
	EXPOSITION_OPENMETRICS_0_0_1,
	EXPOSITION_OPENMETRICS_1_0_0,
};

/* What the Accept header asks for; text where it asks for nothing that we have. */
enum exposition_format exposition_negotiate(struct str accept);
const char *exposition_content_type(enum exposition_format format);

/* Append all metrics. False when `out` is full. */
bool exposition_write(struct metrics *m, enum exposition_format format, struct buf *out);

#endif
