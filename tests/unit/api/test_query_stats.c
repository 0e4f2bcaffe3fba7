#include "api/query_stats.h"

#include "tests/lib/expect.h"

static void times_are_told_in_seconds_and_samples_counted(void **state)
{
	struct buf out auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	struct query_stats stats = {
	    .asked_ns = 1000,
	    .started_ns = 500001000,
	    .prepared_ns = 750001000,
	    .ended_ns = 2000001000,
	    .samples = {.total = 7, .peak = 5},
	};
	struct json_writer w;
	(void)state;

	json_writer_init(&w, &out, JSON_ESCAPE_HTML);
	query_stats_json(&w, &stats);
	expect_str(buf_str(&out),
		   "{\"timings\":{\"evalTotalTime\":1.5,\"resultSortTime\":0,"
		   "\"queryPreparationTime\":0.25,\"innerEvalTime\":1.25,\"execQueueTime\":0.5,"
		   "\"execTotalTime\":2},"
		   "\"samples\":{\"totalQueryableSamples\":7,\"peakSamples\":5}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(times_are_told_in_seconds_and_samples_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
