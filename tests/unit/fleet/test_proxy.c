#include "fleet/proxy.h"

#include "base/pool.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_store.h"

/* Two stores, a and b, behind a proxy. */
struct fixture {
	struct pool *pool;
	struct fake_clock clock;
	struct fake_store stores[2];
	struct endpoint_set *set;
	struct store_api *proxy;
	struct arena *arena;
	struct notes notes;
	struct matcher *any_name;
	struct series_request req;
};

static const struct endpoint_spec specs[] = {{"b:10901", false}, {"a:10901", false}};

static struct store_api *dial(void *arg, const char *address)
{
	return &((struct fake_store *)arg)[address[0] - 'a'].base;
}

static void open_fixture(struct fixture *f, const struct endpoint_spec *given, size_t n_given)
{
	struct err err = ERR_INIT;

	f->pool = pool_new(&(struct pool_options){.name = "fan-out", .max_threads = 4});
	fake_clock_init(&f->clock, 1000000);
	f->set = endpoint_set_new(&(struct endpoint_set_options){.specs = given,
								 .n_specs = n_given,
								 .dial = dial,
								 .dial_arg = f->stores,
								 .info_timeout_ms = 5000,
								 .unhealthy_timeout_ms = 300000,
								 .pool = f->pool,
								 .clock = &f->clock.base});
	f->proxy = proxy_new(
	    &(struct proxy_options){.endpoints = f->set, .component = "query", .pool = f->pool});
	f->arena = arena_new(NULL);
	notes_init(&f->notes);
	f->any_name = matcher_new(MATCH_NEQ, STR("__name__"), STR(""), &err);
	f->req =
	    (struct series_request){.min_t_ms = 0, .max_t_ms = 100, .matchers = {&f->any_name, 1}};
}

static void close_fixture(struct fixture *f)
{
	matcher_unref(f->any_name);
	notes_done(&f->notes);
	arena_free(f->arena);
	store_close(f->proxy);
	endpoint_set_free(f->set);
	pool_free(f->pool);
}

static const struct series series_a[] = {
    {.labels = {.v = (struct label[]){LABEL("__name__", "up"), LABEL("job", "x")}, .n = 2}},
    {.labels = {.v = (struct label[]){LABEL("__name__", "up"), LABEL("job", "z")}, .n = 2}},
};
static const struct series series_b[] = {
    {.labels = {.v = (struct label[]){LABEL("__name__", "up"), LABEL("job", "y")}, .n = 2}},
    {.labels = {.v = (struct label[]){LABEL("__name__", "up"), LABEL("job", "z")}, .n = 2}},
};

static void two_stores(struct fixture *f)
{
	fake_store_init(&f->stores[0], series_a, 2);
	fake_store_init(&f->stores[1], series_b, 2);
	open_fixture(f, specs, 2);
	endpoint_set_update(f->set, NULL);
}

/* The job labels of all series, then the error if there is one: "x y z" or "x! <message>". */
static const char *jobs_of(struct fixture *f, struct store_api *store)
{
	struct err err = ERR_INIT;
	struct buf out = BUF_INIT(BUF_TEXT_MAX);
	struct series s;
	struct series_iter *it = store_series(store, NULL, &f->req, &f->notes, NULL, &err);
	enum iter_result r = ITER_ERROR;

	while (it && (r = series_iter_next(it, &s, &err)) == ITER_VALUE)
		buf_append_str(&out, labels_get(s.labels, STR("job")));
	if (r == ITER_ERROR)
		buf_printf(&out, "! %s", err.msg);
	series_iter_close(it);
	const char *text = arena_cstr(f->arena, buf_str(&out));
	buf_done(&out);
	return text;
}

static void series_of_all_endpoints_are_merged(void **state)
{
	struct fixture f;
	(void)state;
	two_stores(&f);

	assert_string_equal(jobs_of(&f, f.proxy), "xyz");

	assert_int_equal(f.notes.n, 0);
	assert_int_equal(f.stores[0].n_open + f.stores[1].n_open, 0);
	close_fixture(&f);
}

static void a_limit_ends_the_stream(void **state)
{
	struct fixture f;
	(void)state;
	two_stores(&f);

	f.req.limit = 2;

	assert_string_equal(jobs_of(&f, f.proxy), "xy");
	assert_int_equal(f.stores[0].last_request.limit, 2);
	close_fixture(&f);
}

static void a_failing_endpoint_is_a_warning_that_names_it(void **state)
{
	struct fixture f;
	(void)state;
	two_stores(&f);

	f.stores[0].fail_after_one = "connection reset";

	assert_string_equal(jobs_of(&f, f.proxy), "xyz");
	assert_int_equal(f.notes.n, 1);
	assert_string_equal(f.notes.v[0].text,
			    "receive series from Addr: a:10901 MinTime: -9223372036854775808 "
			    "MaxTime: 9223372036854775807: connection reset");
	close_fixture(&f);
}

