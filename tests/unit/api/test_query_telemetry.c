#include "api/query_telemetry.h"

#include "base/metric.h"
#include "tests/lib/expect.h"

static const double seconds[] = {0.1, 1}, samples[] = {100, 1e6}, series[] = {10, 100};
static const struct query_telemetry_options options = {seconds, samples, series, 2, 2, 2};

#define NAME "thanos_store_api_query_duration_seconds"

/* "samples_le series_le tenant count", a line for each. */
static void gather(struct metrics *m, struct buf *out)
{
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct metric_snapshots all = metrics_gather(m, a);

	for (size_t i = 0; i < all.n; i++) {
		if (!str_is(all.v[i].name, NAME))
			continue;
		for (size_t k = 0; k < all.v[i].n_points; k++) {
			const struct metric_point *p = &all.v[i].points[k];
			for (size_t l = 0; l < 3; l++)
				buf_printf(out, "%.*s ", STR_FMT(p->label_values[l]));
			buf_printf(out, "%d\n", (int)p->buckets[all.v[i].n_bounds]);
		}
	}
}

static void queries_are_told_apart_by_what_they_read(void **state)
{
	static const struct series_count counts[] = {
	    {1, 1, 1},       {10, 1, 100},    {11, 11, 101}, {100, 1, 1}, {99, 1, 999999},
	    {1, 1, 1000000}, {1000000, 1, 1}, {0, 1, 1},     {1, 0, 1},   {1, 1, 0},
	};
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct query_telemetry *t auto_free(query_telemetry_free) =
	    query_telemetry_new(&options, m);
	struct buf got auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		query_telemetry_observe(t, STR("a"), &counts[i], 0.5);
	query_telemetry_observe(t, STR("b"), &counts[0], 0.5);
	gather(m, &got);
	expect_str(buf_str(&got), "+Inf 10 a 1\n"
				  "100 +Inf a 2\n"
				  "100 10 a 2\n"
				  "100 10 b 1\n"
				  "1000000 100 a 2\n");
}

static void without_bounds_all_queries_are_alike(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct query_telemetry *t auto_free(query_telemetry_free) = query_telemetry_new(
	    &(struct query_telemetry_options){.seconds = seconds, .n_seconds = 2}, m);
	struct buf got auto_done(buf_done) = BUF_INIT(BUF_TEXT_MAX);
	(void)state;

	query_telemetry_observe(t, STR("a"), &(struct series_count){5, 5, 5}, 0.5);
	gather(m, &got);
	expect_str(buf_str(&got), "+Inf +Inf a 1\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(queries_are_told_apart_by_what_they_read),
	    cmocka_unit_test(without_bounds_all_queries_are_alike),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
