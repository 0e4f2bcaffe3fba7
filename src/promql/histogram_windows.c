#include "promql/histogram_windows.h"

#include "promql/duration.h"
#include "promql/start_times.h"

/* --- rate ------------------------------------------------------------------------------------- */

/* What a counter counted from when it was reset just before `h`. */
static struct histogram nothing_before(const struct histogram *h)
{
	return (struct histogram){
	    .schema = h->schema, .bounds = h->bounds, .n_bounds = h->n_bounds};
}

/* --- what happens in a window ----------------------------------------------------------------- */

/* `before` is what sample i is compared with: the one before it, or nothing. */
static bool is_reset(const struct histogram_window *w, size_t i, const struct histogram *before)
{
	return (w->st_ms && start_time_is_reset(w->t_ms, w->st_ms, i)) ||
	       histogram_is_reset(w->v[i], before);
}

static struct histogram_events *count_events(const struct histogram_window *series, struct arena *a)
{
	struct histogram_events *events = arena_alloc(a, series->n * sizeof(*events));
	struct histogram_events e = {0};

	for (size_t i = 0; i < series->n; i++) {
		const struct histogram *h = series->v[i];
		if (i > 0) {
			e.resets += is_reset(series, i, series->v[i - 1]);
			e.schemas += h->schema != series->v[i - 1]->schema;
		}
		e.gauges += h->hint == HISTOGRAM_GAUGE;
		events[i] = e;
	}
	return events;
}

struct histogram_window histogram_window_of(const struct samples *s, bool counts_events,
					    struct arena *a, uint32_t *before)
{
	int64_t *t_ms = arena_alloc(a, s->n * sizeof(*t_ms));
	int64_t *st_ms = s->st_ms ? arena_alloc(a, s->n * sizeof(*st_ms)) : NULL;
	struct histogram **v = ARENA_ARRAY(a, struct histogram *, s->n);
	struct histogram_window all = {.t_ms = t_ms, .st_ms = st_ms, .v = v};

	for (size_t i = 0; i < s->n; i++) {
		before[i] = (uint32_t)all.n;
		if (!s->hist[i])
			continue;
		t_ms[all.n] = s->t_ms[i];
		if (st_ms)
			st_ms[all.n] = s->st_ms[i];
		v[all.n++] = s->hist[i];
	}
	before[s->n] = (uint32_t)all.n;
	if (counts_events)
		all.events = count_events(&all, a);
	return all;
}

/* Between its first sample and its last. */
static bool may_have_resets(const struct histogram_window *w)
{
	return !w->events || w->events[w->n - 1].resets != w->events[0].resets;
}

static bool may_have_schemas(const struct histogram_window *w)
{
	return !w->events || w->events[w->n - 1].schemas != w->events[0].schemas;
}

static bool may_have_gauges(const struct histogram_window *w)
{
	return !w->events || w->v[0]->hint == HISTOGRAM_GAUGE ||
	       w->events[w->n - 1].gauges != w->events[0].gauges;
}

/* --- increase --------------------------------------------------------------------------------- */

/* The lowest schema of the window, from `first` on. False when custom and other buckets meet, in
 * the samples that count. */
static bool find_schema(const struct histogram_window *w, const struct histogram *first,
			bool is_counter, int32_t *out)
{
	const struct histogram *last = w->v[w->n - 1];

	if (histogram_is_custom(last) != histogram_is_custom(first))
		return false;
	*out = last->schema < first->schema ? last->schema : first->schema;
	if (!may_have_schemas(w))
		return true;
	for (size_t i = 1; is_counter && i + 1 < w->n; i++) {
		if (histogram_is_custom(w->v[i]) != histogram_is_custom(first))
			return false;
		if (w->v[i]->schema < *out)
			*out = w->v[i]->schema;
	}
	return true;
}

static void note_kind(const struct histogram_window *w, bool is_counter)
{
	bool ends_are_gauges =
	    w->v[0]->hint == HISTOGRAM_GAUGE && w->v[w->n - 1]->hint == HISTOGRAM_GAUGE;

	if (!is_counter) {
		if (!ends_are_gauges)
			note_not_gauge(&w->place);
		return;
	}
	for (size_t i = 0; may_have_gauges(w) && i < w->n; i++) {
		if (w->v[i]->hint != HISTOGRAM_GAUGE)
			continue;
		note_not_counter(&w->place);
		return;
	}
}

static void note_overlap(const struct histogram_window *w)
{
	for (size_t i = 1; w->st_ms && i < w->n; i++) {
		if (!start_time_overlaps(w->t_ms, w->st_ms, i))
			continue;
		note_start_overlap(&w->place);
		return;
	}
}

/* The difference of last and first plus what resets took away. */
static struct histogram *increase(const struct histogram_window *w, bool is_counter,
				  struct arena *a)
{
	struct histogram none;
	const struct histogram *before = w->v[0];
	bool adds_resets = is_counter && may_have_resets(w);
	struct histogram_clash clash;
	int32_t schema;