static void without_partial_response_it_fails_the_request(void **state)
{
	struct fixture f;
	(void)state;
	two_stores(&f);
	f.req.partial_response = PARTIAL_RESPONSE_ABORT;

	f.stores[0].fail_after_one = "connection reset";
	assert_non_null(strstr(jobs_of(&f, f.proxy), "! receive series from Addr: a:10901"));

	f.stores[0].fail_after_one = NULL;
	f.stores[0].fail = "no route";
	assert_non_null(strstr(jobs_of(&f, f.proxy), "! fetch series for Addr: a:10901"));
	assert_int_equal(f.notes.n, 0);
	assert_int_equal(f.stores[0].n_open + f.stores[1].n_open, 0);
	close_fixture(&f);
}

static void a_warning_of_an_endpoint_passes_or_aborts(void **state)
{
	struct fixture f;
	(void)state;
	two_stores(&f);
	f.stores[1].warning = "block is corrupt";

	assert_string_equal(jobs_of(&f, f.proxy), "xyz");
	assert_string_equal(f.notes.v[0].text, "block is corrupt");

	f.req.partial_response = PARTIAL_RESPONSE_ABORT;
	assert_non_null(strstr(jobs_of(&f, f.proxy), "! block is corrupt"));
	close_fixture(&f);
}

static void only_endpoints_that_can_have_data_are_asked(void **state)
{
	struct label external[] = {LABEL("cluster", "eu"), LABEL("replica", "a")};
	struct labels sets[] = {{external, 2}};
	struct fixture f;
	struct err err = ERR_INIT;
	(void)state;
	two_stores(&f);
	f.stores[0].info.label_sets = sets;
	f.stores[0].info.n_label_sets = 1;
	f.stores[1].info.min_t_ms = 101;
	endpoint_set_update(f.set, NULL);

	assert_string_equal(jobs_of(&f, f.proxy), "xz");
	assert_int_equal(f.stores[1].n_calls, 0);

	f.req.max_t_ms = 101;
	struct matcher *us = matcher_new(MATCH_EQ, STR("cluster"), STR("us"), &err);
	struct matcher *both[] = {f.any_name, us};
	f.req.matchers = (struct matchers){both, 2};
	jobs_of(&f, f.proxy);
	assert_int_equal(f.stores[0].n_calls, 1);
	assert_int_equal(f.stores[1].n_calls, 1);
	matcher_unref(us);
	close_fixture(&f);
}

static void a_filter_chooses_endpoints_by_address(void **state)
{
	struct fixture f;
	struct err err = ERR_INIT;
	(void)state;
	two_stores(&f);
	struct matcher *b = matcher_new(MATCH_RE, STR("__address__"), STR("b:.*"), &err);
	struct matchers one = {&b, 1};
	struct store_filter filter = {&one, 1};
	struct store_api *filtered = proxy_filtered(f.proxy, &filter);

	assert_string_equal(jobs_of(&f, filtered), "yz");

	store_close(filtered);
	matcher_unref(b);
	close_fixture(&f);
}

static void replica_labels_are_dropped_here_when_the_endpoint_cannot(void **state)
{
	struct str drop[] = {STR("job")};
	struct fixture f;
	(void)state;
	two_stores(&f);
	f.stores[0].info.supports_without_replica_labels = false;
	f.stores[1].info.min_t_ms = 101;
	endpoint_set_update(f.set, NULL);
	f.req.without_replica_labels = drop;
	f.req.n_without_replica_labels = 1;
	struct err err = ERR_INIT;
	struct series s;

	struct series_iter *it = store_series(f.proxy, NULL, &f.req, &f.notes, NULL, &err);

	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	assert_int_equal(s.labels.n, 1);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_END);
	series_iter_close(it);
	close_fixture(&f);
}

static void without_endpoints_the_answer_is_empty_or_an_error(void **state)
{
	struct fixture f;
	(void)state;
	fake_store_init(&f.stores[0], series_a, 2);
	open_fixture(&f, NULL, 0);

	assert_string_equal(jobs_of(&f, f.proxy), "");
	f.req.partial_response = PARTIAL_RESPONSE_ABORT;
	assert_string_equal(jobs_of(&f, f.proxy), "! No StoreAPIs available");
	close_fixture(&f);
}

