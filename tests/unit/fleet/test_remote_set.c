#include "fleet/remote_set.h"

#include "base/pool.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_query.h"
#include "tests/lib/fake_store.h"

/* Endpoints "a" and "b", both queriers. */
struct fixture {
	struct fake_store stores[2];
	struct fake_query queries[2];
	struct tsdb_info tsdbs[2][3];
	struct pool *pool;
	struct endpoint_set *endpoints;
	struct remote_options options;
	struct query_request request;
	struct store_filter filter;
	struct remote_set set;
	bool is_set;
};

static const struct str replica[] = {{"replica", 7}};
static const struct str partition[] = {{"cluster", 7}};

static struct label label_sets[][3] = {
    {LABEL("cluster", "eu"), LABEL("replica", "a"), LABEL("zone", "1")},
    {LABEL("cluster", "eu"), LABEL("replica", "b"), LABEL("zone", "1")},
    {LABEL("cluster", "us"), LABEL("replica", "a"), LABEL("zone", "2")},
};

static struct tsdb_info tsdb_of(int i, int64_t min_t_ms, int64_t max_t_ms)
{
	return (struct tsdb_info){{label_sets[i], 3}, min_t_ms, max_t_ms};
}

static struct store_api *dial(void *arg, const char *address)
{
	return &((struct fixture *)arg)->stores[address[0] - 'a'].base;
}

static struct query_service *dial_query(void *arg, const char *address)
{
	return &((struct fixture *)arg)->queries[address[0] - 'a'].base;
}

static int set_up(void **state)
{
	static struct fixture f;

	f = (struct fixture){
	    .pool = pool_new(&(struct pool_options){.name = "info", .max_threads = 2}),
	    .request = {.dedup = true, .replica_labels = replica, .n_replica_labels = 1},
	};
	for (int i = 0; i < 2; i++) {
		fake_store_init(&f.stores[i], NULL, 0);
		fake_query_init(&f.queries[i], NULL, 0);
		f.stores[i].info.has_query = true;
		f.stores[i].info.tsdbs = f.tsdbs[i];
	}
	/* Of eu, replica b has lost more than a has. */
	f.tsdbs[0][0] = tsdb_of(0, 100, 900);
	f.tsdbs[0][1] = tsdb_of(1, 300, 1000);
	f.stores[0].info.n_tsdbs = 2;
	f.tsdbs[1][0] = tsdb_of(2, 200, 800);
	f.stores[1].info.n_tsdbs = 1;
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->is_set)
		remote_set_done(&f->set);
	endpoint_set_free(f->endpoints);
	pool_free(f->pool);
	return 0;
}

static const struct remote_engines *engines_of(struct fixture *f)
{
	static const struct endpoint_spec specs[] = {{"a", false}, {"b", false}};

	f->endpoints = endpoint_set_new(&(struct endpoint_set_options){
	    .specs = specs,
	    .n_specs = 2,
	    .dial = dial,
	    .dial_query = dial_query,
	    .dial_arg = f,
	    .info_timeout_ms = 1000,
	    .unhealthy_timeout_ms = 1000,
	    .pool = f->pool,
	    .clock = &clock_system,
	});
	endpoint_set_update(f->endpoints, NULL);
	f->options.endpoints = f->endpoints;
	remote_set_init(&f->set, &f->options, &f->request, &f->filter);
	f->is_set = true;
	return &f->set.engines;
}

static void engines_come_in_the_order_of_their_data(void **state)
{
	struct fixture *f = *state;
	const struct remote_engines *engines = engines_of(f);

	assert_int_equal(engines->n, 2);
	assert_string_equal(engines->v[0].address, "b");
	assert_int_equal(engines->v[0].min_t_ms, 200);
	assert_int_equal(engines->v[0].max_t_ms, 800);
	assert_ptr_equal(engines->v[0].service, &f->queries[1].base);
	/* The replica that has less says from when on all is there. */
	assert_int_equal(engines->v[1].min_t_ms, 300);
	assert_int_equal(engines->v[1].max_t_ms, 1000);
}