	if (adds_resets && is_reset(w, 1, before)) {
		none = nothing_before(w->v[1]);
		before = &none;
	}
	if (!find_schema(w, before, is_counter, &schema)) {
		note_mixed_schemas(&w->place);
		return NULL;
	}
	note_kind(w, is_counter);
	struct histogram *h = histogram_copy(a, w->v[w->n - 1]);
	histogram_reduce(a, h, schema);
	clash = histogram_subtract(a, h, before);
	if (clash.has_bounds)
		note_reconciled_bounds(&w->place, "subtraction");
	if (is_counter)
		note_overlap(w);
	for (size_t i = 1; adds_resets && i < w->n; i++) {
		if (is_reset(w, i, before)) {
			clash = histogram_add(a, h, before);
			if (clash.has_bounds)
				note_reconciled_bounds(&w->place, "addition");
		}
		before = w->v[i];
	}
	h->hint = HISTOGRAM_GAUGE;
	histogram_compact(a, h);
	return h;
}

static double seconds(int64_t ms)
{
	return (double)ms / 1000;
}

/* Whether the counter began in the window, before its first sample. */
static bool begins_inside(const struct histogram_window *w)
{
	return w->st_ms && w->st_ms[0] != 0 && w->st_ms[0] > w->start_ms &&
	       w->st_ms[0] < w->t_ms[0];
}

/* How much of the time before the first sample is extrapolated to: as for floats, the count being
 * what cannot have been below zero. */
static double gap_before(const struct histogram_window *w, const struct histogram *h,
			 double average, bool is_counter)
{
	double to_start = seconds(w->t_ms[0] - w->start_ms);

	if (to_start >= average * 1.1)
		to_start = average / 2;
	if (is_counter && h->count > 0 && w->v[0]->count >= 0) {
		double sampled = seconds(w->t_ms[w->n - 1] - w->t_ms[0]);
		double to_zero = sampled * (w->v[0]->count / h->count);
		to_start = to_zero < to_start ? to_zero : to_start;
	}
	return to_start;
}

/* By how much the increase grows when it is extrapolated to the whole window. A counter that began
 * at a known time was zero then: nothing is left to extrapolate before. */
static double extrapolation(const struct histogram_window *w, const struct histogram *h,
			    bool is_counter, bool is_since_start)
{
	int64_t first_ms = w->t_ms[0], last_ms = w->t_ms[w->n - 1];
	double average = w->n > 1 ? seconds(last_ms - first_ms) / (double)(w->n - 1) : 0;
	double to_start = is_since_start ? 0 : gap_before(w, h, average, is_counter);
	double to_end = seconds(w->end_ms - last_ms);
	double sampled = seconds(last_ms - (is_since_start ? w->st_ms[0] : first_ms));

	if (to_end >= average * 1.1)
		to_end = average / 2;
	return sampled != 0 ? (sampled + to_start + to_end) / sampled : 1;
}

/* To the increase from the first sample on, what there was before. */
static struct histogram *add_first(const struct histogram_window *w, struct histogram *h,
				   struct arena *a)
{
	if (!h)
		return histogram_copy(a, w->v[0]);
	struct histogram_clash clash = histogram_add(a, h, w->v[0]);
	if (clash.is_incompatible) {
		note_mixed_schemas(&w->place);
		return NULL;
	}
	if (clash.has_bounds)
		note_reconciled_bounds(&w->place, "addition");
	return h;
}

struct histogram *histogram_rate(const struct histogram_window *w, enum rate_kind kind,
				 struct arena *a)
{
	bool is_counter = kind != RATE_DELTA;
	bool is_since_start = is_counter && begins_inside(w);
	struct histogram *h = NULL;

	if (w->n < 2 && !is_since_start)
		return NULL;
	if (w->n > 1 && !(h = increase(w, is_counter, a)))
		return NULL;
	if (is_since_start && !(h = add_first(w, h, a)))
		return NULL;
	double factor = extrapolation(w, h, is_counter, is_since_start);
	if (kind == RATE_PER_SECOND)
		factor /= seconds_of_ms(w->end_ms - w->start_ms);
	histogram_multiply(h, factor);
	return h;
}

struct histogram *histogram_instant_rate(const struct histogram_window *w, bool is_rate,
					 struct arena *a)
{
	if (w->n < 2)
		return NULL;
	const struct histogram *before = w->v[w->n - 2], *last = w->v[w->n - 1];
	bool has_gauge = before->hint == HISTOGRAM_GAUGE || last->hint == HISTOGRAM_GAUGE;
	bool are_gauges = before->hint == HISTOGRAM_GAUGE && last->hint == HISTOGRAM_GAUGE;
	if (is_rate && has_gauge)
		note_not_counter(&w->place);
	if (!is_rate && !are_gauges)
		note_not_gauge(&w->place);
	struct histogram *h = histogram_copy(a, last);
	if (!is_rate || !is_reset(w, w->n - 1, before)) {
		struct histogram_clash clash = histogram_subtract(a, h, before);
		if (clash.is_incompatible) {
			note_mixed_schemas(&w->place);
			return NULL;
		}
		if (clash.has_bounds)
			note_reconciled_bounds(&w->place, "subtraction");
	}
	h->hint = HISTOGRAM_GAUGE;
	histogram_compact(a, h);
	if (is_rate)
		histogram_divide(h, seconds(w->t_ms[w->n - 1] - w->t_ms[w->n - 2]));
	return h;
}

/* --- sums ------------------------------------------------------------------------------------- */

struct histogram *histogram_sum_over_time(const struct histogram_window *w, bool is_average,
					  struct arena *a)
{
	struct histogram_total total = {0};

	for (size_t i = 0; i < w->n; i++)
		histogram_total_add(&total, a, w->v[i], is_average);
	if (total.is_incompatible) {
		note_mixed_schemas(&w->place);
		return NULL;
	}
	note_total(&w->place, &total);
	return histogram_total_value(&total, a, is_average);
}
