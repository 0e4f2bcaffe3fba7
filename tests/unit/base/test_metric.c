#include "base/metric.h"
#include "tests/lib/child.h"
#include "tests/lib/expect.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>

static void counters_add_up_whole_and_broken_numbers(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct counter *c = metrics_counter(m, "c_total", "help");
	(void)state;

	counter_inc(c);
	counter_add(c, 2);
	counter_add(c, 0.5);
	counter_add(c, 1e20);

	assert_true(counter_value(c) == 1e20 + 3.5);
}

static void gauges_go_up_and_down(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct gauge *g = metrics_gauge(m, "g", "help");
	(void)state;

	gauge_set(g, 5);
	gauge_inc(g);
	gauge_dec(g);
	gauge_add(g, -7.5);
	assert_true(gauge_value(g) == -2.5);
	gauge_set_to_now(g);
	assert_true(gauge_value(g) > 1.6e9);
}

static void the_same_name_is_the_same_family_and_the_same_values_the_same_child(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct family *f = metrics_counters(m, "f_total", "help", "code", "method");
	(void)state;

	counter_inc(counter_at(f, "200", "get"));
	counter_inc(
	    counter_at(metrics_counters(m, "f_total", "help", "code", "method"), "200", "get"));

	assert_true(counter_value(counter_at(f, "200", "get")) == 2);
	assert_true(counter_value(counter_at(f, "20", "0get")) == 0);
}

static void without_a_registry_nothing_is_counted(void **state)
{
	struct family *f = metrics_gauges(NULL, "g", "help", "a");
	(void)state;

	gauge_inc(gauge_at(f, "x"));
	counter_inc(metrics_counter(NULL, "c", "help"));
	histogram_metric_observe(NULL, 1);
	family_remove(f, "x");
	family_clear(f);

	assert_true(gauge_value(gauge_at(f, "x")) == 0);
	assert_int_equal(histogram_metric_count(NULL), 0);
}

static const struct metric_snapshot *find(const struct metric_snapshots *all, const char *name)
{
	for (size_t i = 0; i < all->n; i++)
		if (str_is(all->v[i].name, name))
			return &all->v[i];
	return NULL;
}

static void a_histogram_counts_values_up_to_each_bound(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	static const double bounds[] = {1, 2.5, 10};
	struct histogram_metric *h = metrics_histogram(m, "h", "help", bounds, 3);
	static const double values[] = {0.5, 1, 1.5, 10, 11, INFINITY};
	(void)state;

	for (size_t i = 0; i < 6; i++)
		histogram_metric_observe(h, values[i]);
	struct metric_snapshots all = metrics_gather(m, a);
	const struct metric_snapshot *s = find(&all, "h");

	static const uint64_t want[] = {2, 3, 4, 6};
	assert_memory_equal(s->points[0].buckets, want, sizeof(want));
	assert_true(isinf(s->points[0].value));
	assert_int_equal(histogram_metric_count(h), 6);
	assert_int_equal(s->n_bounds, 3);
}

static void a_nan_is_counted_in_the_last_bucket(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct histogram_metric *h = metrics_histogram(m, "h", "help", METRIC_DEFAULT_BUCKETS, 11);
	(void)state;

	histogram_metric_observe(h, NAN);
	struct metric_snapshots all = metrics_gather(m, a);

	assert_int_equal(all.v[0].points[0].buckets[10], 0);
	assert_int_equal(all.v[0].points[0].buckets[11], 1);
}

static void gathering_orders_families_and_children(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct family *f = metrics_gauges(m, "b", "help", "x", "y");
	(void)state;

	metrics_gauges(m, "empty", "help", "x");
	gauge_set(gauge_at(f, "2", "a"), 3);
	gauge_set(gauge_at(f, "1", "b"), 2);
	gauge_set(gauge_at(f, "1", "a"), 1);
	metrics_counter(m, "a_total", "other");
	struct metric_snapshots all = metrics_gather(m, a);

	assert_int_equal(all.n, 2);
	expect_str(all.v[0].name, "a_total");
	expect_str(all.v[1].name, "b");
	expect_str(all.v[1].label_names[1], "y");
	for (size_t i = 0; i < 3; i++)
		assert_true(all.v[1].points[i].value == (double)i + 1);
	expect_str(all.v[1].points[1].label_values[1], "b");
}