static void label_values_are_united(void **state)
{
	struct fixture f;
	struct err err = ERR_INIT;
	struct str_list values = {0};
	struct label_request req = {.label = STR("job"), .max_t_ms = 100};
	(void)state;
	two_stores(&f);

	expect_ok(store_label_values(f.proxy, NULL, &req, &f.notes, f.arena, &values, &err), err);
	assert_int_equal(values.n, 3);
	expect_str(values.v[0], "x");
	expect_str(values.v[2], "z");

	req.limit = 2;
	expect_ok(store_label_values(f.proxy, NULL, &req, &f.notes, f.arena, &values, &err), err);
	assert_int_equal(values.n, 2);

	f.stores[0].fail = "gone";
	expect_ok(store_label_values(f.proxy, NULL, &req, &f.notes, f.arena, &values, &err), err);
	assert_non_null(strstr(f.notes.v[0].text, "fetch label values from store Addr: a:10901"));
	req.partial_response = PARTIAL_RESPONSE_ABORT;
	expect_err(store_label_values(f.proxy, NULL, &req, &f.notes, f.arena, &values, &err), err,
		   ERR_UNAVAILABLE, "Addr: a:10901");
	close_fixture(&f);
}

static void an_endpoint_that_fails_is_listed_but_not_asked_and_forgotten_in_time(void **state)
{
	struct fixture f;
	(void)state;
	two_stores(&f);

	f.stores[0].fail = "Not ready";
	endpoint_set_update(f.set, NULL);
	assert_string_equal(jobs_of(&f, f.proxy), "yz");
	assert_int_equal(f.notes.n, 0);
	const struct endpoints *list = endpoint_set_snapshot(f.set);
	assert_int_equal(list->n, 2);
	assert_string_equal(list->v[0].last_error, "Not ready");
	endpoints_unref(list);

	fake_clock_advance(&f.clock, 300000);
	endpoint_set_update(f.set, NULL);
	list = endpoint_set_snapshot(f.set);
	assert_int_equal(list->n, 1);
	assert_string_equal(list->v[0].address, "b:10901");
	endpoints_unref(list);

	f.stores[0].fail = NULL;
	endpoint_set_update(f.set, NULL);
	assert_string_equal(jobs_of(&f, f.proxy), "xyz");
	close_fixture(&f);
}

static void a_strict_endpoint_is_asked_even_before_it_answers(void **state)
{
	static const struct endpoint_spec strict[] = {{"a:10901", true}, {"a:10901", false}};
	struct fixture f;
	(void)state;
	fake_store_init(&f.stores[0], series_a, 2);
	f.stores[0].fail = "no route";
	open_fixture(&f, strict, 2);
	endpoint_set_update(f.set, NULL);

	assert_string_equal(jobs_of(&f, f.proxy), "");

	assert_int_equal(f.notes.n, 1);
	assert_non_null(strstr(f.notes.v[0].text, "a:10901"));
	close_fixture(&f);
}

static void the_proxy_announces_the_union_of_its_endpoints(void **state)
{
	struct label external[] = {LABEL("replica", "a")};
	struct labels sets[] = {{external, 1}};
	struct fixture f;
	struct err err = ERR_INIT;
	struct store_info info;
	(void)state;
	two_stores(&f);
	f.stores[0].info = (struct store_info){.component = "store",
					       .min_t_ms = 5,
					       .max_t_ms = 9,
					       .label_sets = sets,
					       .n_label_sets = 1,
					       .has_store = true};
	f.stores[1].info.min_t_ms = 7;
	f.stores[1].info.max_t_ms = 20;
	endpoint_set_update(f.set, NULL);

	expect_ok(store_info(f.proxy, NULL, f.arena, &info, &err), err);

	assert_string_equal(info.component, "query");
	assert_int_equal(info.min_t_ms, 5);
	assert_int_equal(info.max_t_ms, 20);
	assert_int_equal(info.n_label_sets, 1);
	close_fixture(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(series_of_all_endpoints_are_merged),
	    cmocka_unit_test(a_limit_ends_the_stream),
	    cmocka_unit_test(a_failing_endpoint_is_a_warning_that_names_it),
	    cmocka_unit_test(without_partial_response_it_fails_the_request),
	    cmocka_unit_test(a_warning_of_an_endpoint_passes_or_aborts),
	    cmocka_unit_test(only_endpoints_that_can_have_data_are_asked),
	    cmocka_unit_test(a_filter_chooses_endpoints_by_address),
	    cmocka_unit_test(replica_labels_are_dropped_here_when_the_endpoint_cannot),
	    cmocka_unit_test(without_endpoints_the_answer_is_empty_or_an_error),
	    cmocka_unit_test(label_values_are_united),
	    cmocka_unit_test(an_endpoint_that_fails_is_listed_but_not_asked_and_forgotten_in_time),
	    cmocka_unit_test(a_strict_endpoint_is_asked_even_before_it_answers),
	    cmocka_unit_test(the_proxy_announces_the_union_of_its_endpoints),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
