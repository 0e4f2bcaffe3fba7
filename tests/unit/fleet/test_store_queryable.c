#include "fleet/store_queryable.h"

#include "base/gate.h"
#include "tests/lib/expect.h"
#include "tests/lib/fake_store.h"

struct fixture {
	struct fake_store store;
	struct store_queryable_options options;
	struct queryable *queryable;
	struct matcher *up;
	struct select_hints hints;
};

static const struct series one[] = {
    {.labels = {.v = (struct label[]){LABEL("__name__", "up")}, .n = 1}},
};
static const struct str replica[] = {{"replica", 7}};

static int set_up(void **state)
{
	static struct fixture f;
	struct err err = ERR_INIT;

	f = (struct fixture){.hints = {.min_t_ms = 5, .max_t_ms = 9, .func = "rate"}};
	fake_store_init(&f.store, one, 1);
	f.up = matcher_new(MATCH_EQ, STR("__name__"), STR("up"), &err);
	f.options = (struct store_queryable_options){.store = &f.store.base,
						     .dedup = DEDUP_PENALTY,
						     .replica_labels = replica,
						     .n_replica_labels = 1};
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	queryable_close(f->queryable);
	matcher_unref(f->up);
	return 0;
}

static struct series_iter *choose(struct fixture *f, struct ctx *ctx, struct err *err)
{
	if (!f->queryable)
		f->queryable = store_queryable_new(&f->options);
	return queryable_select(f->queryable, ctx, (struct matchers){&f->up, 1}, &f->hints, NULL,
				NULL, err);
}

static void the_request_has_what_the_engine_hints(void **state)
{
	static struct str grouping[] = {{"job", 3}};
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	struct series s;
	f->hints.step_ms = 10;
	f->hints.range_ms = 20;
	f->hints.grouping = grouping;
	f->hints.n_grouping = 1;
	f->hints.by = true;
	f->hints.limit = 3;
	f->options.max_resolution_ms = 7;
	f->options.partial_response = PARTIAL_RESPONSE_ABORT;
	f->options.tenant = STR("t");

	struct series_iter *it = choose(f, NULL, &err);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_VALUE);
	assert_int_equal(series_iter_next(it, &s, &err), ITER_END);
	const struct series_request *req = &f->store.last_request;
	assert_true(req->min_t_ms == 5 && req->max_t_ms == 9 && req->limit == 3);
	assert_true(req->step_ms == 10 && req->range_ms == 20 && req->grouping_by);
	expect_str(req->func, "rate");
	expect_str(req->grouping[0], "job");
	expect_str(req->tenant, "t");
	assert_int_equal(req->max_resolution_ms, 7);
	assert_int_equal(req->partial_response, PARTIAL_RESPONSE_ABORT);
	assert_int_equal(req->aggrs, series_aggrs_for("rate"));
	series_iter_close(it);
	assert_int_equal(f->store.n_open, 0);
}

static void replica_labels_are_dropped_only_where_replicas_are_merged(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;

	series_iter_close(choose(f, NULL, &err));
	assert_int_equal(f->store.last_request.n_without_replica_labels, 1);
	queryable_close(f->queryable);
	f->queryable = NULL;
	f->options.dedup = DEDUP_NONE;
	series_iter_close(choose(f, NULL, &err));
	assert_int_equal(f->store.last_request.n_without_replica_labels, 0);
}

static void a_select_holds_its_gate_only_while_it_opens(void **state)
{
	struct fixture *f = *state;
	struct gate *gate = gate_new(1, NULL, "", "");
	struct ctx *soon = ctx_new_timeout_ms(NULL, 20);
	struct err err = ERR_INIT;
	f->options.selects = gate;

	struct series_iter *first = choose(f, soon, &err);
	struct series_iter *second = choose(f, soon, &err);
	assert_non_null(first);
	assert_non_null(second);
	series_iter_close(first);
	series_iter_close(second);

	expect_ok(gate_enter(gate, NULL, &err), err);
	expect_err(choose(f, soon, &err), err, ERR_TIMEOUT, "");
	gate_leave(gate);
	f->store.fail = "gone";
	expect_err(choose(f, NULL, &err), err, ERR_UNAVAILABLE, "gone");
	expect_ok(gate_enter(gate, NULL, &err), err);
	gate_leave(gate);
	ctx_free(soon);
	gate_free(gate);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_request_has_what_the_engine_hints),
	    TEST(replica_labels_are_dropped_only_where_replicas_are_merged),
	    TEST(a_select_holds_its_gate_only_while_it_opens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