static void removed_children_are_gone(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	struct family *f = metrics_gauges(m, "g", "help", "x");
	(void)state;

	gauge_set(gauge_at(f, "1"), 1);
	gauge_set(gauge_at(f, "2"), 2);
	family_remove(f, "1");
	family_remove(f, "never there");
	struct metric_snapshots all = metrics_gather(m, a);
	assert_int_equal(find(&all, "g")->n_points, 1);
	expect_str(find(&all, "g")->points[0].label_values[0], "2");
	family_clear(f);
	all = metrics_gather(m, a);
	assert_null(find(&all, "g"));
}

static void emit_two(struct metric_sink *sink, void *arg)
{
	metric_emit(sink, *(double *)arg, "shared");
	metric_emit(sink, 1, "alone");
}

static void callbacks_are_asked_when_somebody_looks(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct arena *a auto_free(arena_free) = arena_new(NULL);
	double value = 1;
	struct metric_spec spec = {
	    .name = "dns_provider_results",
	    .help = "help",
	    .type = METRIC_GAUGE,
	    .label_names = METRIC_NAMES("addr"),
	};
	(void)state;

	struct metric_callback *one = metrics_callback(m, &spec, emit_two, &value);
	metrics_callback(m, &spec, emit_two, &value);
	value = 5;
	struct metric_snapshots all = metrics_gather(m, a);
	assert_int_equal(all.v[0].n_points, 2);
	assert_true(all.v[0].points[0].value == 2); /* "alone", of both */
	assert_true(all.v[0].points[1].value == 10);

	metrics_callback_remove(one);
	metrics_callback_remove(NULL);
	all = metrics_gather(m, a);
	assert_true(all.v[0].points[1].value == 5);
}

static void change_the_type(void)
{
	struct metrics *m = metrics_new();
	metrics_counter(m, "x", "help");
	metrics_gauge(m, "x", "help");
}

static void one_name_with_two_meanings_is_a_bug(void **state)
{
	struct buf said auto_done(buf_done) = BUF_INIT(10000);
	(void)state;

	assert_int_equal(child_run(change_the_type, &said).signal, SIGABRT);
}

struct worker {
	struct metrics *m;
	struct family *f;
};

static void *count_many(void *arg)
{
	static const char *const names[] = {"a", "b", "c"};
	struct worker *w = arg;
	static const double bounds[] = {1};

	for (int i = 0; i < 3000; i++) {
		counter_inc(counter_at(w->f, names[i % 3]));
		counter_add(counter_at(w->f, "half"), 0.5);
		histogram_metric_observe(metrics_histogram(w->m, "h", "help", bounds, 1), 1);
	}
	return NULL;
}

static void threads_lose_no_count_while_others_look(void **state)
{
	struct metrics *m auto_free(metrics_free) = metrics_new();
	struct worker w = {m, metrics_counters(m, "f_total", "help", "x")};
	pthread_t threads[4];
	(void)state;

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, count_many, &w);
	for (int i = 0; i < 20; i++) {
		struct arena *a auto_free(arena_free) = arena_new(NULL);
		metrics_gather(m, a);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);

	assert_true(counter_value(counter_at(w.f, "b")) == 4000);
	assert_true(counter_value(counter_at(w.f, "half")) == 6000);
	assert_int_equal(
	    histogram_metric_count(metrics_histogram(m, "h", "help", METRIC_DEFAULT_BUCKETS, 1)),
	    12000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(counters_add_up_whole_and_broken_numbers),
	    cmocka_unit_test(gauges_go_up_and_down),
	    cmocka_unit_test(the_same_name_is_the_same_family_and_the_same_values_the_same_child),
	    cmocka_unit_test(without_a_registry_nothing_is_counted),
	    cmocka_unit_test(a_histogram_counts_values_up_to_each_bound),
	    cmocka_unit_test(a_nan_is_counted_in_the_last_bucket),
	    cmocka_unit_test(gathering_orders_families_and_children),
	    cmocka_unit_test(removed_children_are_gone),
	    cmocka_unit_test(callbacks_are_asked_when_somebody_looks),
	    cmocka_unit_test(one_name_with_two_meanings_is_a_bug),
	    cmocka_unit_test(threads_lose_no_count_while_others_look),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
