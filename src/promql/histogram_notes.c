#include "promql/histogram_notes.h"

#include "promql/name_text.h"

void note_mixed_samples(const struct note_place *p)
{
	annotations_add(p->notes, NOTE_PROMQL_WARNING, p->at,
			"encountered a mix of histograms and floats for metric name %s",
			quoted_name(p->name).s);
}

void note_mixed_schemas(const struct note_place *p)
{
	annotations_add(p->notes, NOTE_PROMQL_WARNING, p->at,
			"vector contains a mix of histograms with exponential and custom buckets "
			"schemas for metric name %s",
			quoted_name(p->name).s);
}

void note_ignored_in_range(const struct note_place *p)
{
	annotations_add(p->notes, NOTE_PROMQL_INFO, p->at,
			"ignored histograms in a range containing both floats and histograms for "
			"metric name %s",
			quoted_name(p->name).s);
}

void note_not_counter(const struct note_place *p)
{
	annotations_add(p->notes, NOTE_PROMQL_WARNING, p->at,
			"this native histogram metric is not a counter: %s",
			quoted_name(p->name).s);
}

void note_not_gauge(const struct note_place *p)
{
	annotations_add(p->notes, NOTE_PROMQL_WARNING, p->at,
			"this native histogram metric is not a gauge: %s", quoted_name(p->name).s);
}

void note_start_overlap(const struct note_place *p)
{
	annotations_add(p->notes, NOTE_PROMQL_WARNING, p->at,
			"sample has start time that overlaps with previous sample timestamp for "
			"metric %s",
			quoted_name(p->name).s);
}

void note_reconciled_bounds(const struct note_place *p, const char *operation)
{
	annotations_add(p->notes, NOTE_PROMQL_INFO, p->at,
			"mismatched custom buckets were reconciled during %s", operation);
}

void note_conflicting_resets(const struct note_place *p, const char *operation)
{
	annotations_add(p->notes, NOTE_PROMQL_WARNING, p->at,
			"conflicting counter resets during histogram %s", operation);
}

void note_total(const struct note_place *p, const struct histogram_total *t)
{
	if (t->has_reset && t->has_not_reset)
		note_conflicting_resets(p, "aggregation");
	if (t->has_bounds)
		note_reconciled_bounds(p, "aggregation");
}
