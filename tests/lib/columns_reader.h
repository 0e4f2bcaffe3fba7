/* columns_reader.h - the client's side of docs/formats/columns.md.
 */
#ifndef TESTS_LIB_COLUMNS_READER_H
#define TESTS_LIB_COLUMNS_READER_H

#include "base/err.h"
#include "model/histogram.h"
#include "model/labels.h"

struct columns_series {
	struct labels labels;
	size_t n;                /* values: of the steps, or of the samples */
	const double *t_ms;      /* of samples with times of their own; NULL: the steps' */
	const uint64_t *v;       /* bits of doubles, COLUMNS_MISSING among them */
	struct histogram **hist; /* n of them, NULL for none; NULL without any */
};

struct columns_answer {
	struct str result_type;
	int64_t start_ms, step_ms;
	uint64_t n_steps;
	struct str value;                                    /* JSON, of a scalar or a string */
	struct str warnings, infos, stats, analysis, fanout; /* JSON, or empty */
	struct columns_series *v;
	size_t n, cap;
};

/* Everything lives in `a`. Fails with ERR_CORRUPT. */
bool columns_read(struct arena *a, struct str bytes, struct columns_answer *out, struct err *err);

#endif
