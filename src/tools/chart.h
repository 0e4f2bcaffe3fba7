/* chart.h - a matrix as lines, drawn with characters for a terminal.
 *
 *	 400 ┤      ⢀⡠⠔⠊⠑⠢⢄
 *	     │   ⣀⠔⠊⠁     ⠈⠢
 *	 200 ┤⠤⠒⠉
 *	     └──┬────────┬────────
 *	      12:00    12:15
 *	      a  requests{host="x"}
 *
 * Lines are told apart by colours, or without them by a letter behind each line's end. A sample
 * that is no finite number is a gap, and so is a step without a sample.
 */
#ifndef TOOLS_CHART_H
#define TOOLS_CHART_H

#include "tools/query_answer.h"

enum {
	CHART_MIN_COLUMNS = 30,
	CHART_MAX_COLUMNS = 1000,
	CHART_MIN_ROWS = 3,
	CHART_MAX_ROWS = 200,
};

struct chart_options {
	size_t columns; /* of all of it */
	size_t rows;    /* of the lines alone; axis and legend come below */
	bool colored;
	int64_t start_ms, end_ms; /* what the time axis shows */
	int64_t step_ms;          /* samples further apart are not connected; 0: all are */
};

/* Fails with ERR_INVALID on what has no lines: an answer that is no matrix, or without a finite
 * number; and on sizes out of the ranges above. */
bool chart_write(const struct query_answer *answer, const struct chart_options *options,
		 struct buf *out, struct err *err);

#endif
