#include "api/query_stats.h"

#include "base/arena.h"
#include "base/duration.h"

static void put_seconds(struct json_writer *w, const char *key, int64_t ns)
{
	json_key(w, key);
	json_put_f64(w, (double)ns / NS_PER_S);
}

static void put_count(struct json_writer *w, const char *key, uint64_t n)
{
	json_key(w, key);
	json_put_u64(w, n);
}

/* [[1795399585.054,3],...]: these times are plain numbers, 0.5 and not 0.500. */
static void put_steps(struct json_writer *w, const struct query_stats *s)
{
	size_t n = promql_result_n_steps(s->per_step_of);
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	uint64_t *counts = ARENA_ARRAY(a, uint64_t, n);

	promql_result_samples_at(s->per_step_of, counts);
	json_key(w, "totalQueryableSamplesPerStep");
	json_begin_array(w);
	for (size_t i = 0; i < n; i++) {
		json_begin_array(w);
		json_put_f64(w, (double)(s->start_ms + (int64_t)i * s->step_ms) / MS_PER_S);
		json_put_u64(w, counts[i]);
		json_end_array(w);
	}
	json_end_array(w);
}

void query_stats_json(struct json_writer *w, const struct query_stats *s)
{
	json_begin_object(w);
	json_key(w, "timings");
	json_begin_object(w);
	put_seconds(w, "evalTotalTime", s->ended_ns - s->started_ns);
	put_seconds(w, "resultSortTime", 0);
	put_seconds(w, "queryPreparationTime", s->prepared_ns - s->started_ns);
	put_seconds(w, "innerEvalTime", s->ended_ns - s->prepared_ns);
	put_seconds(w, "execQueueTime", s->started_ns - s->asked_ns);
	put_seconds(w, "execTotalTime", s->ended_ns - s->asked_ns);
	json_end_object(w);
	json_key(w, "samples");
	json_begin_object(w);
	if (s->per_step_of)
		put_steps(w, s);
	put_count(w, "totalQueryableSamples", s->samples.total);
	put_count(w, "peakSamples", s->samples.peak);
	json_end_object(w);
	json_end_object(w);
}
