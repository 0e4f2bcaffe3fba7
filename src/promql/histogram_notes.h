/* histogram_notes.h - what an evaluation has to say about native histograms.
 */
#ifndef PROMQL_HISTOGRAM_NOTES_H
#define PROMQL_HISTOGRAM_NOTES_H

#include "promql/annotations.h"
#include "promql/histogram_total.h"

/* Where in the query, and about which metric. */
struct note_place {
	struct annotations *notes;
	struct text_range at;
	struct str name;
};

void note_mixed_samples(const struct note_place *p);
void note_mixed_schemas(const struct note_place *p);
void note_ignored_in_range(const struct note_place *p);
void note_not_counter(const struct note_place *p);
void note_not_gauge(const struct note_place *p);
void note_start_overlap(const struct note_place *p);
/* `operation`: addition, subtraction or aggregation. */
void note_reconciled_bounds(const struct note_place *p, const char *operation);
void note_conflicting_resets(const struct note_place *p, const char *operation);

/* What was odd about a total. */
void note_total(const struct note_place *p, const struct histogram_total *t);

#endif
