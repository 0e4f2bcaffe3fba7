/* series_text.h - series as text, for tests that feed and look at streams.
 *
 *	a="1" b="2" | 0-10:bytes 10-20:others | ...
 *
 * One series a line: labels, then chunks as min-max:data with XOR as encoding. Aggregates of a
 *chunk are written 0-10:count=x,sum=y,min=z.
 */
#ifndef TESTS_LIB_SERIES_TEXT_H
#define TESTS_LIB_SERIES_TEXT_H

#include "model/series.h"

/* In memory of `a`, as are the results of the next two. */
struct labels labels_from_text(struct arena *a, const char *text);
struct series series_from_text(struct arena *a, const char *line);
struct series_iter *series_stream(struct arena *a, const char *lines);

/* All series of the stream, one a line, as above; fails the test on an error. Closes it. */
char *series_to_text(struct arena *a, struct series_iter *it);

#endif