static void the_earliest_beginning_may_be_taken_instead(void **state)
{
	struct fixture *f = *state;
	f->options.takes_earliest = true;
	const struct remote_engines *engines = engines_of(f);

	assert_string_equal(engines->v[0].address, "a");
	assert_int_equal(engines->v[0].min_t_ms, 100);
}

static void of_several_shares_the_earliest_counts(void **state)
{
	struct fixture *f = *state;
	f->tsdbs[0][2] = tsdb_of(2, 50, 60);
	f->stores[0].info.n_tsdbs = 3;
	const struct remote_engines *engines = engines_of(f);

	assert_string_equal(engines->v[0].address, "a");
	assert_int_equal(engines->v[0].min_t_ms, 50);
}

static void replica_labels_are_no_part_of_a_share(void **state)
{
	struct fixture *f = *state;
	const struct remote_engines *engines = engines_of(f);

	assert_int_equal(engines->v[1].n_label_sets, 2);
	assert_false(labels_has(engines->v[1].label_sets[0], STR("replica")));
	assert_true(labels_eq(engines->v[1].partition_sets[0], engines->v[1].label_sets[0]));
	assert_int_equal(engines->v[1].partition_sets[0].n, 2);
}

static void without_deduplication_each_replica_is_a_share(void **state)
{
	struct fixture *f = *state;
	f->request.dedup = false;
	const struct remote_engines *engines = engines_of(f);

	assert_true(labels_has(engines->v[0].label_sets[0], STR("replica")));
	assert_int_equal(engines->v[0].min_t_ms, 100);
}

static void partition_labels_scope_the_shares(void **state)
{
	struct fixture *f = *state;
	f->options.partition_labels = partition;
	f->options.n_partition_labels = 1;
	const struct remote_engines *engines = engines_of(f);

	assert_int_equal(engines->v[0].partition_sets[0].n, 1);
	expect_str(labels_get(engines->v[0].partition_sets[0], STR("cluster")), "us");
	assert_int_equal(engines->v[0].label_sets[0].n, 2);
}

static void who_offers_no_query_api_or_has_no_data_is_left_out(void **state)
{
	struct fixture *f = *state;
	f->stores[0].info.has_query = false;
	f->stores[1].info.n_tsdbs = 0;

	assert_int_equal(engines_of(f)->n, 0);
}

static void only_chosen_endpoints_are_asked(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct matcher *b = matcher_new(MATCH_EQ, STR("__address__"), STR("b"), &err);
	struct matchers list = {&b, 1};
	f->filter = (struct store_filter){&list, 1};

	const struct remote_engines *engines = engines_of(f);
	assert_int_equal(engines->n, 1);
	assert_string_equal(engines->v[0].address, "b");
	matcher_unref(b);
}

static void times_without_end_are_still_numbers(void **state)
{
	struct fixture *f = *state;
	f->tsdbs[1][0].min_t_ms = INT64_MIN;
	f->tsdbs[1][0].max_t_ms = INT64_MAX;
	const struct remote_engines *engines = engines_of(f);

	assert_true(engines->v[0].min_t_ms < -INT64_MAX / 8);
	assert_true(engines->v[0].max_t_ms - engines->v[0].min_t_ms > 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(engines_come_in_the_order_of_their_data),
	    TEST(the_earliest_beginning_may_be_taken_instead),
	    TEST(of_several_shares_the_earliest_counts),
	    TEST(replica_labels_are_no_part_of_a_share),
	    TEST(without_deduplication_each_replica_is_a_share),
	    TEST(partition_labels_scope_the_shares),
	    TEST(who_offers_no_query_api_or_has_no_data_is_left_out),
	    TEST(only_chosen_endpoints_are_asked),
	    TEST(times_without_end_are_still_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
