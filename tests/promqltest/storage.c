#include "tests/promqltest/storage.h"

#include "base/alloc.h"
#include "tests/lib/memory_queryable.h"
#include "tests/lib/stored_samples.h"
#include "tests/promqltest/stores.h"

#include <stdlib.h>

struct storage {
	struct memory_queryable *database;
	struct stores *stores; /* NULL before the first load_store */
	bool has_series;       /* in the database */
	enum dedup_function dedup;
	bool partial_response;
};

static void fill(struct storage *s)
{
	*s = (struct storage){
	    .database = memory_queryable_new(),
	    .dedup = DEDUP_PENALTY,
	    .partial_response = true,
	};
}

static void empty(struct storage *s)
{
	memory_queryable_free(s->database);
	stores_free(s->stores);
}

struct storage *storage_new(void)
{
	struct storage *s = NEW(struct storage);

	fill(s);
	return s;
}

void storage_free(struct storage *s)
{
	if (!s)
		return;
	empty(s);
	free(s);
}

void storage_clear(struct storage *s)
{
	empty(s);
	fill(s);
}

/* --- load ------------------------------------------------------------------------------------- */

static const struct start_times *find_starts(const struct load *load, struct labels labels)
{
	for (size_t i = 0; i < load->starts.n; i++)
		if (labels_eq(load->starts.v[i].labels, labels))
			return &load->starts.v[i];
	return NULL;
}

static int64_t start_ms(const struct start_times *starts, size_t position, int64_t t_ms)
{
	if (position >= starts->offsets_ms.n || starts->offsets_ms.v[position] == START_UNKNOWN)
		return 0;
	return t_ms + starts->offsets_ms.v[position];
}

static bool load_line(struct memory_queryable *mq, const struct load *load, struct arena *a,
		      const struct series_line *line, struct err *err)
{
	const struct start_times *starts = find_starts(load, line->labels);
	struct samples s = {0};

	samples_of_points(a, line, load->step_ms, &s);
	if (starts)
		s.st_ms = ARENA_ARRAY(a, int64_t, s.cap);
	for (size_t k = 0; k < s.n && starts; k++)
		s.st_ms[k] = start_ms(starts, (size_t)(s.t_ms[k] / load->step_ms), s.t_ms[k]);
	return s.n == 0 || memory_queryable_add(mq, line->labels, &s) ||
	       err_set(err, ERR_INVALID, "a sample that is not newer than what there is");
}

/* Of the same series twice in a load, the last line counts. */
static bool is_replaced(const struct load *load, size_t i)
{
	for (size_t k = i + 1; k < load->lines.n; k++)
		if (labels_eq(load->lines.v[i].labels, load->lines.v[k].labels))
			return true;
	return false;
}

static struct series_lines lines_that_count(struct arena *a, const struct load *load)
{
	struct series_lines out = {0};

	for (size_t i = 0; i < load->lines.n; i++)
		if (!is_replaced(load, i))
			ARENA_PUSH(a, &out, load->lines.v[i]);
	return out;
}

static bool load_database(struct memory_queryable *mq, const struct load *load, struct err *err)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct series_lines lines = lines_that_count(a, load), custom = {0};

	if (load->with_custom_buckets && !custom_buckets_of(a, &lines, &custom, err))
		return false;
	for (size_t i = 0; i < lines.n; i++)
		if (!load_line(mq, load, a, &lines.v[i], err))
			return false;
	for (size_t i = 0; i < custom.n; i++)
		if (!load_line(mq, load, a, &custom.v[i], err))
			return false;
	return true;
}

bool storage_load(struct storage *s, const struct load *load, struct err *err)
{
	if (load->store.n == 0) {
		s->has_series = true;
		if (s->stores)
			return err_set(err, ERR_INVALID, "load behind load_store");
		return load_database(s->database, load, err);
	}
	if (s->has_series)
		return err_set(err, ERR_INVALID, "load_store behind load");
	if (!s->stores)
		s->stores = stores_new();
	return stores_load(s->stores, load, err);
}

/* --- stores ----------------------------------------------------------------------------------- */

bool storage_order(struct storage *s, const struct store_order *order, struct err *err)
{
	if (!s->stores)
		return err_set(err, ERR_INVALID, "there are no stores");
	return stores_order(s->stores, order, err);
}

void storage_set_dedup(struct storage *s, enum dedup_function dedup)
{
	s->dedup = dedup;
}

void storage_set_partial_response(struct storage *s, bool partial_response)
{
	s->partial_response = partial_response;
}

struct source storage_source(struct storage *s)
{
	return (struct source){
	    .database = s->stores ? NULL : memory_queryable(s->database),
	    .evaluator = s->stores ? stores_evaluator(s->stores) : NULL,
	    .dedup = s->dedup,
	    .partial_response = s->partial_response,
	};
}
