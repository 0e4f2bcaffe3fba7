#include "api/query_stats.h"

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
	put_count(w, "totalQueryableSamples", s->samples.total);
	put_count(w, "peakSamples", s->samples.peak);
	json_end_object(w);
	json_end_object(w);
}
