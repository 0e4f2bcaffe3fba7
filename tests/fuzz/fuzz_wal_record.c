/* A record of a write-ahead log: what was read from it, written again and read again, is the same.
 */
#include "base/assert.h"
#include "head/wal_record.h"

static void put(struct buf *out, const struct wal_record *r)
{
	switch (r->type) {
	case WAL_SERIES:
		return wal_put_series(out, r->series, r->n);
	case WAL_SAMPLES:
	case WAL_SAMPLES_ST:
		return wal_put_samples(out, r->samples, r->n);
	case WAL_STONES:
		return wal_put_stones(out, r->stones, r->n);
	case WAL_EXEMPLARS:
		return wal_put_exemplars(out, r->exemplars, r->n);
	case WAL_MARKERS:
		return wal_put_markers(out, r->markers, r->n);
	case WAL_METADATA:
		return wal_put_metadata(out, r->metadata, r->n);
	case WAL_FLOAT_HISTOGRAMS:
	case WAL_CUSTOM_FLOAT_HISTOGRAMS:
	case WAL_FLOAT_HISTOGRAMS_ST:
		return wal_put_histograms(out, WAL_FLOAT_HISTOGRAMS, r->histograms, r->n);
	case WAL_HISTOGRAMS:
	case WAL_CUSTOM_HISTOGRAMS:
	case WAL_HISTOGRAMS_ST:
		return; /* counts beyond 2^53 lose digits as floats */
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct buf once auto_done(buf_done) = BUF_INIT(1 << 24);
	struct buf twice auto_done(buf_done) = BUF_INIT(1 << 24);
	struct err err = ERR_INIT;
	struct wal_record record, again;

	if (!wal_record_decode(str_from(data, size), a, &record, &err)) {
		assert(err.code == ERR_CORRUPT || err.code == ERR_UNSUPPORTED);
		return 0;
	}
	put(&once, &record);
	if (once.n == 0)
		return 0;
	assert(wal_record_decode(buf_str(&once), a, &again, &err));
	assert(again.n == record.n);
	put(&twice, &again);
	assert(once.n == twice.n && memcmp(once.p, twice.p, once.n) == 0);
	return 0;
}
