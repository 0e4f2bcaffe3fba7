/* steps.h - the points in time at which an expression is evaluated, and a series' values at them.
 *
 * Values are a column with one slot per step and a bitmap of the slots that hold one; what an empty
 * slot holds means nothing.
 */
#ifndef PROMQL_STEPS_H
#define PROMQL_STEPS_H

#include "base/assert.h"
#include "model/histogram.h"
#include "model/labels.h"

struct steps {
	int64_t start_ms;
	int64_t step_ms; /* > 0, also with a single step */
	size_t n;        /* 0: nothing is evaluated at all */
};

/* More are refused: a series of that many takes 128 MiB. */
enum { STEPS_MAX = 1 << 24 };

static inline int64_t steps_at(const struct steps *steps, size_t i)
{
	return steps->start_ms + (int64_t)i * steps->step_ms;
}

/* --- bitmaps ---------------------------------------------------------------------------------- */

static inline size_t bits_words(size_t n)
{
	return (n + 63) / 64;
}

static inline bool bits_has(const uint64_t *bits, size_t i)
{
	return bits[i / 64] >> (i % 64) & 1;
}

static inline void bits_set(uint64_t *bits, size_t i)
{
	bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static inline void bits_clear(uint64_t *bits, size_t i)
{
	bits[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

static inline void bits_clear_all(uint64_t *bits, size_t n)
{
	if (n)
		memset(bits, 0, bits_words(n) * sizeof(*bits));
}

static inline void bits_set_all(uint64_t *bits, size_t n)
{
	if (n == 0)
		return;
	memset(bits, 0xff, bits_words(n) * sizeof(*bits));
	if (n % 64)
		bits[n / 64] = (UINT64_C(1) << (n % 64)) - 1;
}

static inline bool bits_any(const uint64_t *bits, size_t n)
{
	uint64_t any = 0;
	for (size_t w = 0; w < bits_words(n); w++)
		any |= bits[w];
	return any != 0;
}

static inline size_t bits_count(const uint64_t *bits, size_t n)
{
	size_t count = 0;
	for (size_t w = 0; w < bits_words(n); w++)
		count += (size_t)__builtin_popcountll(bits[w]);
	return count;
}

/* for (size_t i = bits_next(bits, n, 0); i < n; i = bits_next(bits, n, i + 1)) */
static inline size_t bits_next(const uint64_t *bits, size_t n, size_t from)
{
	if (from >= n)
		return n;
	size_t w = from / 64;
	uint64_t word = bits[w] & (~UINT64_C(0) << (from % 64));
	while (word == 0) {
		if (++w == bits_words(n))
			return n;
		word = bits[w];
	}
	return w * 64 + (size_t)__builtin_ctzll(word);
}

static inline size_t bits_next_clear(const uint64_t *bits, size_t n, size_t from)
{
	for (size_t i = from; i < n; i = (i / 64 + 1) * 64) {
		uint64_t clear = ~bits[i / 64] >> (i % 64);
		if (clear == 0)
			continue;
		size_t at = i + (size_t)__builtin_ctzll(clear);
		return at < n ? at : n;
	}
	return n;
}

/* --- series ----------------------------------------------------------------------------------- */

struct step_series {
	struct labels labels;
	double *v;
	uint64_t *present;
	/* NULL, or one for each step that has a sample: NULL for a float. Histograms are not
	 * written to: steps may share them. */
	struct histogram **hist;
	/* With delayed name removal: the name, type and unit labels go at the end of the query. */
	bool drops_name;
	/* Which block of 1,024 selected series it came from. Aggregations combine the partial
	 * results of blocks in their order, whoever computes them. */
	uint32_t block;
};

enum { BLOCK_SERIES = 1024 };

/* An empty series with room for n steps. */
static inline struct step_series step_series_new(struct arena *a, size_t n)
{
	return (struct step_series){
	    .v = arena_alloc(a, n * sizeof(double)),
	    .present = arena_calloc(a, bits_words(n), sizeof(uint64_t)),
	};
}

static inline struct histogram *step_series_histogram(const struct step_series *s, size_t i)
{
	return s->hist ? s->hist[i] : NULL;
}

/* Take the histograms away; whether there were any. */
bool step_series_drop_histograms(struct step_series *s, size_t n);

/* A deep copy. */
struct step_series step_series_copy(struct arena *a, const struct step_series *s, size_t n);

#endif
