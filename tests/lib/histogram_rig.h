/* histogram_rig.h - for tests of what computes with histograms and has something to say about it.
 */
#ifndef TESTS_LIB_HISTOGRAM_RIG_H
#define TESTS_LIB_HISTOGRAM_RIG_H

#include "promql/histogram_notes.h"
#include "tests/lib/histogram_text.h"

struct histogram_rig {
	struct arena *arena;
	struct annotations notes;
	struct note_place place; /* about the metric "h" */
};

void histogram_rig_init(struct histogram_rig *rig);
void histogram_rig_done(struct histogram_rig *rig);

/* All notes since the last call, one a line, without "PromQL ". Lives in the rig's arena. */
const char *histogram_rig_notes(struct histogram_rig *rig);

/* The test fails unless these are the notes. */
#define expect_notes(rig, want) expect_str(str_of(histogram_rig_notes(rig)), want)

#endif
