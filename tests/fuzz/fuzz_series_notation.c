/* Any bytes as a series: what is read has sorted labels and the positions its runs add up to. */
#include "base/assert.h"
#include "promql/series_notation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct series_notation notation;
	struct err err = ERR_INIT;
	uint64_t n_positions = 0;

	if (!series_notation_parse(a, str_from(data, size), &notation, &err)) {
		assert(err.code == ERR_INVALID || err.code == ERR_LIMIT);
		return 0;
	}
	for (size_t i = 0; i < notation.n_runs; i++) {
		const struct notation_run *run = &notation.runs[i];
		assert((run->kind == NOTATION_HISTOGRAM) == (run->histogram != NULL));
		n_positions += run->n;
	}
	assert(n_positions == notation.n_positions);
	for (size_t i = 1; i < notation.labels.n; i++)
		assert(str_cmp(notation.labels.v[i - 1].name, notation.labels.v[i].name) < 0);
	return 0;
}
