/* notation_histogram.h - the part of a series notation between {{ and }}. */
#ifndef PROMQL_NOTATION_HISTOGRAM_H
#define PROMQL_NOTATION_HISTOGRAM_H

#include "promql/notation_reader.h"
#include "promql/series_notation.h"

/* The reader stands on the braces, and behind them afterwards. */
bool notation_histogram_read(struct notation_reader *r, const struct notation_histogram **out);

#endif
