#include "promql/aggregations.h"

#include "promql/kahan.h"
#include "promql/pair.h"

#define EACH(bits, i, n)                                                                           \
	for (size_t i = bits_next(bits, n, 0); i < (n); i = bits_next(bits, n, i + 1))

static void add_present(uint64_t *to, const uint64_t *from, size_t n)
{
	for (size_t w = 0; w < bits_words(n); w++)
		to[w] |= from[w];
}

/* Columns start so that the first value needs no special case: sums with -0, the number that
 * changes nothing when it is added; everything else with 0 or, for min and max, NaN. */
struct aggregation_state aggregation_state_new(const struct aggregation *agg, struct arena *a,
					       size_t n)
{
	struct aggregation_state state = {.present =
					      arena_alloc(a, bits_words(n) * sizeof(uint64_t))};

	for (size_t i = 0; i < agg->n_columns; i++)
		state.columns[i] = arena_alloc(a, n * sizeof(double));
	aggregation_state_clear(agg, &state, n);
	return state;
}

/* --- sum -------------------------------------------------------------------------------------- */

enum { SUM, SUM_C };

/* 64 compensated additions without a branch: the rounding error of a sum has the same value
 * whichever of the usual formulas gives it. An infinite sum has none. */
static void sum_word(double *sum, double *c, const double *v)
{
	const pair infinity = pair_of(INFINITY);

	for (size_t i = 0; i < 64; i += 2) {
		pair before = pair_load(sum + i), more = pair_load(v + i);
		pair t = before + more, added = t - before;
		pair lost = (before - (t - added)) + (more - added);
		pair_mask is_infinite = (t == infinity) | (t == -infinity);
		pair_store(c + i, pair_pick(is_infinite, pair_of(0), pair_load(c + i) + lost));
		pair_store(sum + i, t);
	}
}

static void sum_step(struct aggregation_state *to, size_t i, double v)
{
	struct kahan k = {to->columns[SUM][i], to->columns[SUM_C][i]};

	kahan_add(&k, v);
	to->columns[SUM][i] = k.sum;
	to->columns[SUM_C][i] = k.c;
}

static void sum_add(struct aggregation_state *to, const struct step_series *s, size_t n)
{
	for (size_t w = 0; w < bits_words(n); w++) {
		uint64_t word = s->present[w];
		size_t base = w * 64;
		if (word == ~UINT64_C(0)) {
			sum_word(to->columns[SUM] + base, to->columns[SUM_C] + base, s->v + base);
			continue;
		}
		for (; word; word &= word - 1) {
			size_t i = base + (size_t)__builtin_ctzll(word);
			sum_step(to, i, s->v[i]);
		}
	}
	add_present(to->present, s->present, n);
}

static void sum_merge(struct aggregation_state *to, const struct aggregation_state *from, size_t n)
{
	EACH(from->present, i, n)
	{
		sum_step(to, i, from->columns[SUM][i]);
		if (!isinf(to->columns[SUM][i]))
			to->columns[SUM_C][i] += from->columns[SUM_C][i];
	}
	add_present(to->present, from->present, n);
}

static void sum_finish(struct aggregation_state *state, size_t n)
{
	EACH(state->present, i, n)
	state->columns[SUM][i] += state->columns[SUM_C][i];
}

/* --- avg -------------------------------------------------------------------------------------- */

enum { AVG_SUM, AVG_C, AVG_COUNT, AVG_INCREMENTAL };

static struct mean mean_get(const struct aggregation_state *state, size_t i)
{
	return (struct mean){
	    .k = {state->columns[AVG_SUM][i], state->columns[AVG_C][i]},
	    .count = state->columns[AVG_COUNT][i],
	    .is_incremental = state->columns[AVG_INCREMENTAL][i] != 0,
	};
}

static void mean_put(struct aggregation_state *state, size_t i, const struct mean *m)
{
	state->columns[AVG_SUM][i] = m->k.sum;
	state->columns[AVG_C][i] = m->k.c;
	state->columns[AVG_COUNT][i] = m->count;
	state->columns[AVG_INCREMENTAL][i] = m->is_incremental;
}

static void avg_add(struct aggregation_state *to, const struct step_series *s, size_t n)
{
	EACH(s->present, i, n)
	{
		struct mean m = mean_get(to, i);
		mean_add(&m, s->v[i]);
		mean_put(to, i, &m);
	}
	add_present(to->present, s->present, n);
}

static void avg_merge(struct aggregation_state *to, const struct aggregation_state *from, size_t n)
{
	EACH(from->present, i, n)
	{
		struct mean m = mean_get(to, i), more = mean_get(from, i);
		mean_merge(&m, &more);
		mean_put(to, i, &m);
	}
	add_present(to->present, from->present, n);
}

static void avg_finish(struct aggregation_state *state, size_t n)
{
	EACH(state->present, i, n)
	{
		struct mean m = mean_get(state, i);
		state->columns[0][i] = mean_value(&m);
	}
}

/* --- count and group -------------------------------------------------------------------------- */

static void count_add(struct aggregation_state *to, const struct step_series *s, size_t n)
{
	EACH(s->present, i, n)
	to->columns[0][i]++;
	add_present(to->present, s->present, n);
}

static void count_merge(struct aggregation_state *to, const struct aggregation_state *from,
			size_t n)
{
	EACH(from->present, i, n)
	to->columns[0][i] += from->columns[0][i];
	add_present(to->present, from->present, n);
}

static void count_finish(struct aggregation_state *state, size_t n)
{
	(void)state;
	(void)n;
}

static void group_finish(struct aggregation_state *state, size_t n)
{
	for (size_t i = 0; i < n; i++)
		state->columns[0][i] = 1;
}

/* --- min and max ------------------------------------------------------------------------------ */

static void min_values(double *to, const double *v, const uint64_t *present, size_t n)
{
	EACH(present, i, n)
	if (to[i] > v[i] || isnan(to[i]))
		to[i] = v[i];
}

static void max_values(double *to, const double *v, const uint64_t *present, size_t n)
{
	EACH(present, i, n)
	if (to[i] < v[i] || isnan(to[i]))
		to[i] = v[i];
}

static void min_add(struct aggregation_state *to, const struct step_series *s, size_t n)
{
	min_values(to->columns[0], s->v, s->present, n);
	add_present(to->present, s->present, n);
}

static void min_merge(struct aggregation_state *to, const struct aggregation_state *from, size_t n)
{
	min_values(to->columns[0], from->columns[0], from->present, n);
	add_present(to->present, from->present, n);
}

static void max_add(struct aggregation_state *to, const struct step_series *s, size_t n)
{
	max_values(to->columns[0], s->v, s->present, n);
	add_present(to->present, s->present, n);
}

static void max_merge(struct aggregation_state *to, const struct aggregation_state *from, size_t n)
{
	max_values(to->columns[0], from->columns[0], from->present, n);
	add_present(to->present, from->present, n);
}

/* --- stddev and stdvar ------------------------------------------------------------------------ */

enum { VAR_SQUARES, VAR_MEAN, VAR_COUNT };

static void variance_step(struct aggregation_state *to, size_t i, double v)
{
	double *squares = to->columns[VAR_SQUARES], *mean = to->columns[VAR_MEAN];
	double *count = to->columns[VAR_COUNT];

	if (count[i]++ == 0) {
		squares[i] = isfinite(v) ? 0 : NAN;
		mean[i] = v;
		return;
	}
	double delta = v - mean[i];
	mean[i] += delta / count[i];
	squares[i] += delta * (v - mean[i]);
}

static void variance_add(struct aggregation_state *to, const struct step_series *s, size_t n)
{
	EACH(s->present, i, n)
	variance_step(to, i, s->v[i]);
	add_present(to->present, s->present, n);
}

static void variance_merge(struct aggregation_state *to, const struct aggregation_state *from,
			   size_t n)
{
	EACH(from->present, i, n)
	{
		double before = to->columns[VAR_COUNT][i], more = from->columns[VAR_COUNT][i];
		double delta = from->columns[VAR_MEAN][i] - to->columns[VAR_MEAN][i];
		double count = before + more;
		to->columns[VAR_SQUARES][i] += from->columns[VAR_SQUARES][i];
		if (before > 0)
			to->columns[VAR_SQUARES][i] += delta * delta * (before * more / count);
		to->columns[VAR_MEAN][i] += delta * (more / count);
		to->columns[VAR_COUNT][i] = count;
	}
	add_present(to->present, from->present, n);
}

static void stdvar_finish(struct aggregation_state *state, size_t n)
{
	EACH(state->present, i, n)
	state->columns[VAR_SQUARES][i] /= state->columns[VAR_COUNT][i];
}

static void stddev_finish(struct aggregation_state *state, size_t n)
{
	stdvar_finish(state, n);
	EACH(state->present, i, n)
	state->columns[VAR_SQUARES][i] = sqrt(state->columns[VAR_SQUARES][i]);
}

/* --- the table -------------------------------------------------------------------------------- */

static const struct aggregation aggregations[AGGREGATE_N] = {
    [AGGREGATE_SUM] = {2, sum_add, sum_merge, sum_finish},
    [AGGREGATE_AVG] = {4, avg_add, avg_merge, avg_finish},
    [AGGREGATE_COUNT] = {1, count_add, count_merge, count_finish},
    [AGGREGATE_GROUP] = {1, count_add, count_merge, group_finish},
    [AGGREGATE_MIN] = {1, min_add, min_merge, count_finish},
    [AGGREGATE_MAX] = {1, max_add, max_merge, count_finish},
    [AGGREGATE_STDDEV] = {3, variance_add, variance_merge, stddev_finish},
    [AGGREGATE_STDVAR] = {3, variance_add, variance_merge, stdvar_finish},
};

const struct aggregation *aggregation_of(enum aggregate_op op)
{
	return aggregations[op].add ? &aggregations[op] : NULL;
}

void aggregation_state_clear(const struct aggregation *agg, struct aggregation_state *state,
			     size_t n)
{
	bits_clear_all(state->present, n);
	for (size_t c = 0; c < agg->n_columns; c++) {
		double initial = 0;
		if (agg->add == sum_add && c == SUM)
			initial = -0.0;
		if (agg->add == min_add || agg->add == max_add)
			initial = NAN;
		for (size_t i = 0; i < n; i++)
			state->columns[c][i] = initial;
	}
}
